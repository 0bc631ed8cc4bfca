// What every bus engine must do. A test names an engine by its factory; the tests themselves know only
// bus.h and store.h.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "portico/bus/bus.h"
#include "portico/runtime/sync.h"

namespace portico::bus_suite {

// An engine under test. Stores are files below a folder, so that a second process can open them again.
struct Engine {
  std::string name;
  std::function<std::unique_ptr<Store>(Runtime&, Observer&, const std::string& path)> make_store;
  std::function<std::unique_ptr<Bus>(Runtime&, Observer&, BusOptions)> make_bus;
};

inline void PrintTo(const Engine& engine, std::ostream* out) { *out << engine.name; }

struct Order {
  Id<Order> id;
};
PORTICO_DESCRIBE(Order, id)

struct Placed {
  Id<Order> order;
  int64_t number = 0;
  std::string text;
};
PORTICO_DESCRIBE_EVENT(Placed, "suite.placed.v1", order, number, text)

struct Shipped {
  Id<Order> order;
  int64_t number = 0;
};
PORTICO_DESCRIBE_EVENT(Shipped, "suite.shipped.v1", order, number)

// Has no key.
struct Opened {
  int64_t number = 0;
};
PORTICO_DESCRIBE_EVENT(Opened, "suite.opened.v1", number)

// Another program's idea of Placed.
struct PlacedOtherwise {
  Id<Order> order;
  std::string number;
};
PORTICO_DESCRIBE_EVENT(PlacedOtherwise, "suite.placed.v1", order, number)

// The effects of events: the numbers that were handled for a key, in order: "1,2,3,".
struct Seen {
  Id<Seen> id;  // the key
  std::string numbers;
};
PORTICO_DESCRIBE(Seen, id, numbers)

using SeenBy = std::map<std::string, std::string>;

// What lives and dies together: service "orders" publishes, "mail" and "stats" subscribe and publish.
class Process {
 public:
  // How the subscribers' bus reaches the events of "orders" when that is on a bus of its own.
  using Far = std::function<std::unique_ptr<EventSource>(EventSource& near)>;
  Process(const Engine& engine, Runtime& runtime, const std::string& folder, BusOptions options = {},
          Far far = {});

  ~Process();  // shows the log of a test that has failed

  Task<void> start();  // opens the stores and starts the bus
  Task<void> open();   // the stores only
  Task<void> stop();   // the bus, then the stores

  Call call(std::string_view service);
  // In one unit of "orders".
  template <class E>
  Task<void> publish(std::vector<E> events) {
    Call call = this->call("orders");
    co_await orders->write(call, [&events](Unit& unit) -> Task<void> {
      for (const E& event : events) unit.publish(event);
      co_return;
    });
  }
  template <class E>
  Task<void> publish(E event) {
    std::vector<E> one{std::move(event)};
    co_await publish<E>(std::move(one));
  }
  Task<void> publish(std::string key, int64_t number) { return publish(placed(std::move(key), number)); }
  static Placed placed(std::string key, int64_t number) {
    return Placed{Id<Order>{std::move(key)}, number, {}};
  }

  // Adds the number to what was seen of the key, in the unit of the handler.
  Task<void> note(Unit& unit, const Collection<Seen>& seen, std::string key, int64_t number);
  template <class E>
  std::function<Task<void>(Call&, Unit&, E)> noting(const Collection<Seen>& seen) {
    return [this, &seen](Call&, Unit& unit, E event) -> Task<void> {
      co_await note(unit, seen, event.order.value, event.number);
    };
  }
  Task<SeenBy> seen_by(std::string service);
  Task<void> settled(Duration within = std::chrono::minutes(1), bool parked_ok = false);
  Task<std::vector<ParkedDelivery>> parked(std::string service, DeliveryState state);
  Bus::Status status(const std::string& group) const;

  Runtime& runtime;
  std::shared_ptr<std::string> lines = std::make_shared<std::string>();  // of the log
  Log log;
  Metrics metrics;
  Tracer tracer;
  Observer observer;
  std::unique_ptr<Store> orders, mail, stats;
  Collection<Seen> mail_seen, stats_seen;
  std::unique_ptr<Bus> publishing;  // only with `far`
  std::unique_ptr<Bus> bus;
};

// Virtual time; a folder of its own a test.
class BusSuite : public ::testing::TestWithParam<Engine> {
 protected:
  BusSuite();
  ~BusSuite() override;

  // Runs a coroutine to its end on node "".
  template <class Body>
  void run(Body body) {
    sim->run(body());
  }
  std::unique_ptr<Process> make(BusOptions options = {}, Process::Far far = {}) {
    return std::make_unique<Process>(GetParam(), *sim, folder, options, std::move(far));
  }
  std::unique_ptr<Process> make_on(Runtime& runtime, BusOptions options = {}) {
    return std::make_unique<Process>(GetParam(), runtime, folder, options);
  }
  // Virtual time passes until `condition` holds; fails the test after `max`.
  Task<void> until(std::function<bool()> condition, Duration max = std::chrono::minutes(1));

  const uint64_t seed;
  const std::string folder;
  std::unique_ptr<SimRuntime> sim;
  ::testing::ScopedTrace trace;
};

// A fresh, empty folder below the system's temporary one.
std::string make_folder(const std::string& name);

// "1,2,3," up to `last`
std::string numbers_to(int64_t last);

}  // namespace portico::bus_suite
