// One delivery of one event to one handler: its call, its outcome, and the row it leaves when it fails.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "portico/bus/bus.h"

namespace portico::bus {

// How far a group has come in the log of one publisher: a row of the subscribing service.
struct BusPlace {
  Id<BusPlace> id;  // group:source
  int64_t place = 0;
};
PORTICO_DESCRIBE(BusPlace, id, place)

// A group that reads the log of this service, and how far it is known to be: a row of the publisher. Keeps
// events from being forgotten before every group has them.
struct BusReader {
  Id<BusReader> id;  // group
  int64_t place = 0;
};
PORTICO_DESCRIBE(BusReader, id, place)

// The collections of the bus in the store of a subscriber (places, parked) and of a publisher (readers).
Collection<BusPlace> places_in(Store& store);
Collection<ParkedDelivery> parked_in(Store& store);
Collection<BusReader> readers_in(Store& store);

// What a group does with one type of event.
struct Handler {
  SubscribeOptions options;
  std::function<Task<void>(Call&, Unit*, const std::string& body)> deliver;
  bool outside = false;
};

// Why a handler did not succeed.
struct Failure {
  std::string reason;
  std::string note;          // at most note_bytes_max, ASCII
  bool undecodable = false;  // no further try can help
  bool outage = false;       // a neighbour is down
};
inline constexpr size_t note_bytes_max = 4096;

// Leaves the body of a unit whose handler has failed; the failure itself is kept beside it.
struct UnitGivenUp : std::exception {
  const char* what() const noexcept override { return "unit given up"; }
};

Failure failure_of(const std::exception& error);

// The n-th wait: uniform in (0, min(cap, base * 2^(n-1))], in whole milliseconds, at least one. n counts
// from 1.
Duration retry_wait(const RetryPolicy& policy, int n, Random& random);

// The wait while a neighbour is down, `age` after the first failure: uniform in (0, min(outage_cap, max(base,
// age))].
Duration outage_wait(const RetryPolicy& policy, Duration age, Random& random);

// Group and source stand in ids: letters, digits, '.', '_', '-'. Ids are at most 64 bytes, and a sequence has
// up to 19 digits.
inline constexpr size_t names_bytes_max = 64 - 19 - 2;  // of both together
bool valid_name(std::string_view name);
// Throws Error(internal, "bus.bad_name").
void check_names(std::string_view group, std::string_view source);
Id<BusPlace> place_id(std::string_view group, std::string_view source);
Id<ParkedDelivery> parked_id(std::string_view group, std::string_view source, int64_t sequence);

// A row for an event that waits behind an earlier one of its key: due at once, not tried yet.
ParkedDelivery parked_row(std::string_view group, std::string_view source, const OutboxEvent& event,
                          Time now);
OutboxEvent event_of(const ParkedDelivery& row);

// Notes one more failure in a row: `counted` attempts run out, others do not; nor do those of an outage while
// that is young. Says whether it is dead now.
bool note_failure(ParkedDelivery& row, const Failure& failure, const RetryPolicy& policy, bool counted,
                  Time now, Random& random);

// The call of one delivery: on the subscriber's account, asked by the publisher, in the event's correlation
// and trace.
Call delivery_call(Runtime& runtime, Observer& observer, std::string_view subscriber,
                   std::string_view publisher, const OutboxEvent& event, Duration time_max);

// Runs the handler within a span "event <type>". An error of the handler is returned, not thrown. All
// references must live until the task is done.
Task<std::optional<Failure>> attempt(const Handler& handler, Call& call, Unit* unit,
                                     const OutboxEvent& event);

}  // namespace portico::bus
