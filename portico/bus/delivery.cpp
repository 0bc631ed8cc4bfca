#include "portico/bus/delivery.h"

#include <fmt/format.h>

#include <algorithm>

#include "portico/runtime/sync.h"

namespace portico {

bool is_outage(const Error& error) {
  return !error.neighbour().empty() && (error.code() == Code::unavailable || error.code() == Code::too_late);
}

}  // namespace portico

namespace portico::bus {

Collection<BusPlace> places_in(Store& store) { return store.collection<BusPlace>({}, "bus_places"); }

Collection<ParkedDelivery> parked_in(Store& store) {
  return store.collection<ParkedDelivery>({index(&ParkedDelivery::group, &ParkedDelivery::source,
                                                 &ParkedDelivery::state, &ParkedDelivery::sequence),
                                           index(&ParkedDelivery::state, &ParkedDelivery::sequence)},
                                          "parked_deliveries");
}

Collection<BusReader> readers_in(Store& store) { return store.collection<BusReader>({}, "bus_readers"); }

namespace {

// Texts of exceptions may be in any encoding, but stores take UTF-8 only.
std::string bounded(std::string text) {
  if (text.size() > note_bytes_max) text.resize(note_bytes_max);
  std::ranges::replace_if(text, [](char c) { return uint8_t(c) >= 0x80; }, '?');
  return text;
}

}  // namespace

Failure failure_of(const std::exception& error) {
  const auto* known = dynamic_cast<const Error*>(&error);
  if (!known) return {.reason = "internal", .note = bounded(error.what())};
  std::string note = known->message();
  if (!known->note().empty()) note += ": " + known->note();
  return {.reason = known->reason(),
          .note = bounded(std::move(note)),
          .undecodable = known->code() == Code::invalid && known->reason() == "event.undecodable",
          .outage = is_outage(*known)};
}

Duration retry_wait(const RetryPolicy& policy, int n, Random& random) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  int64_t limit_ms = std::max<int64_t>(1, duration_cast<milliseconds>(policy.base).count());
  const int64_t cap_ms = std::max<int64_t>(1, duration_cast<milliseconds>(policy.cap).count());
  for (int i = 1; i < n && limit_ms < cap_ms; ++i) limit_ms *= 2;
  return milliseconds(1 + int64_t(random.below(uint64_t(std::min(limit_ms, cap_ms)))));
}

Duration outage_wait(const RetryPolicy& policy, Duration age, Random& random) {
  const Duration span = std::min(policy.outage_cap, std::max(policy.base, age));
  return retry_wait({.base = span, .cap = span}, 1, random);
}

bool valid_name(std::string_view name) {
  constexpr std::string_view others = "._-";
  return !name.empty() && name.size() <= names_bytes_max && std::ranges::all_of(name, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.contains(c);
  });
}

void check_names(std::string_view group, std::string_view source) {
  if (valid_name(group) && valid_name(source) && group.size() + source.size() <= names_bytes_max) return;
  throw Error(Code::internal, "bus.bad_name")
      .with_note(fmt::format("group '{}' and publisher '{}' must consist of letters, digits, '.', '_' and "
                             "'-' and be together at most {} bytes long",
                             group, source, names_bytes_max));
}

Id<BusPlace> place_id(std::string_view group, std::string_view source) {
  return {fmt::format("{}:{}", group, source)};
}

Id<ParkedDelivery> parked_id(std::string_view group, std::string_view source, int64_t sequence) {
  return {fmt::format("{}:{}:{}", group, source, sequence)};
}

ParkedDelivery parked_row(std::string_view group, std::string_view source, const OutboxEvent& event,
                          Time now) {
  ParkedDelivery row;
  row.id = parked_id(group, source, event.sequence);
  row.group = group;
  row.source = source;
  row.sequence = event.sequence;
  row.event_id = event.id;
  row.type = event.type;
  row.key = event.key;
  row.body = event.body;
  row.published_at = event.published_at;
  row.correlation_id = event.correlation_id;
  row.traceparent = event.traceparent;
  row.due_at = now;
  row.reason = "bus.behind";
  row.note = "waits behind an earlier event of its key";
  row.first_failed_at = now;
  row.last_failed_at = now;
  return row;
}

OutboxEvent event_of(const ParkedDelivery& row) {
  return {.sequence = row.sequence,
          .id = row.event_id,
          .type = row.type,
          .key = row.key,
          .published_at = row.published_at,
          .correlation_id = row.correlation_id,
          .traceparent = row.traceparent,
          .body = row.body};
}

bool note_failure(ParkedDelivery& row, const Failure& failure, const RetryPolicy& policy, bool counted,
                  Time now, Random& random) {
  const Duration age = now - row.first_failed_at;
  const bool excused = failure.outage && age < policy.outage_max;
  if ((counted && !excused) || failure.undecodable) ++row.attempts;
  row.reason = failure.reason;
  row.note = failure.note;
  row.last_failed_at = now;
  const bool dead = failure.undecodable || row.attempts >= policy.attempts_max;
  row.state = dead ? DeliveryState::dead : DeliveryState::waiting;
  row.due_at = now;
  if (!dead)
    row.due_at = now + (excused ? outage_wait(policy, age, random)
                                : retry_wait(policy, std::max(1, row.attempts), random));
  return dead;
}

Call delivery_call(Runtime& runtime, Observer& observer, std::string_view subscriber,
                   std::string_view publisher, const OutboxEvent& event, Duration time_max) {
  Call call(runtime, observer, subscriber, runtime.steady() + time_max);
  Caller caller;
  caller.service = publisher;
  call.set_caller(std::move(caller));
  call.correlation_id = event.correlation_id;
  if (auto trace = parse_traceparent(event.traceparent)) call.trace = *trace;
  return call;
}

Task<std::optional<Failure>> attempt(const Handler& handler, Call& call, Unit* unit,
                                     const OutboxEvent& event) {
  Span span(call, "event " + event.type);
  std::optional<Failure> failure;
  try {
    if (unit) {
      co_await handler.deliver(call, unit, event.body);
    } else {
      co_await within(call.runtime(), call.deadline(), handler.deliver(call, nullptr, event.body));
    }
  } catch (const std::exception& error) {
    failure = failure_of(error);
  }
  if (failure) span.fail(failure->reason);
  co_return failure;
}

}  // namespace portico::bus
