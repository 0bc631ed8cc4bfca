// The store on a disk that forgets: what was acknowledged stays, and nothing stays by halves.
#include "portico/sim/disk.h"

#include <gtest/gtest.h>

#include <set>

#include "portico/runtime/sync.h"
#include "portico/schema/json.h"
#include "portico/store/sqlite/sqlite_store.h"

namespace portico::sim {
namespace {

using std::chrono::seconds;

struct Half {
  Id<Half> id;
  int number = 0;
  std::string text;
};
PORTICO_DESCRIBE(Half, id, number, text)

struct Pair {
  Id<Pair> id;
  int number = 0;
  std::string filling;
};
PORTICO_DESCRIBE_EVENT(Pair, "pair.v1", id, number, filling)

// Ends the process at one durable operation, before or after it.
struct Death : DiskWatch {
  std::function<void()> kill;
  uint64_t left = UINT64_MAX;
  bool comes_after = false;
  bool dead = false;
  uint64_t operations = 0;

  void look(bool after) {
    if (dead || after != comes_after) return;
    ++operations;
    if (--left > 0) return;
    dead = true;
    kill();
  }
  DiskVerdict before(const DiskAccess& access) override {
    if (access.operation != DiskOperation::read) look(false);
    return DiskVerdict::proceed;
  }
  void after(const DiskAccess&) override { look(true); }
};

// Fails one operation of a kind, or all writes while it is full.
struct Trouble : DiskWatch {
  DiskOperation kind = DiskOperation::sync;
  uint64_t left = 0;
  bool full = false;
  DiskVerdict before(const DiskAccess& access) override {
    if (full && access.operation == DiskOperation::write) return DiskVerdict::full;
    if (access.operation != kind || left == 0 || --left > 0) return DiskVerdict::proceed;
    return DiskVerdict::io_error;
  }
  void after(const DiskAccess&) override {}
};

// A process that writes pairs to its store until it dies, again and again on the same disk.
class Machine {
 public:
  explicit Machine(uint64_t seed)
      : random_(make_seeded_random(seed)), sim_(SimRuntime::make(seed)), disk_(*sim_, seed) {
    disk_.set_watch(&death_);
    sim_->on_task_failure([](std::string_view, std::string_view) {});  // of a store that cannot be opened
  }
  ~Machine() { store_.reset(); }

  Disk& disk() { return disk_; }
  uint64_t hash() const { return sim_->event_hash(); }

  // Lives until durable operation `operations`, or until it has written everything; then the power is cut.
  void live(PowerCut cut, uint64_t operations, bool after) {
    disk_.restart("p");
    start();
    death_.left = operations;
    death_.comes_after = after;
    death_.dead = false;
    death_.kill = [this, cut] { end(cut); };
    for (int i = 0; i < 6; ++i) node_->spawn("writer", write());
    sim_->run_until(sim_->steady() + seconds(60));
    if (!death_.dead) end(cut);
    store_.reset();
  }

  // Lives to the end beside a disk that fails, then the power is cut.
  void live_beside(Trouble& trouble, PowerCut cut) {
    disk_.restart("p");
    disk_.set_watch(&trouble);
    start();
    for (int i = 0; i < 6; ++i) node_->spawn("writer", write());
    sim_->run_until(sim_->steady() + seconds(60));
    end(cut);
    store_.reset();
    disk_.set_watch(&death_);
  }
  // The disk as it was when the process died; then its store is destroyed, which would close its files in
  // order: copy the log, cut it, delete it.
  Disk::Image image_before_burial() {
    start();
    for (int i = 0; i < 6; ++i) node_->spawn("writer", write());
    sim_->run_until(sim_->steady() + seconds(60));
    disk_.crash("p", PowerCut::keep_all, *random_);
    Disk::Image image = disk_.image();
    sim_->kill("p");
    store_.reset();
    return image;
  }

  // What is in the store after another start.
  bool look(std::set<int>& firsts, std::set<int>& seconds_found, std::set<int>& published) {
    death_.left = UINT64_MAX;
    disk_.restart("p");
    start();
    node_->spawn("read", read(&firsts, &seconds_found, &published));
    sim_->run_until(sim_->steady() + seconds(600));
    end(PowerCut::keep_all);
    store_.reset();
    return read_;
  }

  std::set<int> acknowledged;
  uint64_t operations() const { return death_.operations; }
  Random& random() { return *random_; }

 private:
  void start() {
    node_ = &sim_->node("p");
    // A small log, so that it is copied into the file and begun again often.
    store_ = sqlite::make_store(*node_, observer_,
                                {.path = "p/pairs.db",
                                 .file_system = disk_.file_system(),
                                 .log_bytes_max = size_t(random_->below(30)) * 4096});
    pairs_ = store_->collection<Pair>();
    halves_ = store_->collection<Half>();
    read_ = false;
    opened_ = std::make_unique<Gate>();
    node_->spawn("open", open());
  }
  void end(PowerCut cut) {
    disk_.crash("p", cut, *random_);
    sim_->kill("p");
  }
  Task<void> open() {
    co_await store_->open();
    opened_->open();
  }
  Task<void> write() {
    co_await opened_->wait();
    for (int i = 0; i < 12; ++i) {
      const int number = next_++;
      const std::string filling(random_->below(3000), 'x');
      Call call(*node_, observer_, "test", node_->steady() + seconds(50));
      co_await store_->write(call, [&](Unit& unit) -> Task<void> {
        const Pair pair{{std::to_string(number)}, number, filling};
        co_await pairs_->insert(unit, pair);
        co_await halves_->insert(unit, Half{{std::to_string(number)}, number, filling});
        unit.publish(pair);
      });
      acknowledged.insert(number);
      if (random_->below(3) == 0) co_await node_->sleep(Duration(random_->below(20'000)));
    }
  }
  Task<void> read(std::set<int>* firsts, std::set<int>* seconds_found, std::set<int>* published) {
    co_await opened_->wait();
    Call call(*node_, observer_, "test", node_->steady() + seconds(600));
    Query query{.limit = Query::limit_max};
    do {
      const Page<Pair> page = co_await pairs_->list(call, query);
      for (const Pair& pair : page.items) firsts->insert(pair.number);
      query.after = page.next;
    } while (!query.after.empty());
    do {
      const Page<Half> page = co_await halves_->list(call, query);
      for (const Half& half : page.items) seconds_found->insert(half.number);
      query.after = page.next;
    } while (!query.after.empty());
    for (const OutboxEvent& event : co_await store_->read_events(0, 100'000))
      published->insert(schema::from_json<Pair>(event.body)->number);
    read_ = true;
  }

  std::unique_ptr<Random> random_;
  std::unique_ptr<SimRuntime> sim_;
  Metrics metrics_;
  Tracer tracer_;
  Log log_{*sim_, {}, [](std::string_view) {}};
  Observer observer_{log_, metrics_, tracer_};
  Disk disk_;
  Death death_;
  Runtime* node_ = nullptr;
  std::unique_ptr<Store> store_;
  std::optional<Collection<Pair>> pairs_;
  std::optional<Collection<Half>> halves_;
  std::unique_ptr<Gate> opened_;
  bool read_ = false;
  int next_ = 0;
};

struct Outcome {
  uint64_t lost = 0, halves = 0, cuts = 0, hash = 0, operations = 0, unreadable = 0;
  Disk::Counts disk;
};

constexpr PowerCut cuts[] = {PowerCut::keep_all, PowerCut::lose_all, PowerCut::lose_some, PowerCut::tear};

Outcome live_through(uint64_t seed, bool ignore_syncs) {
  Machine machine(seed);
  Outcome outcome;
  if (ignore_syncs) machine.disk().ignore_syncs();
  for (int life = 0; life < 5; ++life) {
    Random& random = machine.random();
    const PowerCut cut = cuts[random.below(4)];
    machine.live(cut, 1 + random.below(200), random.below(2) == 0);
    ++outcome.cuts;
    std::set<int> firsts, seconds_found, published;
    if (!machine.look(firsts, seconds_found, published)) {
      ++outcome.unreadable;
      return outcome;
    }
    for (int number : machine.acknowledged) outcome.lost += !firsts.contains(number);
    outcome.halves += firsts != seconds_found || firsts != published;
    machine.acknowledged = firsts;
  }
  outcome.hash = machine.hash();
  outcome.operations = machine.operations();
  outcome.disk = machine.disk().counts();
  return outcome;
}

TEST(Disk, AStoreSurvivesPowerCutsAtAnyOperation) {
  uint64_t power_cuts = 0, lost_sectors = 0, torn_sectors = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const Outcome outcome = live_through(seed, false);
    ASSERT_EQ(outcome.unreadable, 0u) << "seed " << seed;
    ASSERT_EQ(outcome.lost, 0u) << "seed " << seed;
    ASSERT_EQ(outcome.halves, 0u) << "seed " << seed;
    power_cuts += outcome.cuts;
    lost_sectors += outcome.disk.lost_sectors;
    torn_sectors += outcome.disk.torn_sectors;
  }
  EXPECT_EQ(power_cuts, 1500u);
  EXPECT_GT(lost_sectors, 5000u);
  EXPECT_GT(torn_sectors, 100u);
}

// What the test above is worth: it finds out about a store that does not sync.
TEST(Disk, ASyncThatDoesNothingIsFoundOut) {
  uint64_t found_out = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Outcome outcome = live_through(seed, true);
    found_out += outcome.lost > 0 || outcome.halves > 0 || outcome.unreadable > 0;
  }
  EXPECT_GE(found_out, 15u);
}

TEST(Disk, TheSameSeedDoesTheSame) {
  for (uint64_t seed = 1; seed <= 5; ++seed)
    EXPECT_EQ(live_through(seed, false).hash, live_through(seed, false).hash) << "seed " << seed;
  EXPECT_NE(live_through(1, false).hash, live_through(2, false).hash);
}

TEST(Disk, WhatIsAcknowledgedBesideAFailingDiskStays) {
  uint64_t refused = 0;
  for (const DiskOperation kind : {DiskOperation::sync, DiskOperation::write}) {
    for (uint64_t number = 1; number <= 40; ++number) {
      Machine machine(number);
      Trouble trouble;
      trouble.kind = kind;
      trouble.left = number;
      machine.live_beside(trouble, PowerCut::lose_some);
      std::set<int> firsts, seconds_found, published;
      ASSERT_TRUE(machine.look(firsts, seconds_found, published)) << number;
      for (int n : machine.acknowledged) EXPECT_TRUE(firsts.contains(n)) << number;
      EXPECT_EQ(firsts, seconds_found) << number;
      EXPECT_EQ(firsts, published) << number;
      refused += machine.acknowledged.size() < 72;
    }
  }
  EXPECT_GT(refused, 25u);
}

TEST(Disk, AFullDiskRefusesAndGoesOnWhenThereIsRoom) {
  Machine machine(1);
  Trouble trouble;
  machine.live_beside(trouble, PowerCut::keep_all);
  const size_t before = machine.acknowledged.size();
  trouble.full = true;
  machine.live_beside(trouble, PowerCut::keep_all);
  EXPECT_EQ(machine.acknowledged.size(), before);
  trouble.full = false;
  machine.live_beside(trouble, PowerCut::lose_all);
  EXPECT_EQ(machine.acknowledged.size(), before + 72);
}

TEST(Disk, TheDeadWriteNothing) {
  Machine machine(3);
  const Disk::Image image = machine.image_before_burial();
  EXPECT_FALSE(image.empty());
  EXPECT_EQ(image, machine.disk().image());
}

}  // namespace
}  // namespace portico::sim
