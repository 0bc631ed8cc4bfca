// First deliveries: batches in one unit, single events in theirs, and handlers outside a unit.
#include <algorithm>

#include "portico/base/planted.h"
#include "portico/bus/consumer.h"

namespace portico::bus {

// The whole batch in one unit; when that fails, each event by itself, so that only the failing one is parked.
Task<void> Consumer::handle_in_units(Events events) {
  if (events.size() > 1) {
    const auto failure = co_await apply(events);
    if (!failure) co_return;
  }
  for (const OutboxEvent& event : events) {
    if (!handler_of(event.type)) {
      skip_to(event.sequence);
      continue;
    }
    Events one{event};
    const auto failure = co_await apply(std::move(one));
    if (failure) co_await park(event, *failure);
    if (stopping_ || probing_) co_return;
  }
}

// Applies the events and moves the place behind them in one commit. Returns the failure of a handler; what is
// thrown is the store's own trouble.
Task<std::optional<Failure>> Consumer::apply(Events events) {
  Call call = account_call();
  std::optional<Failure> failure;
  std::vector<ParkedDelivery> rows;
  size_t handled = 0;
  if (planted(Plant::inbox_outside_unit)) {
    skip_to(events.back().sequence);
    co_await store_place();
  }
  try {
    co_await subscriber_.store.write(call, [&](Unit& unit) -> Task<void> {
      failure.reset();
      rows.clear();
      handled = 0;
      for (const OutboxEvent& event : events) {
        const Handler* handler = handler_of(event.type);
        if (!handler) continue;
        // Meanwhile the earlier delivery may succeed and leave: what was parked here still comes first.
        const bool behind =
            !event.key.empty() && std::ranges::find(rows, event.key, &ParkedDelivery::key) != rows.end();
        if (behind || waiting_.blocked(event.key)) {
          rows.push_back(parked_row(group_, publisher_, event, runtime_.now()));
          co_await put_row(unit, rows.back());
          continue;
        }
        // What the handler publishes carries the context of the unit's call: it is this event's meanwhile.
        const Call own = unit.call();
        unit.call() = call_for(event, *handler);
        failure = co_await attempt(*handler, unit.call(), &unit, event);
        unit.call() = own;
        if (failure) throw UnitGivenUp();
        ++handled;
      }
      // A handler that has swallowed an error of the unit has left it dead, and is told so here.
      try {
        co_await move_place(unit, events.back().sequence);
      } catch (const Error& error) {
        if (error.reason() == "bus.place_moved") throw;
        failure = failure_of(error);
      }
      if (failure) throw UnitGivenUp();
    });
  } catch (const UnitGivenUp&) {
    co_return failure;
  }
  for (const ParkedDelivery& row : rows) parked(row);
  if (handled > 0) succeeded(handled);
  moved(events.back().sequence);
  co_return std::nullopt;
}

Task<void> Consumer::park(OutboxEvent event, Failure failure) {
  const ParkedDelivery row = failed_row(event, failure, *handler_of(event.type));
  Call call = call_for(event, *handler_of(event.type));
  co_await subscriber_.store.write(call, [&](Unit& unit) -> Task<void> {
    co_await move_place(unit, event.sequence);
    co_await put_row(unit, row);
  });
  parked(row);
  failed(row);
  moved(event.sequence);
}

ParkedDelivery Consumer::failed_row(const OutboxEvent& event, const Failure& failure,
                                    const Handler& handler) {
  ParkedDelivery row = parked_row(group_, publisher_, event, runtime_.now());
  note_failure(row, failure, handler.options.retry, !probing_, runtime_.now(), runtime_.random());
  return row;
}

// A row that is there already stays: it knows more of the event.
Task<void> Consumer::put_row(Unit& unit, const ParkedDelivery& row) {
  co_await subscriber_.parked.insert_once(unit, row);
}

// Different keys side by side, the events of one key one after the other; then one unit with the place and
// what has failed. A crash in between delivers them again.
Task<void> Consumer::handle_outside(Events events) {
  std::vector<Outcome> outcomes(events.size());
  std::map<std::string, std::vector<size_t>> lines;
  for (size_t i = 0; i < events.size(); ++i) {
    if (!handler_of(events[i].type) || waiting_.blocked(events[i].key)) continue;
    // A sequence cannot be a key's text behind the mark, so events without a key have lines of their own.
    const std::string& key = events[i].key;
    lines[key.empty() ? "#" + std::to_string(events[i].sequence) : "=" + key].push_back(i);
  }
  std::vector<Task<void>> tasks;
  for (auto& [key, line] : lines) tasks.push_back(run_line(events, std::move(line), outcomes));
  co_await run_abandonable(std::move(tasks));
  if (abandoned_) throw Error(Code::unavailable, "bus.stopped");

  std::vector<ParkedDelivery> rows;
  size_t handled = 0;
  for (size_t i = 0; i < events.size(); ++i) {
    const Handler* handler = handler_of(events[i].type);
    if (!handler) continue;
    if (outcomes[i].failure) {
      rows.push_back(failed_row(events[i], *outcomes[i].failure, *handler));
    } else if (!outcomes[i].tried) {
      rows.push_back(parked_row(group_, publisher_, events[i], runtime_.now()));
    } else {
      ++handled;
    }
  }
  Call call = account_call();
  if (planted(Plant::parking_not_atomic)) {
    skip_to(events.back().sequence);
    co_await store_place();
  }
  co_await subscriber_.store.write(call, [&](Unit& unit) -> Task<void> {
    co_await move_place(unit, events.back().sequence);
    for (const ParkedDelivery& row : rows) co_await put_row(unit, row);
  });
  for (const ParkedDelivery& row : rows) {
    parked(row);
    if (row.reason != "bus.behind") failed(row);
  }
  if (handled > 0) succeeded(handled);
  moved(events.back().sequence);
}

Task<void> Consumer::run_line(const Events& events, std::vector<size_t> line,
                              std::vector<Outcome>& outcomes) {
  for (const size_t i : line) {
    const Handler& handler = *handler_of(events[i].type);
    Call call = call_for(events[i], handler);
    outcomes[i].tried = true;
    outcomes[i].failure = co_await attempt(handler, call, nullptr, events[i]);
    if (outcomes[i].failure) co_return;
  }
}

Task<void> Consumer::run_abandonable(std::vector<Task<void>> tasks) {
  if (tasks.empty()) co_return;
  auto children = std::make_shared<detail::Children>(tasks.size());
  running_.push_back(children);
  co_await detail::run_children(children, std::move(tasks));
  std::erase(running_, children);
  for (const auto& child : children->list)
    if (child.error) std::rethrow_exception(child.error);
}

}  // namespace portico::bus
