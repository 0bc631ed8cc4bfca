#include "portico/bus/consumer.h"

#include <algorithm>

namespace portico::bus {

namespace {

constexpr Duration rest_max = std::chrono::seconds(5);
constexpr Duration unit_wait_max = std::chrono::seconds(30);

}  // namespace

Consumer::Consumer(Runtime& runtime, Observer& observer, BusOptions options, Subscriber& subscriber,
                   std::string publisher, std::string group, std::shared_ptr<Progress> progress)
    : runtime_(runtime),
      observer_(observer),
      options_(options),
      subscriber_(subscriber),
      publisher_(std::move(publisher)),
      group_(std::move(group)),
      progress_(std::move(progress)),
      follow_signal_(runtime),
      retry_signal_(runtime),
      ok_count_(observer.metrics.counter("bus_deliveries_total", "Deliveries of events by outcome",
                                         {{"group", group_}, {"outcome", "ok"}})),
      retry_count_(observer.metrics.counter("bus_deliveries_total", "Deliveries of events by outcome",
                                            {{"group", group_}, {"outcome", "retry"}})),
      dead_count_(observer.metrics.counter("bus_deliveries_total", "Deliveries of events by outcome",
                                           {{"group", group_}, {"outcome", "dead"}})),
      rest_count_(observer.metrics.counter("bus_rests_total",
                                           "Times that deliveries rested because requests were waiting",
                                           {{"group", group_}})),
      waiting_gauge_(
          observer.metrics.gauge("bus_parked", "Deliveries that have not succeeded",
                                 {{"group", group_}, {"source", publisher_}, {"state", "waiting"}})),
      dead_gauge_(observer.metrics.gauge("bus_parked", "Deliveries that have not succeeded",
                                         {{"group", group_}, {"source", publisher_}, {"state", "dead"}})),
      probing_gauge_(observer.metrics.gauge("bus_probing",
                                            "1 while everything fails and one event is tried at a time",
                                            {{"group", group_}, {"source", publisher_}})) {
  check_names(group_, publisher_);
}

void Consumer::add(std::string type, Handler handler) {
  if (!handlers_.emplace(type, std::move(handler)).second)
    throw Error(Code::internal, "bus.subscribed_twice").with_note("group " + group_ + ", event " + type);
}

Task<void> Consumer::follow(std::shared_ptr<Consumer> self) {
  int troubles = 0;
  while (!self->stopping_) {
    std::optional<Failure> trouble;
    try {
      co_await self->turn();
      troubles = 0;
    } catch (const std::exception& error) {
      trouble = failure_of(error);
    }
    if (trouble) co_await self->rest_after(self->follow_signal_, *trouble, ++troubles);
  }
  if (self->stale_ || self->place_ == self->stored_place_) co_return;
  try {
    co_await self->store_place();
  } catch (const std::exception& error) {
    // Harmless: the events skipped last are skipped again after the next start.
    self->observer_.log.write(Level::debug, self->subscriber_.service, "place not stored",
                              {{"group", self->group_}, {"reason", failure_of(error).reason}});
  }
}

void Consumer::stop() {
  stopping_ = true;
  follow_signal_.notify();
  retry_signal_.notify();
}

void Consumer::abandon() {
  abandoned_ = true;
  for (const auto& children : running_) children->cancel();
}

Task<void> Consumer::turn() {
  if (stale_ || set_back_) co_await load();
  if (probing_) {
    co_await follow_signal_.wait_for(options_.poll * probe_polls);
    if (probing_ && !stopping_) co_await probe();
    co_return;
  }
  if (room() == 0) {
    co_await follow_signal_.wait_for(poll_with_jitter());
    co_return;
  }
  Events events = co_await fetch(std::min(batch_max(), room()), poll_with_jitter());
  if (events.empty() || stopping_ || probing_) co_return;
  const Instant begun = runtime_.steady();
  co_await handle(std::move(events));
  co_await give_way(runtime_.steady() - begun);
}

// Requests go first: where they keep the reactor busy, deliveries rest for longer than the last took.
Task<void> Consumer::give_way(Duration taken) {
  const Instant before = runtime_.steady();
  co_await yield();
  if (runtime_.steady() - before < busy_turn || stopping_) co_return;
  rest_count_.add();
  co_await follow_signal_.wait_for(std::min(taken * way_factor, way_max));
}

// A source may repeat itself: what the place covers is dropped here and never seen by a handler.
Task<Consumer::Events> Consumer::fetch(size_t max, Duration wait) {
  const int64_t after = place_;
  Events events = co_await source_->read(group_, after, max, wait);
  std::ranges::sort(events, {}, &OutboxEvent::sequence);
  const auto repeated = std::ranges::unique(events, {}, &OutboxEvent::sequence);
  events.erase(repeated.begin(), repeated.end());
  std::erase_if(events, [after](const OutboxEvent& event) { return event.sequence <= after; });
  if (events.size() > max) events.resize(max);
  co_return events;
}

// Takes the first events that are all handled in the same way; the rest comes with the next turn.
Task<void> Consumer::handle(Events events) {
  const Handler* first = nullptr;
  auto end = events.begin();
  for (; end != events.end(); ++end) {
    const Handler* handler = handler_of(end->type);
    if (!handler) continue;
    if (first && handler->outside != first->outside) break;
    first = handler;
  }
  events.erase(end, events.end());
  if (!first) {
    skip_to(events.back().sequence);
    if (place_ - stored_place_ >= skipped_max) co_await store_place();
    co_return;
  }
  // Until the outcome is known to be stored: a commit whose answer is lost may have moved the place.
  stale_ = true;
  if (first->outside) {
    co_await handle_outside(std::move(events));
  } else {
    co_await handle_in_units(std::move(events));
  }
  stale_ = false;
}

Task<void> Consumer::load() {
  set_back_ = false;
  looked_at_ = runtime_.now();
  Call call = account_call();
  const Id<BusPlace> id = place_id(group_, publisher_);
  auto row = co_await subscriber_.places.find(call, id);
  if (!row) {
    row = BusPlace{id, 0};
    co_await subscriber_.store.write(
        call, [&](Unit& unit) -> Task<void> { co_await subscriber_.places.insert(unit, *row); });
  }
  const Filter ours = where(&ParkedDelivery::group) == group_ && where(&ParkedDelivery::source) == publisher_;
  Waiting waiting;
  Query query{.filter = ours && where(&ParkedDelivery::state) == DeliveryState::waiting,
              .sort = {ascending(&ParkedDelivery::sequence)},
              .limit = Query::limit_max};
  do {
    Page<ParkedDelivery> page = co_await subscriber_.parked.list(call, query);
    for (const ParkedDelivery& item : page.items) waiting.put(item.sequence, item.key, due_at(item));
    query.after = page.next;
  } while (!query.after.empty());
  dead_ =
      co_await subscriber_.parked.count(call, ours && where(&ParkedDelivery::state) == DeliveryState::dead);
  waiting_ = std::move(waiting);
  place_ = stored_place_ = row->place;
  stale_ = false;
  loaded_ = true;
  note();
  retry_signal_.notify();
}

// Refuses to move from anywhere but where this consumer stands, so that nobody's effects are applied twice.
Task<void> Consumer::move_place(Unit& unit, int64_t to) {
  const Id<BusPlace> id = place_id(group_, publisher_);
  const bool moved = co_await subscriber_.places.change(unit, id, set(&BusPlace::place, to),
                                                        where(&BusPlace::place) == stored_place_);
  if (!moved) throw Error(Code::conflict, "bus.place_moved").with_note("another process reads as " + group_);
}

Task<void> Consumer::store_place() {
  const int64_t to = place_;
  stale_ = true;
  Call call = account_call();
  co_await subscriber_.store.write(call, [&](Unit& unit) -> Task<void> { co_await move_place(unit, to); });
  stored_place_ = to;
  stale_ = false;
}

// Events that nobody here handles cost no commit of their own.
void Consumer::skip_to(int64_t sequence) {
  place_ = sequence;
  note();
}

void Consumer::moved(int64_t to) {
  place_ = stored_place_ = to;
  note();
}

Task<void> Consumer::rest_after(Signal& signal, Failure trouble, int troubles) {
  if (stopping_) co_return;
  observer_.log.write(
      Level::warn, subscriber_.service, "events cannot be handled at the moment",
      {{"group", group_}, {"source", publisher_}, {"reason", trouble.reason}, {"note", trouble.note}});
  const Duration rest = poll_with_jitter() * (int64_t(1) << std::min(troubles, 8));
  co_await signal.wait_for(std::min(rest, rest_max));
}

Duration Consumer::poll_with_jitter() {
  const int64_t us = std::max<int64_t>(2, options_.poll.count());
  return Duration(us / 2 + int64_t(runtime_.random().below(uint64_t(us))));
}

const Handler* Consumer::handler_of(const std::string& type) const {
  auto found = handlers_.find(type);
  return found == handlers_.end() ? nullptr : &found->second;
}

size_t Consumer::batch_max() const {
  size_t result = SIZE_MAX;
  for (const auto& [type, handler] : handlers_) result = std::min(result, handler.options.batch_max);
  return std::max<size_t>(result, 1);
}

size_t Consumer::room() const {
  return options_.parked_max > waiting_.size() ? options_.parked_max - waiting_.size() : 0;
}

Call Consumer::account_call() const {
  return Call(runtime_, observer_, subscriber_.service, runtime_.steady() + unit_wait_max);
}

Call Consumer::call_for(const OutboxEvent& event, const Handler& handler) const {
  return delivery_call(runtime_, observer_, subscriber_.service, publisher_, event,
                       handler.options.handler_time_max);
}

Task<bool> Consumer::idle(bool parked_ok) {
  if (!loaded_ || stale_ || set_back_) co_return false;
  if (!parked_ok && (waiting_.size() > 0 || dead_ > 0)) co_return false;
  const Events open = co_await fetch(1, Duration::zero());
  co_return open.empty();
}

Bus::Status Consumer::status() const {
  return {.group = group_,
          .source = publisher_,
          .place = place_,
          .waiting = int64_t(waiting_.size()),
          .dead = dead_,
          .probing = probing_};
}

}  // namespace portico::bus
