// For the tests of sagas only: a service that sells, in one life of its process, and the participants of its
// sagas, which outlive it.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "portico/service/sagas.h"
#include "portico/store/sqlite/sqlite_store.h"

namespace portico::saga_test {

using namespace std::chrono_literals;

// What becomes of one operation instead of a plain success.
struct Fault {
  std::optional<Error> error;
  bool done = false;  // in spite of the error
  Duration delay{};   // on its way there
};

inline Error down() { return Error(unavailable, "test.down", "The participant is down"); }
inline Error refusal() { return Error(conflict, "test.refused", "The participant refuses"); }

// The participants and the network to them: what is on its way arrives, whoever sent it.
class World {
 public:
  explicit World(Runtime& network) : network_(network) {}

  // Asks for an operation and waits for the answer, at most to the call's deadline.
  Task<void> ask(Call& call, std::string operation, std::string ledger, std::string key, bool undo) {
    struct Running {
      World& world;
      ~Running() { --world.running; }
    } counted{*this};
    running_most = std::max(running_most, ++running);
    auto outcome = std::make_shared<Outcome>();
    network_.spawn("network", arrive(std::move(operation), std::move(ledger), std::move(key), undo, outcome));
    co_await within(call.runtime(), call.deadline(), outcome->answered.wait());
    if (outcome->error) throw *outcome->error;
  }

  // Repeating changes nothing. What was undone, even before it was done, is not done any more.
  struct Ledger {
    std::set<std::string> done, undone;
  };
  std::map<std::string, Ledger> ledgers;            // "stock", "money", "mail"
  std::map<std::string, std::deque<Fault>> faults;  // of an operation, one for each time it is asked for
  std::vector<std::string> arrived;                 // operations in their order
  std::vector<Instant> arrived_at;
  int running = 0, running_most = 0;  // operations that are waited for

  int64_t count(std::string_view operation) const { return std::ranges::count(arrived, operation); }
  bool done(const std::string& ledger, const std::string& key) { return ledgers[ledger].done.contains(key); }

 private:
  struct Outcome {
    Gate answered;
    std::optional<Error> error;
  };
  Task<void> arrive(std::string operation, std::string ledger, std::string key, bool undo,
                    std::shared_ptr<Outcome> outcome) {
    Fault fault;
    if (std::deque<Fault>& planned = faults[operation]; !planned.empty()) {
      fault = planned.front();
      planned.pop_front();
    }
    co_await network_.sleep(200us + fault.delay);
    arrived.push_back(operation);
    arrived_at.push_back(network_.steady());
    if (!fault.error || fault.done) outcome->error = apply(ledgers[ledger], key, undo);
    if (fault.error) outcome->error = fault.error;
    co_await network_.sleep(200us);
    outcome->answered.open();
  }
  static std::optional<Error> apply(Ledger& ledger, const std::string& key, bool undo) {
    if (undo) {
      ledger.done.erase(key);
      ledger.undone.insert(key);
    } else if (ledger.undone.contains(key)) {
      return Error(conflict, "test.undone", "This was undone");
    } else {
      ledger.done.insert(key);
    }
    return std::nullopt;
  }

  Runtime& network_;
};

enum class Status { pending, confirmed, cancelled };
PORTICO_DESCRIBE_ENUM(Status, pending, confirmed, cancelled)

// The document of a saga.
struct Purchase {
  Id<Purchase> id;
  Status status = Status::pending;
  std::string reason;
};
PORTICO_DESCRIBE(Purchase, id, status, reason)

// The sagas that a process knows.
struct Program {
  std::vector<int> versions = {1};
  std::string first_step = "reserve";
};

class Process {
 public:
  Process(Runtime& runtime, World& world, const std::string& file, SagaOptions options, Program program)
      : runtime(runtime),
        world(world),
        log(runtime, {}, [this](std::string_view text) { lines += text; }),
        observer{log, metrics, tracer},
        store(sqlite::make_store(runtime, observer, {.path = file})),
        sagas(runtime, observer, "shop", *store, options),
        purchases(store->collection<Purchase>()),
        rows(*store, describe_collection(schema::type_of<SagaRecord>(), 0, {}, "")) {
    for (int number : program.versions)
      buying = &sagas.add(Saga<Key, Process>("test.buy", version(number), this)
                              .loads(&Process::load)
                              .step(program.first_step, &Process::reserve, &Process::release)
                              .step("charge", &Process::charge, &Process::refund)
                              .pivot("confirm", &Process::confirm)
                              .later("notify", &Process::notify)
                              .undone(&Process::cancel));
    returning = &sagas.add(Saga<Key, Process>("test.return", version(1), this)
                               .loads(&Process::load)
                               .step("return", &Process::release));
  }

  // Throws what Sagas::open throws.
  Task<void> open() {
    co_await store->open();
    co_await sagas.open();
  }
  Task<void> resume_for_ever() {
    for (;;) {
      co_await runtime.sleep(Sagas::resume_period);
      Call call = this->call();
      co_await sagas.resume(call);
    }
  }
  // Stores the purchase and carries its saga to where the buyer is answered.
  Task<void> buy(std::string key) {
    Call call = this->call();
    co_await store->write(call, [&](Unit& unit) -> Task<void> {
      Purchase purchase{.id = {key}};
      co_await purchases.insert(unit, purchase);
      co_await sagas.start(unit, *buying, key);
    });
    co_await sagas.run(call, *buying, key, std::make_shared<Key>(key));
  }
  // A saga without a pivot: it only goes forward.
  Task<void> give_back(std::string key) {
    Call call = this->call();
    co_await store->write(call, [&](Unit& unit) -> Task<void> {
      co_await purchases.change(unit, Id<Purchase>{key}, set(&Purchase::status, Status::cancelled));
      co_await sagas.start(unit, *returning, key);
    });
    co_await sagas.run(call, *returning, key, std::make_shared<Key>(key));
  }
  // Whether a saga of the key may begin, of which nothing but its row is stored.
  Task<bool> start_only(std::string key) {
    Call call = this->call();
    co_return co_await store->write(
        call, [&](Unit& unit) -> Task<bool> { co_return co_await sagas.start(unit, *buying, key); });
  }
  Call call() { return Call(runtime, observer, "shop", runtime.steady() + patience); }

  Runtime& runtime;
  World& world;
  std::string lines;
  Log log;
  Metrics metrics;
  Tracer tracer;
  Observer observer;
  std::unique_ptr<Store> store;
  Sagas sagas;
  Collection<Purchase> purchases;
  Collection<SagaRecord> rows;  // as they are stored, those that have ended too
  Duration patience = 1min;     // of who asks
  int cancels_that_fail = 0;
  int confirms_that_throw = 0;  // no Error
  const SagaTable* buying = nullptr;
  const SagaTable* returning = nullptr;

 private:
  using Key = std::string;
  Task<std::shared_ptr<Key>> load(Call& call, std::string key) {
    std::optional<Purchase> found = co_await purchases.find(call, Id<Purchase>{key});
    co_return found ? std::make_shared<Key>(key) : nullptr;
  }
  Task<void> reserve(Call& call, Key& key) { return world.ask(call, "reserve", "stock", key, false); }
  Task<void> release(Call& call, Key& key) { return world.ask(call, "release", "stock", key, true); }
  Task<void> charge(Call& call, Key& key) { return world.ask(call, "charge", "money", key, false); }
  Task<void> refund(Call& call, Key& key) { return world.ask(call, "refund", "money", key, true); }
  Task<void> notify(Call& call, Key& key) { return world.ask(call, "notify", "mail", key, false); }
  Task<void> confirm(Unit& unit, Key& key) {
    if (confirms_that_throw > 0 && confirms_that_throw--) throw std::runtime_error("a bug");
    co_await purchases.change(unit, Id<Purchase>{key}, set(&Purchase::status, Status::confirmed));
  }
  Task<void> cancel(Unit& unit, Key& key, const Error& why) {
    if (cancels_that_fail > 0 && cancels_that_fail--) throw Error(unavailable, "test.store");
    co_await purchases.change(unit, Id<Purchase>{key}, set(&Purchase::status, Status::cancelled),
                              set(&Purchase::reason, why.reason()));
  }
};

}  // namespace portico::saga_test
