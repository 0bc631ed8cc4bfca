// One group's way through the log of one publisher: two coroutines, one that follows the log and one that
// tries failed deliveries again.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "portico/bus/bus.h"
#include "portico/bus/delivery.h"
#include "portico/bus/waiting.h"
#include "portico/runtime/sync.h"

namespace portico::bus {

// The collections of the bus in a subscribing service's store.
struct Subscriber {
  std::string service;
  Store& store;
  Collection<BusPlace> places;
  Collection<ParkedDelivery> parked;
};

// What everyone who waits for the bus to come to rest looks at.
struct Progress {
  explicit Progress(Runtime& runtime) : signal(runtime) {}
  uint64_t moves = 0;  // grows whenever a place or a parked delivery changes
  Signal signal;
  void note() {
    ++moves;
    signal.notify();
  }
};

// Runs on reactor 0. Kept alive by its coroutines; what it refers to must outlive them (Bus::stop waits).
class Consumer {
 public:
  static constexpr int failures_to_probe = 10;  // of different events, one after the other
  static constexpr int probe_polls = 20;        // poll intervals between two probes
  // A loop turn that long says that requests wait. Deliveries take a quarter of the time then.
  static constexpr Duration busy_turn = std::chrono::microseconds(500);
  static constexpr int way_factor = 3;
  static constexpr Duration way_max = std::chrono::milliseconds(300);
  static constexpr Duration clock_slack = std::chrono::seconds(1);
  static constexpr int64_t skipped_max = 1000;  // events skipped before the place is stored without an effect

  Consumer(Runtime& runtime, Observer& observer, BusOptions options, Subscriber& subscriber,
           std::string publisher, std::string group, std::shared_ptr<Progress> progress);
  // Throws Error(internal, "bus.subscribed_twice").
  void add(std::string type, Handler handler);
  void set_source(EventSource& source) { source_ = &source; }

  // The two coroutines; they end after stop().
  static Task<void> follow(std::shared_ptr<Consumer> self);
  static Task<void> retry(std::shared_ptr<Consumer> self);
  void stop();  // after the deliveries that run now
  // Gives up outside handlers that still run; their events come again after the next start.
  void abandon();

  // Nothing published so far is open. With `parked_ok` parked deliveries do not count.
  Task<bool> idle(bool parked_ok);
  Bus::Status status() const;
  const std::string& group() const { return group_; }
  const std::string& publisher() const { return publisher_; }
  const std::string& service() const { return subscriber_.service; }

  // What an operator has changed in the store.
  void replayed(const ParkedDelivery& row);
  void dropped(const ParkedDelivery& row);

 private:
  struct Outcome {  // of one event handled outside a unit
    bool tried = false;
    std::optional<Failure> failure;
  };
  using Events = std::vector<OutboxEvent>;

  // consumer.cpp: the place and the log
  Task<void> load();
  Task<void> turn();
  Task<Events> fetch(size_t max, Duration wait);
  Task<void> handle(Events events);
  Task<void> give_way(Duration taken);
  Task<void> move_place(Unit& unit, int64_t to);
  Task<void> store_place();
  void skip_to(int64_t sequence);
  void moved(int64_t to);
  Task<void> rest_after(Signal& signal, Failure trouble, int troubles);
  Duration poll_with_jitter();
  const Handler* handler_of(const std::string& type) const;
  size_t batch_max() const;
  size_t room() const;
  Call account_call() const;
  Call call_for(const OutboxEvent& event, const Handler& handler) const;

  // apply.cpp: first deliveries
  Task<void> handle_in_units(Events events);
  Task<std::optional<Failure>> apply(Events events);
  Task<void> park(OutboxEvent event, Failure failure);
  Task<void> handle_outside(Events events);
  Task<void> run_line(const Events& events, std::vector<size_t> line, std::vector<Outcome>& outcomes);
  Task<void> put_row(Unit& unit, const ParkedDelivery& row);
  ParkedDelivery failed_row(const OutboxEvent& event, const Failure& failure, const Handler& handler);
  Task<void> run_abandonable(std::vector<Task<void>> tasks);

  // again.cpp: further deliveries, probing, counting
  Task<void> retry_turn();
  Task<void> try_again(int64_t sequence);
  Task<void> try_again_in_unit(ParkedDelivery row, const Handler& handler);
  Task<void> try_again_outside(ParkedDelivery row, const Handler& handler);
  Task<void> store_failure(int64_t sequence, Failure failure, RetryPolicy policy);
  Task<void> probe();
  Task<bool> probe_log();
  Task<bool> probe_waiting();
  void done(int64_t sequence);
  void gone(int64_t sequence);
  void parked(const ParkedDelivery& row);
  Time due_at(const ParkedDelivery& row) const;
  void succeeded(size_t count);
  void failed(const ParkedDelivery& row);
  void note();

  Runtime& runtime_;
  Observer& observer_;
  const BusOptions options_;
  Subscriber& subscriber_;
  const std::string publisher_, group_;
  const std::shared_ptr<Progress> progress_;
  EventSource* source_ = nullptr;
  std::map<std::string, Handler, std::less<>> handlers_;

  Signal follow_signal_, retry_signal_;
  AsyncMutex again_;  // further deliveries and probes of them never run beside each other
  Waiting waiting_;
  int64_t place_ = 0;         // handled, parked or skipped up to here
  int64_t stored_place_ = 0;  // what the store says; behind `place_` by skipped events only
  int64_t dead_ = 0;
  Time looked_at_;         // the latest wall clock that a waiting delivery was timed by
  bool set_back_ = false;  // the clock is: all of them are to be timed anew
  bool stale_ = true;      // the store is to be asked again for place and waiting deliveries
  bool loaded_ = false;
  bool stopping_ = false;
  bool probing_ = false;
  bool probe_log_ = false;     // the next probe takes from the log
  int64_t probed_ = 0;         // the waiting delivery that was probed last
  std::set<int64_t> failing_;  // events that have failed since the last success
  // Handlers outside a unit that run now, so that they can be given up.
  std::vector<std::shared_ptr<detail::Children>> running_;
  bool abandoned_ = false;

  Counter &ok_count_, &retry_count_, &dead_count_, &rest_count_;
  Gauge &waiting_gauge_, &dead_gauge_, &probing_gauge_;
};

}  // namespace portico::bus
