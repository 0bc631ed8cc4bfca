// The bus carries events from the outbox of the publishing service to its subscribers.
//
// The promise, and no more: at-least-once delivery, exactly-once effect inside a subscriber's own store;
// acknowledged means synced to disk. The embedded engine keeps no second copy: the outbox is the log, a
// subscriber's place in it is stored in the subscriber's own store, in the same unit as its effects
// (docs/decisions/0002-outbox-is-the-log.md).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portico/observe/call.h"
#include "portico/schema/json.h"
#include "portico/store/store.h"

namespace portico {

// How often and how late a failed delivery is tried again: the n-th wait is drawn from (0, min(cap, base *
// 2^(n-1))] (full jitter); after `attempts_max` attempts the event becomes a dead letter.
//
// An attempt that fails because a neighbour is down (is_outage) says nothing about the event: until
// `outage_max` after the first failure it does not count, and the waits grow with the time that has passed,
// up to `outage_cap`.
struct RetryPolicy {
  Duration base = std::chrono::seconds(1);
  Duration cap = std::chrono::minutes(10);
  int attempts_max = 12;
  Duration outage_max = std::chrono::hours(24);
  Duration outage_cap = std::chrono::minutes(1);
};

// Whether something failed only because a neighbour does not answer or answers 503 or 504.
bool is_outage(const Error& error);

struct SubscribeOptions {
  RetryPolicy retry;
  size_t batch_max = 64;  // events in one unit, or side by side for handlers outside a unit
  Duration handler_time_max = std::chrono::seconds(30);
};

// A delivery that has not succeeded yet, or never will: a row of the subscribing service. It keeps the
// original bytes.
enum class DeliveryState { waiting, dead };
PORTICO_DESCRIBE_ENUM(DeliveryState, waiting, dead)

struct ParkedDelivery {
  Id<ParkedDelivery> id;  // group:source:sequence
  std::string group;      // "notification.orders"
  std::string source;     // publishing service
  int64_t sequence = 0;
  std::string event_id;
  std::string type;
  std::string key;
  std::string body;  // as it was published
  Time published_at;
  std::string correlation_id;
  std::string traceparent;
  DeliveryState state = DeliveryState::waiting;
  int attempts = 0;
  Time due_at;
  std::string reason;  // the last error's reason
  std::string note;    // its text, at most 4 KiB
  Time first_failed_at;
  Time last_failed_at;
  int replays = 0;
};
PORTICO_DESCRIBE(ParkedDelivery, id, group, source, sequence, event_id, type, key, body, published_at,
                 correlation_id, traceparent, state, attempts, due_at, reason, note, first_failed_at,
                 last_failed_at, replays)

// Which parked deliveries of a service are meant; where a text is empty, any.
struct ParkedQuery {
  DeliveryState state = DeliveryState::dead;
  std::string group;
  std::string reason;
  size_t limit = 100;
  std::string after;  // the `next` of the page before
};

// Where a subscriber gets the events of one publishing service from: its store in the same process, or the
// publisher's process over HTTP. Says at each call how far the group has come, so that the publisher may
// forget.
class EventSource {
 public:
  virtual ~EventSource() = default;
  // Events with a sequence above `after`, in order, at most `max`. Returns empty after `wait` when there are
  // none.
  virtual Task<std::vector<OutboxEvent>> read(std::string group, int64_t after, size_t max,
                                              Duration wait) = 0;
};

struct BusOptions {
  Duration retention =
      std::chrono::hours(1);  // events stay at least this long, and until every known group has them
  Duration poll = std::chrono::milliseconds(250);  // safety net under the wake-up signal, with jitter
  // Deliveries of one publisher waiting in a group; when it is full, the group stops reading until some
  // succeed.
  size_t parked_max = 100'000;
};

// The bus of one process. Subscribe before `start`; all members are to be used on reactor 0.
class Bus {
 public:
  Bus(Runtime& runtime, Observer& observer, BusOptions options = {});
  ~Bus();

  // A publishing service whose store lives in this process. Others may read its events through
  // `local_source`. The bus declares a collection there (groups that read): before Store::open.
  void add_publisher(std::string service, Store& store);
  // A publishing service elsewhere.
  void add_remote(std::string service, std::unique_ptr<EventSource> source);
  // The events of a publisher of this process, for another process's EventSource. Unknown: nullptr.
  EventSource* local_source(std::string_view service);

  // A service that subscribes: the bus declares its collections there (places, parked deliveries). Before
  // Store::open.
  void add_subscriber(std::string service, Store& store);

  // Handlers inside a unit: effects and the place in the log are one commit, so each event takes effect
  // exactly once.
  //   Task<void> handler(Call& call, Unit& unit, E event)
  // They await nothing but the unit. When one of a batch fails, the batch is rolled back and its events are
  // handled one by one, so what a handler does besides the unit may be done again. A failing event is retried
  // by itself; later events of the same key wait for it, other keys and events without a key flow. `call` is
  // the unit's call: it is this event's only until the handler returns.
  template <class E>
  void subscribe(std::string service, std::string publisher, std::string group,
                 std::function<Task<void>(Call&, Unit&, E)> handler, SubscribeOptions options = {}) {
    add(Subscription{std::move(service), std::move(publisher), std::move(group),
                     std::string(schema::event_name_of<E>()), options,
                     [handler](Call& call, Unit* unit, const std::string& body) -> Task<void> {
                       co_await handler(call, *unit, decode<E>(body));
                     }});
  }
  // Handlers outside a unit, for effects elsewhere (sending a mail): at least once, so they check what they
  // have done.
  template <class E>
  void subscribe_outside(std::string service, std::string publisher, std::string group,
                         std::function<Task<void>(Call&, E)> handler, SubscribeOptions options = {}) {
    Subscription subscription{std::move(service),
                              std::move(publisher),
                              std::move(group),
                              std::string(schema::event_name_of<E>()),
                              options,
                              [handler](Call& call, Unit*, const std::string& body) -> Task<void> {
                                co_await handler(call, decode<E>(body));
                              }};
    subscription.outside = true;
    add(std::move(subscription));
  }

  // Lets the events of a service of this process rest, those it would handle and those it has published: its
  // groups do not start, and its log forgets nothing. Before `start`.
  void hold_back(std::string service);

  // Opens nothing by itself: stores are open. Starts the coroutines of every group.
  void start();
  // Lets running handlers finish until `deadline` and stops. Outside handlers that still run then are
  // cancelled, which is no failure: their events come again. Returns when every coroutine of the bus has
  // ended; only then may the stores be closed.
  Task<void> stop(Instant deadline);
  // Returns when every group has handled everything that is published so far, or throws Error(too_late) at
  // `deadline`. Dead letters and deliveries waiting for their next try do not count as open when `parked_ok`.
  Task<void> settled(Instant deadline, bool parked_ok = false);

  // Operating: dead letters and waiting deliveries of a subscriber in this process. A service that does not
  // subscribe here is Error(not_found, "bus.unknown_subscriber").
  Task<Page<ParkedDelivery>> parked(Call& call, std::string service, ParkedQuery query);
  Task<std::optional<ParkedDelivery>> find_parked(Call& call, std::string service, Id<ParkedDelivery> id);
  // Makes a dead letter due at once, for its own group only, with its event id and all its attempts again.
  // False: no such dead letter. Throws Error(conflict, "bus.group_gone") where nothing here reads in the name
  // of its group any more.
  Task<bool> replay(Call& call, std::string service, Id<ParkedDelivery> id);
  // Forgets a dead letter or a waiting delivery. False: there is none.
  Task<bool> drop(Call& call, std::string service, Id<ParkedDelivery> id);

  struct Status {
    std::string group, source;
    int64_t place = 0;  // last sequence handled, parked or of no concern
    int64_t waiting = 0, dead = 0;
    bool probing = false;  // everything fails: one event at a time until one succeeds
  };
  std::vector<Status> status() const;

 private:
  struct Subscription {
    std::string service, publisher, group, type;
    SubscribeOptions options;
    std::function<Task<void>(Call&, Unit*, const std::string& body)> deliver;
    bool outside = false;
  };
  // Throws Error(invalid, "event.undecodable") — a dead letter at once.
  template <class E>
  static E decode(const std::string& body) {
    auto event = schema::from_json<E>(body);
    if (!event) throw Error(Code::invalid, "event.undecodable").with_note(undecodable(event.error()));
    return std::move(*event);
  }
  static std::string undecodable(const schema::Violations& violations);
  void add(Subscription subscription);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portico
