// The store on a disk that forgets: what was acknowledged stays, and nothing stays by halves.
#include <gtest/gtest.h>

#include <set>

#include "portico/runtime/sync.h"
#include "portico/schema/json.h"
#include "portico/sim/disk.h"
#include "portico/store/sqlite/sqlite_store.h"

namespace portico::sim {

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
    sim_->run_until(sim_->steady() + std::chrono::seconds(60));
    if (!death_.dead) end(cut);
    store_.reset();
  }

  // Lives to the end beside a disk that fails, then the power is cut.
  void live_beside(Trouble& trouble, PowerCut cut) {
    disk_.restart("p");
    disk_.set_watch(&trouble);
    start();
    for (int i = 0; i < 6; ++i) node_->spawn("writer", write());
    sim_->run_until(sim_->steady() + std::chrono::seconds(60));
    end(cut);
    store_.reset();
    disk_.set_watch(&death_);
  }
  // The disk as it was when the process died; then its store is destroyed, which would close its files in
  // order: copy the log, cut it, delete it.
  Disk::Image image_before_burial() {
    start();
    for (int i = 0; i < 6; ++i) node_->spawn("writer", write());
    sim_->run_until(sim_->steady() + std::chrono::seconds(60));
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
    sim_->run_until(sim_->steady() + std::chrono::seconds(600));
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
      Call call(*node_, observer_, "test", node_->steady() + std::chrono::seconds(50));
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
    Call call(*node_, observer_, "test", node_->steady() + std::chrono::seconds(600));
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

}  // namespace portico::sim
