// Copies of running stores: what they hold, and that those of several stores are of one moment.
#include "portico/store/sqlite/snapshot.h"

#include <fmt/format.h>

#include <fstream>
#include <set>

#include "portico/store/sqlite/connection.h"
#include "portico/store/sqlite/test_support.h"

namespace portico::sqlite {
namespace {

class StoreSnapshot : public StoreFixture {
 protected:
  // Copies `pages` at a time; says in how many steps.
  int copy(Snapshot& snapshot, const std::string& target, int pages) {
    int steps = 1;
    snapshot.begin_copy(target);
    while (!snapshot.copy_some(pages)) ++steps;
    return steps;
  }
  std::set<std::string> ids(const std::string& path) {
    Connection connection({.path = path, .access = Access::sealed});
    Statement rows = connection.statement("SELECT id FROM notes");
    std::set<std::string> found;
    while (rows.step()) found.emplace(rows.text(0));
    return found;
  }
};

TEST_F(StoreSnapshot, HoldsWhatWasThereWhenItWasTaken) {
  open();
  for (int i = 0; i < 100; ++i) write(fmt::format("n{}", i), std::string(1000, 'x'));
  auto snapshots = try_snapshots({path()});
  ASSERT_TRUE(snapshots);
  Snapshot& snapshot = *snapshots->at(0);
  for (int i = 100; i < 200; ++i) EXPECT_EQ(write(fmt::format("n{}", i), std::string(1000, 'y')), "");
  EXPECT_EQ(snapshot.state().newest_event, 100);
  const std::string target = folder_ / "what?is#100%.db";
  EXPECT_GT(copy(snapshot, target, 10), 5);
  EXPECT_EQ(write("while-held"), "");
  EXPECT_EQ(ids(target).size(), 100u);
  EXPECT_EQ(faults_of_copy(target, 10), std::vector<std::string>());
  EXPECT_FALSE(std::filesystem::exists(target + "-wal"));
  EXPECT_EQ(count(), 201);
}

TEST_F(StoreSnapshot, OfSeveralStoresIsOfOneMoment) {
  open();
  const std::string second_path = folder_ / "second.db";
  std::unique_ptr<Store> second = make_store(*runtime_, *observer_, {.path = second_path});
  auto second_notes = second->collection<Note>();
  run(second->open());
  std::atomic<bool> stop{false};
  std::atomic<int> written{0};
  // Each note of the second store follows an acknowledged one of the first.
  auto work = [&](size_t part) -> Task<void> {
    for (int i = 0; !stop; ++i) {
      const std::string id = fmt::format("n{}-{}", part, i);
      std::string reason;
      co_await write_note(id, "x", reason);
      EXPECT_EQ(reason, "");
      Call c = call();
      co_await second->write(c, [&](Unit& unit) { return second_notes.insert(unit, {{id}, "x"}); });
      ++written;
    }
  };
  std::vector<std::promise<void>> done(8);
  for (size_t i = 0; i < done.size(); ++i) runtime_->spawn("part", report(work(i), done[i]), i % 2);
  // Whether commits of both stores are held back, as another process would notice it.
  const std::vector<std::string> paths = {path(), second_path};
  auto between = [&] {
    for (const std::string& each : paths) {
      Connection other({.path = each});
      other.do_not_wait();
      EXPECT_THROW(other.script("BEGIN IMMEDIATE"), Error) << each;
    }
  };
  int taken = 0;
  for (int round = 0; taken < 5 && round < 1000; ++round) {
    const int before = written;
    auto snapshots = try_snapshots(paths, between);
    if (!snapshots) continue;
    const std::string copies[] = {folder_ / fmt::format("a{}", taken), folder_ / fmt::format("b{}", taken)};
    copy(*snapshots->front(), copies[0], 100);
    copy(*snapshots->back(), copies[1], 100);
    const std::set<std::string> causes = ids(copies[0]), effects = ids(copies[1]);
    EXPECT_GE(effects.size(), size_t(before));
    for (const std::string& id : effects) EXPECT_TRUE(causes.contains(id)) << id;
    EXPECT_LE(causes.size(), effects.size() + done.size());
    ++taken;
  }
  EXPECT_EQ(taken, 5);
  stop = true;
  for (auto& each : done) each.get_future().get();
  EXPECT_GT(written, 0);
  run(second->close());
}

TEST_F(StoreSnapshot, FindsWhatIsBrokenInACopy) {
  open();
  for (int i = 0; i < 50; ++i) write(fmt::format("n{}", i), std::string(500, 'x'));
  const std::string target = folder_ / "copy.db";
  copy(*try_snapshots({path()})->at(0), target, 100);
  EXPECT_TRUE(faults_of_copy(target, 10).empty());
  {
    std::fstream file(target, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-4096, std::ios::end);
    file << std::string(4096, '\1');
  }
  EXPECT_FALSE(faults_of_copy(target, 10).empty());
}

TEST_F(StoreSnapshot, IsRefusedWhileAUnitIsOpen) {
  open();
  write("n1");
  Call holder = call();
  std::unique_ptr<Unit> held;
  run([&]() -> Task<void> {
    held = co_await store_->begin(holder);
    co_await notes_->insert(*held, {{"n2"}, "x"});
  }());
  EXPECT_FALSE(try_snapshots({path()}));
  run([&]() -> Task<void> { co_await held->commit(); }());
  EXPECT_TRUE(try_snapshots({path()}));
}

}  // namespace
}  // namespace portico::sqlite
