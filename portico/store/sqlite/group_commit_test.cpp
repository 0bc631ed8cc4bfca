// Group commit: what it saves, and what it costs when the disk fails.
#include <fmt/format.h>

#include "portico/store/sqlite/faulty_disk.h"
#include "portico/store/sqlite/test_support.h"

namespace portico::sqlite {
namespace {

class GroupCommit : public StoreFixture {
 protected:
  // Runs `work(0)` to `work(count - 1)` side by side on both reactors.
  void parallel(size_t count, std::function<Task<void>(size_t)> work) {
    std::vector<std::promise<void>> done(count);
    for (size_t i = 0; i < count; ++i) runtime_->spawn("part", report(work(i), done[i]), i % 2);
    for (auto& each : done) each.get_future().get();
  }
  FaultyDisk disk_;
};

TEST_F(GroupCommit, SharesOneSyncAmongUnitsThatWait) {
  open();
  disk_.syncs = 0;
  parallel(64, [&](size_t part) -> Task<void> {
    std::string reason;
    for (int i = 0; i < 10; ++i) co_await write_note(fmt::format("n{}-{}", part, i), "x", reason);
    EXPECT_EQ(reason, "");
  });
  EXPECT_EQ(count(), 640);
  EXPECT_LT(disk_.syncs, 200);
  EXPECT_EQ(metrics_.counter("store_units_total", "", {{"store", "notes"}, {"outcome", "committed"}}).value(),
            640u);
  EXPECT_EQ(metrics_.gauge("store_waiting", "", {{"store", "notes"}}).value(), 0);
  metrics_.expose();
  EXPECT_EQ(metrics_.gauge("store_outbox_events", "", {{"store", "notes"}}).value(), 640);
}

// One holds the writer until the others wait in their order: a good one, one that fails, a good one.
TEST_F(GroupCommit, RunsAgainWhatWasUndoneWithItsNeighbour) {
  open();
  Gauge& waiting = metrics_.gauge("store_waiting", "", {{"store", "notes"}});
  Call holder = call();
  std::unique_ptr<Unit> held;
  run([&]() -> Task<void> { held = co_await store_->begin(holder); }());
  std::atomic<int> runs{0}, refused{0};
  parallel(4, [&](size_t part) -> Task<void> {
    while (waiting.value() < int64_t(part)) co_await runtime_->sleep(std::chrono::milliseconds(1));
    if (part == 3) {
      held.reset();
      co_return;
    }
    Call c = call();
    try {
      co_await store_->write(c, [&](Unit& unit) -> Task<void> {
        ++runs;
        co_await notes_->insert(unit, {{fmt::format("n{}", part)}, "x"});
        unit.publish(Note{{fmt::format("n{}", part)}, "x"});
        if (part == 1) throw Error(conflict, "test.refused", "");
      });
    } catch (const Error& error) {
      EXPECT_EQ(error.reason(), "test.refused");
      ++refused;
    }
  });
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(runs, 4);  // only the first was run twice
  EXPECT_EQ(count(), 2);
  EXPECT_EQ(metrics_.counter("store_units_total", "", {{"store", "notes"}, {"outcome", "repeated"}}).value(),
            1u);
  run([&]() -> Task<void> {
    const auto events = co_await store_->read_events(0, 10);
    EXPECT_EQ(events.size(), 2u);
  }());
}

// After the first failure the next units are kept apart, so a row of failures costs the others no more.
TEST_F(GroupCommit, DoesNotRepeatTheOthersForEveryFailure) {
  open();
  parallel(60, [&](size_t part) -> Task<void> {
    Call c = call();
    std::string reason;
    try {
      co_await store_->write(c, [&](Unit& unit) -> Task<void> {
        co_await notes_->insert(unit, {{fmt::format("n{}", part)}, "x"});
        if (part % 2) throw Error(conflict, "test.refused", "");
      });
    } catch (const Error& error) {
      reason = error.reason();
    }
    EXPECT_EQ(reason, part % 2 ? "test.refused" : "");
  });
  EXPECT_EQ(count(), 30);
  EXPECT_LE(metrics_.counter("store_units_total", "", {{"store", "notes"}, {"outcome", "repeated"}}).value(),
            60u);
}

TEST_F(GroupCommit, EndsABatchAtItsLimit) {
  open({.batch_max = 4});
  disk_.syncs = 0;
  parallel(40, [&](size_t part) -> Task<void> {
    std::string reason;
    co_await write_note(fmt::format("n{}", part), "x", reason);
    EXPECT_EQ(reason, "");
  });
  EXPECT_EQ(count(), 40);
  EXPECT_GE(disk_.syncs, 10);
}

TEST_F(GroupCommit, SyncsNothingForUnitsThatChangeNothing) {
  open();
  EXPECT_EQ(write("n1"), "");
  disk_.syncs = 0;
  parallel(16, [&](size_t) -> Task<void> {
    Call c = call();
    for (int i = 0; i < 10; ++i)
      co_await store_->write(c, [&](Unit& unit) -> Task<void> {
        EXPECT_TRUE(co_await notes_->find(unit, Id<Note>{"n1"}));
        EXPECT_FALSE(co_await notes_->remove(unit, Id<Note>{"none"}));
      });
  });
  EXPECT_EQ(disk_.syncs, 0);
}

TEST_F(GroupCommit, AStartThatChangesNothingSyncsNothing) {
  open();
  EXPECT_EQ(write("n1"), "");
  close();
  disk_.syncs = 0;
  open();
  EXPECT_EQ(disk_.syncs, 0);
  EXPECT_EQ(count(), 1);
}

TEST_F(GroupCommit, FailsTheWholeBatchWhenTheDiskIsFullAndGoesOnAfterwards) {
  open();
  EXPECT_EQ(write("before"), "");
  disk_.full = true;
  std::atomic<int> failed{0};
  parallel(20, [&](size_t part) -> Task<void> {
    std::string reason;
    co_await write_note(fmt::format("n{}", part), std::string(3000, 'x'), reason);
    EXPECT_EQ(reason, "store.full");
    ++failed;
  });
  EXPECT_EQ(failed, 20);
  EXPECT_EQ(count(), 1);
  disk_.full = false;
  EXPECT_EQ(write("after"), "");
  EXPECT_EQ(count(), 2);
  close();
  open();
  EXPECT_EQ(count(), 2);
}

TEST_F(GroupCommit, RefusesChangesOnceASyncHasFailed) {
  open();
  std::atomic<int> told{0};
  store_->on_failure([&] { ++told; });
  EXPECT_EQ(write("before"), "");
  disk_.sync_fails = true;
  EXPECT_EQ(write("lost"), "store.io");
  disk_.sync_fails = false;
  EXPECT_EQ(write("after"), "store.failed");
  EXPECT_EQ(told, 1);
  // Reads go on, but the store is not ready any more.
  EXPECT_EQ(count(), 1);
  std::string reason;
  run([&]() -> Task<void> {
    Call c = call();
    try {
      co_await store_->check(c);
    } catch (const Error& error) {
      reason = error.reason();
    }
  }());
  EXPECT_EQ(reason, "store.failed");
  close();
  open();
  EXPECT_EQ(write("again"), "");
}

TEST_F(GroupCommit, ASyncThatFailsReachesEveryUnitOfItsBatch) {
  open();
  disk_.sync_fails = true;
  std::atomic<int> io{0}, refused{0};
  parallel(30, [&](size_t part) -> Task<void> {
    std::string reason;
    co_await write_note(fmt::format("n{}", part), "x", reason);
    EXPECT_TRUE(reason == "store.io" || reason == "store.failed") << reason;
    ++(reason == "store.io" ? io : refused);
  });
  EXPECT_GE(io, 1);
  EXPECT_EQ(io + refused, 30);
  EXPECT_EQ(count(), 0);
  disk_.sync_fails = false;
}

TEST_F(GroupCommit, KeepsTheLogShort) {
  open({.log_bytes_max = 4 << 20});
  parallel(8, [&](size_t part) -> Task<void> {
    std::string reason;
    for (int i = 0; i < 400; ++i)
      co_await write_note(fmt::format("n{}-{}", part, i), std::string(2000, 'x'), reason);
    EXPECT_EQ(reason, "");
  });
  // More than 20 MB went through it.
  EXPECT_LT(disk_.log_bytes_max, 12 << 20);
}

TEST_F(GroupCommit, WritesTheLogOfACommitInOnePiece) {
  open();
  EXPECT_EQ(write("first"), "");  // begins the log
  disk_.log_writes = 0;
  EXPECT_EQ(write("n1", std::string(20'000, 'x')), "");
  EXPECT_EQ(disk_.log_writes, 1);
}

// More than is gathered, and more than the page cache holds, so that the log is read before it is committed.
TEST_F(GroupCommit, WritesWhatIsLargerThanAPiece) {
  constexpr int notes = 400;
  open({.cache_bytes = 64 * 1024});
  run([&]() -> Task<void> {
    Call c = call();
    co_await store_->write(c, [&](Unit& unit) -> Task<void> {
      for (int i = 0; i < notes; ++i)
        co_await notes_->insert(unit, {{fmt::format("n{}", i)}, std::string(5000, char('a' + i % 26))});
      for (int i = 0; i < notes; ++i) {
        const auto note = co_await notes_->find(unit, Id<Note>{fmt::format("n{}", i)});
        EXPECT_EQ(note->text, std::string(5000, char('a' + i % 26)));
      }
    });
  }());
  close();
  open();
  EXPECT_EQ(count(), notes);
}

TEST_F(GroupCommit, DoesNotCommitTwiceAtOnceWithAPoolOfOneThread) {
  open({.batch_max = 1});
  parallel(30, [&](size_t part) -> Task<void> {
    std::string reason;
    co_await write_note(fmt::format("n{}", part), "x", reason);
    EXPECT_EQ(reason, "");
  });
  EXPECT_EQ(count(), 30);
}

}  // namespace
}  // namespace portico::sqlite
