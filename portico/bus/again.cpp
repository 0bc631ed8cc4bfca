// Further deliveries of what has failed, probing while everything fails, and the counting of both.
#include <algorithm>

#include "portico/bus/consumer.h"
#include "portico/runtime/sometimes.h"

namespace portico::bus {

namespace {

constexpr Duration look_again = std::chrono::seconds(5);  // the wall clock may jump

}  // namespace

Task<void> Consumer::retry(std::shared_ptr<Consumer> self) {
  int troubles = 0;
  while (!self->stopping_) {
    std::optional<Failure> trouble;
    try {
      co_await self->retry_turn();
      troubles = 0;
    } catch (const std::exception& error) {
      trouble = failure_of(error);
    }
    if (trouble) co_await self->rest_after(self->retry_signal_, *trouble, ++troubles);
  }
}

Task<void> Consumer::retry_turn() {
  // Times that were stored before a clock is set back lie too far ahead.
  const Time now = runtime_.now();
  if (now < std::exchange(looked_at_, now) - clock_slack) {
    set_back_ = true;
    follow_signal_.notify();
  }
  const std::optional<Time> next = waiting_.next_due();
  if (!loaded_ || probing_ || !next || *next > runtime_.now()) {
    const Duration span = next && !probing_ ? std::min(*next - runtime_.now(), look_again) : look_again;
    co_await retry_signal_.wait_for(std::max(span, Duration(1000)));
    co_return;
  }
  co_await again_.lock();
  const std::lock_guard held(again_, std::adopt_lock);
  if (probing_ || stopping_) co_return;
  std::vector<Task<void>> tasks;
  for (const int64_t sequence : waiting_.due(runtime_.now(), batch_max()))
    tasks.push_back(try_again(sequence));
  co_await run_abandonable(std::move(tasks));
}

Task<void> Consumer::try_again(int64_t sequence) {
  Call call = account_call();
  auto row = co_await subscriber_.parked.find(call, parked_id(group_, publisher_, sequence));
  if (!row || row->state != DeliveryState::waiting) {
    gone(sequence);
    co_return;
  }
  const Handler* handler = handler_of(row->type);
  if (!handler) {
    Failure failure{"bus.no_handler", "the group does not handle this type any more", true};
    co_await store_failure(sequence, std::move(failure), {});
  } else if (handler->outside) {
    co_await try_again_outside(std::move(*row), *handler);
  } else {
    co_await try_again_in_unit(std::move(*row), *handler);
  }
}

// The row leaves in the same commit as the effect arrives, so neither can happen twice.
Task<void> Consumer::try_again_in_unit(ParkedDelivery row, const Handler& handler) {
  const OutboxEvent event = event_of(row);
  Call call = call_for(event, handler);
  std::optional<Failure> failure;
  bool there = false;
  try {
    co_await subscriber_.store.write(call, [&](Unit& unit) -> Task<void> {
      failure.reset();
      const int64_t removed = co_await subscriber_.parked.remove_all(
          unit,
          where(&ParkedDelivery::id) == row.id && where(&ParkedDelivery::state) == DeliveryState::waiting);
      there = removed > 0;
      if (!there) co_return;
      failure = co_await attempt(handler, unit.call(), &unit, event);
      if (failure) throw UnitGivenUp();
      // Any operation tells whether the handler has swallowed an error and left the unit dead.
      try {
        co_await subscriber_.parked.find(unit, row.id);
      } catch (const Error& error) {
        failure = failure_of(error);
      }
      if (failure) throw UnitGivenUp();
    });
  } catch (const UnitGivenUp&) {
    there = true;
  }
  if (failure) {
    co_await store_failure(row.sequence, *failure, handler.options.retry);
  } else if (there) {
    done(row.sequence);
  } else {
    gone(row.sequence);
  }
}

Task<void> Consumer::try_again_outside(ParkedDelivery row, const Handler& handler) {
  const OutboxEvent event = event_of(row);
  Call call = call_for(event, handler);
  const auto failure = co_await attempt(handler, call, nullptr, event);
  if (failure) {
    if (abandoned_) throw Error(Code::unavailable, "bus.stopped");
    co_await store_failure(row.sequence, *failure, handler.options.retry);
    co_return;
  }
  Call after = account_call();
  co_await subscriber_.store.write(
      after, [&](Unit& unit) -> Task<void> { co_await subscriber_.parked.remove(unit, row.id); });
  done(row.sequence);
}

Task<void> Consumer::store_failure(int64_t sequence, Failure failure, RetryPolicy policy) {
  const Id<ParkedDelivery> id = parked_id(group_, publisher_, sequence);
  Call call = account_call();
  std::optional<ParkedDelivery> row;
  co_await subscriber_.store.write(call, [&](Unit& unit) -> Task<void> {
    row = co_await subscriber_.parked.find(unit, id);
    if (!row || row->state != DeliveryState::waiting) {
      row.reset();
      co_return;
    }
    note_failure(*row, failure, policy, !probing_, runtime_.now(), runtime_.random());
    co_await subscriber_.parked.change(
        unit, id, set(&ParkedDelivery::state, row->state), set(&ParkedDelivery::attempts, row->attempts),
        set(&ParkedDelivery::due_at, row->due_at), set(&ParkedDelivery::reason, row->reason),
        set(&ParkedDelivery::note, row->note), set(&ParkedDelivery::last_failed_at, row->last_failed_at));
  });
  if (!row) {
    gone(sequence);
    co_return;
  }
  parked(*row);
  failed(*row);
}

// Waiting deliveries and the log take turns: the trouble may sit in the parked ones alone.
Task<void> Consumer::probe() {
  co_await again_.lock();
  const std::lock_guard held(again_, std::adopt_lock);
  if (!probing_ || stopping_) co_return;
  probe_log_ = !probe_log_;
  if (probe_log_) {
    if (!co_await probe_log()) co_await probe_waiting();
  } else {
    if (!co_await probe_waiting()) co_await probe_log();
  }
}

Task<bool> Consumer::probe_waiting() {
  const auto sequence = waiting_.next_head(probed_);
  if (!sequence) co_return false;
  probed_ = *sequence;
  std::vector<Task<void>> tasks;
  tasks.push_back(try_again(*sequence));
  co_await run_abandonable(std::move(tasks));
  co_return true;
}

// Tries the first event that can be tried; what is skipped or waits behind others on the way costs nothing.
Task<bool> Consumer::probe_log() {
  while (room() > 0 && !stopping_) {
    Events events = co_await fetch(std::min(batch_max(), room()), Duration::zero());
    if (events.empty()) break;
    auto first = std::ranges::find_if(events, [this](const OutboxEvent& event) {
      return handler_of(event.type) && !waiting_.blocked(event.key);
    });
    const bool tries = first == events.begin();
    events.erase(tries ? first + 1 : first, events.end());
    co_await handle(std::move(events));
    if (tries) co_return true;
  }
  co_return false;
}

void Consumer::done(int64_t sequence) {
  gone(sequence);
  succeeded(1);
}

void Consumer::gone(int64_t sequence) {
  waiting_.remove(sequence);
  note();
  retry_signal_.notify();
}

// Where the clock was ahead when the row was written, it waits as long as was meant, from now.
Time Consumer::due_at(const ParkedDelivery& row) const {
  const Time now = runtime_.now();
  return row.last_failed_at > now ? now + (row.due_at - row.last_failed_at) : row.due_at;
}

void Consumer::parked(const ParkedDelivery& row) {
  looked_at_ = std::max(looked_at_, row.last_failed_at);
  if (row.state == DeliveryState::waiting) {
    waiting_.put(row.sequence, row.key, due_at(row));
  } else {
    waiting_.remove(row.sequence);
    ++dead_;
  }
  note();
  retry_signal_.notify();
}

void Consumer::succeeded(size_t count) {
  ok_count_.add(count);
  failing_.clear();
  if (!probing_) return;
  probing_ = false;
  observer_.log.write(Level::success, subscriber_.service, "events are handled again",
                      {{"group", group_}, {"source", publisher_}});
  note();
  follow_signal_.notify();
  retry_signal_.notify();
}

void Consumer::failed(const ParkedDelivery& row) {
  sometimes("bus.delivery_failed");
  if (row.state == DeliveryState::dead) {
    dead_count_.add();
    const Call call = delivery_call(runtime_, observer_, subscriber_.service, publisher_, event_of(row), {});
    observer_.log.write(Level::warn, call, "event became a dead letter",
                        {{"group", group_},
                         {"source", publisher_},
                         {"type", row.type},
                         {"event_id", row.event_id},
                         {"attempts", row.attempts},
                         {"reason", row.reason},
                         {"note", row.note}});
  } else {
    retry_count_.add();
  }
  if (probing_) return;
  failing_.insert(row.sequence);
  if (failing_.size() < size_t(failures_to_probe)) return;
  probing_ = true;
  observer_.log.write(Level::error, subscriber_.service, "everything fails: one event is tried at a time",
                      {{"group", group_}, {"source", publisher_}, {"reason", row.reason}});
  note();
}

void Consumer::note() {
  waiting_gauge_.set(int64_t(waiting_.size()));
  dead_gauge_.set(dead_);
  probing_gauge_.set(probing_ ? 1 : 0);
  progress_->note();
}

void Consumer::replayed(const ParkedDelivery& row) {
  dead_ = std::max<int64_t>(0, dead_ - 1);
  waiting_.put(row.sequence, row.key, row.due_at);
  note();
  retry_signal_.notify();
}

void Consumer::dropped(const ParkedDelivery& row) {
  if (row.state == DeliveryState::dead) dead_ = std::max<int64_t>(0, dead_ - 1);
  waiting_.remove(row.sequence);
  note();
  follow_signal_.notify();
  retry_signal_.notify();
}

}  // namespace portico::bus
