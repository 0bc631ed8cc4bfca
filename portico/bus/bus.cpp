#include "portico/bus/bus.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "portico/bus/consumer.h"
#include "portico/bus/delivery.h"
#include "portico/bus/local_source.h"
#include "portico/runtime/sync.h"

namespace portico {

namespace {

constexpr Duration trim_pause_min = std::chrono::seconds(1);
constexpr Duration trim_pause_max = std::chrono::minutes(1);

}  // namespace

struct Bus::Impl {
  Impl(Runtime& runtime, Observer& observer, BusOptions options)
      : runtime(runtime),
        observer(observer),
        options(options),
        progress(std::make_shared<bus::Progress>(runtime)) {}

  // A publisher of this process with what its trimming coroutine waits for.
  struct Publisher {
    Publisher(Runtime& runtime, Observer& observer, const std::string& service, Store& store)
        : source(runtime, observer, service, store), wake(runtime) {}
    bus::LocalSource source;
    Signal wake;
  };

  bus::Subscriber& subscriber(const std::string& service);
  bus::Consumer& consumer(const bus::Subscriber& subscriber, const std::string& publisher,
                          const std::string& group);
  bus::Consumer* find(const std::string& service, const ParkedDelivery& row) const;
  EventSource& source(const std::string& publisher);
  void spawn(std::string_view name, Task<void> task);

  Runtime& runtime;
  Observer& observer;
  const BusOptions options;
  const std::shared_ptr<bus::Progress> progress;
  std::map<std::string, std::shared_ptr<Publisher>, std::less<>> publishers;
  std::map<std::string, std::unique_ptr<EventSource>, std::less<>> remotes;
  std::map<std::string, std::unique_ptr<bus::Subscriber>, std::less<>> subscribers;
  std::vector<std::shared_ptr<bus::Consumer>> consumers;
  // Coroutines that have not ended yet.
  struct Running {
    explicit Running(Runtime& runtime) : signal(runtime) {}
    size_t count = 0;
    Signal signal;
  };
  const std::shared_ptr<Running> running = std::make_shared<Running>(runtime);
  std::set<std::string, std::less<>> held_back;  // services
  bool started = false;
};

namespace {

template <class Running>
Task<void> counted(std::shared_ptr<Running> running, Task<void> task) {
  co_await std::move(task);
  --running->count;
  running->signal.notify();
}

template <class Publisher>
Task<void> trim_again_and_again(Runtime& runtime, Observer& observer, std::string service,
                                std::shared_ptr<Publisher> publisher, Duration retention) {
  const Duration pause = std::clamp(retention / 4, trim_pause_min, trim_pause_max);
  while (!publisher->source.closed()) {
    std::string trouble;
    try {
      co_await publisher->source.trim(retention);
    } catch (const std::exception& error) {
      trouble = bus::failure_of(error).reason;
    }
    if (!trouble.empty() && !publisher->source.closed())
      observer.log.write(Level::warn, service, "old events not forgotten", {{"reason", trouble}});
    const Duration jitter(int64_t(runtime.random().below(uint64_t(pause.count()) / 2)));
    if (!publisher->source.closed()) co_await publisher->wake.wait_for(pause + jitter);
  }
}

}  // namespace

bus::Subscriber& Bus::Impl::subscriber(const std::string& service) {
  auto found = subscribers.find(service);
  if (found == subscribers.end())
    throw Error(Code::not_found, "bus.unknown_subscriber", "no subscriber '" + service + "' on this bus");
  return *found->second;
}

bus::Consumer& Bus::Impl::consumer(const bus::Subscriber& subscriber, const std::string& publisher,
                                   const std::string& group) {
  for (const auto& consumer : consumers) {
    if (consumer->group() != group) continue;
    if (consumer->service() != subscriber.service)
      throw Error(Code::internal, "bus.group_taken").with_note("group " + group + " of two services");
    if (consumer->publisher() == publisher) return *consumer;
  }
  consumers.push_back(std::make_shared<bus::Consumer>(
      runtime, observer, options, *subscribers.at(subscriber.service), publisher, group, progress));
  return *consumers.back();
}

bus::Consumer* Bus::Impl::find(const std::string& service, const ParkedDelivery& row) const {
  for (const auto& consumer : consumers) {
    if (consumer->service() == service && consumer->group() == row.group &&
        consumer->publisher() == row.source)
      return consumer.get();
  }
  return nullptr;
}

EventSource& Bus::Impl::source(const std::string& publisher) {
  if (auto local = publishers.find(publisher); local != publishers.end()) return local->second->source;
  if (auto remote = remotes.find(publisher); remote != remotes.end()) return *remote->second;
  throw Error(Code::internal, "bus.unknown_publisher").with_note("nobody publishes as " + publisher);
}

void Bus::Impl::spawn(std::string_view name, Task<void> task) {
  ++running->count;
  runtime.spawn(name, counted(running, std::move(task)), 0);
}

Bus::Bus(Runtime& runtime, Observer& observer, BusOptions options)
    : impl_(std::make_unique<Impl>(runtime, observer, options)) {}

Bus::~Bus() {
  for (const auto& consumer : impl_->consumers) consumer->stop();
}

void Bus::add_publisher(std::string service, Store& store) {
  if (impl_->started || impl_->publishers.contains(service) || impl_->remotes.contains(service))
    throw Error(Code::internal, "bus.added_twice").with_note("publisher " + service);
  auto publisher = std::make_shared<Impl::Publisher>(impl_->runtime, impl_->observer, service, store);
  impl_->publishers.emplace(std::move(service), std::move(publisher));
}

void Bus::add_remote(std::string service, std::unique_ptr<EventSource> source) {
  if (impl_->started || impl_->publishers.contains(service) || impl_->remotes.contains(service))
    throw Error(Code::internal, "bus.added_twice").with_note("publisher " + service);
  impl_->remotes.emplace(std::move(service), std::move(source));
}

EventSource* Bus::local_source(std::string_view service) {
  auto found = impl_->publishers.find(service);
  return found == impl_->publishers.end() ? nullptr : &found->second->source;
}

void Bus::add_subscriber(std::string service, Store& store) {
  if (impl_->started || impl_->subscribers.contains(service))
    throw Error(Code::internal, "bus.added_twice").with_note("subscriber " + service);
  auto subscriber =
      std::make_unique<bus::Subscriber>(service, store, bus::places_in(store), bus::parked_in(store));
  impl_->subscribers.emplace(std::move(service), std::move(subscriber));
}

std::string Bus::undecodable(const schema::Violations& violations) {
  std::string note;
  for (const Violation& violation : violations) {
    if (!note.empty()) note += "; ";
    note += fmt::format("{}: {}", violation.pointer, violation.message);
    if (note.size() > bus::note_bytes_max) break;
  }
  return note;
}

void Bus::add(Subscription subscription) {
  if (impl_->started)
    throw Error(Code::internal, "bus.started").with_note("subscribe before the bus is started");
  const bus::Subscriber& subscriber = impl_->subscriber(subscription.service);
  impl_->consumer(subscriber, subscription.publisher, subscription.group)
      .add(std::move(subscription.type),
           {subscription.options, std::move(subscription.deliver), subscription.outside});
}

void Bus::hold_back(std::string service) { impl_->held_back.insert(std::move(service)); }

void Bus::start() {
  if (impl_->started) throw Error(Code::internal, "bus.started").with_note("the bus starts once");
  for (const auto& consumer : impl_->consumers) {
    consumer->set_source(impl_->source(consumer->publisher()));
    auto local = impl_->publishers.find(consumer->publisher());
    if (local != impl_->publishers.end()) local->second->source.expect(consumer->group());
  }
  impl_->started = true;
  for (const auto& consumer : impl_->consumers) {
    if (impl_->held_back.contains(consumer->service())) continue;
    impl_->spawn("bus " + consumer->group(), bus::Consumer::follow(consumer));
    impl_->spawn("bus retry " + consumer->group(), bus::Consumer::retry(consumer));
  }
  for (const auto& [service, publisher] : impl_->publishers)
    if (!impl_->held_back.contains(service))
      impl_->spawn("bus trim " + service, trim_again_and_again(impl_->runtime, impl_->observer, service,
                                                               publisher, impl_->options.retention));
}

Task<void> Bus::stop(Instant deadline) {
  for (const auto& consumer : impl_->consumers) consumer->stop();
  for (const auto& [service, publisher] : impl_->publishers) {
    publisher->source.close();
    publisher->wake.notify();
  }
  const auto running = impl_->running;
  while (running->count > 0) {
    const Duration left = deadline - impl_->runtime.steady();
    if (left > Duration::zero()) {
      co_await running->signal.wait_for(left);
      continue;
    }
    for (const auto& consumer : impl_->consumers) consumer->abandon();
    co_await running->signal.wait_for(impl_->options.poll);
  }
}

Task<void> Bus::settled(Instant deadline, bool parked_ok) {
  while (true) {
    // What one group publishes may be open for a group that was asked before: ask all again after any move.
    const uint64_t moves = impl_->progress->moves;
    bool open = false;
    for (size_t i = 0; i < impl_->consumers.size() && !open; ++i)
      if (!impl_->held_back.contains(impl_->consumers[i]->service()))
        open = !co_await impl_->consumers[i]->idle(parked_ok);
    if (!open && moves == impl_->progress->moves) co_return;
    const Duration left = deadline - impl_->runtime.steady();
    if (left <= Duration::zero())
      throw Error(Code::too_late, "bus.not_settled", "events are still open at the deadline");
    co_await impl_->progress->signal.wait_for(std::min(left, impl_->options.poll));
  }
}

Task<Page<ParkedDelivery>> Bus::parked(Call& call, std::string service, ParkedQuery query) {
  Filter filter = where(&ParkedDelivery::state) == query.state;
  if (!query.group.empty()) filter = std::move(filter) && where(&ParkedDelivery::group) == query.group;
  if (!query.reason.empty()) filter = std::move(filter) && where(&ParkedDelivery::reason) == query.reason;
  Query rows{.filter = std::move(filter),
             .sort = {ascending(&ParkedDelivery::sequence)},
             .limit = std::clamp<size_t>(query.limit, 1, Query::limit_max),
             .after = std::move(query.after)};
  co_return co_await impl_->subscriber(service).parked.list(call, std::move(rows));
}

Task<std::optional<ParkedDelivery>> Bus::find_parked(Call& call, std::string service, Id<ParkedDelivery> id) {
  co_return co_await impl_->subscriber(service).parked.find(call, std::move(id));
}

Task<bool> Bus::replay(Call& call, std::string service, Id<ParkedDelivery> id) {
  bus::Subscriber& subscriber = impl_->subscriber(service);
  std::optional<ParkedDelivery> row = co_await subscriber.parked.find(call, id);
  if (!row) co_return false;
  bus::Consumer* consumer = impl_->find(service, *row);
  if (!consumer)
    throw Error(Code::conflict, "bus.group_gone", "Nothing reads in the name of group " + row->group);
  co_await subscriber.store.write(call, [&](Unit& unit) -> Task<void> {
    row = co_await subscriber.parked.update(
        unit, id, where(&ParkedDelivery::state) == DeliveryState::dead,
        set(&ParkedDelivery::state, DeliveryState::waiting), set(&ParkedDelivery::attempts, 0),
        set(&ParkedDelivery::due_at, call.now()), ::portico::add(&ParkedDelivery::replays, 1));
  });
  if (!row) co_return false;
  consumer->replayed(*row);
  co_return true;
}

Task<bool> Bus::drop(Call& call, std::string service, Id<ParkedDelivery> id) {
  bus::Subscriber& subscriber = impl_->subscriber(service);
  std::optional<ParkedDelivery> row;
  co_await subscriber.store.write(call, [&](Unit& unit) -> Task<void> {
    row = co_await subscriber.parked.find(unit, id);
    if (row) co_await subscriber.parked.remove(unit, id);
  });
  if (!row) co_return false;
  if (bus::Consumer* consumer = impl_->find(service, *row)) consumer->dropped(*row);
  co_return true;
}

std::vector<Bus::Status> Bus::status() const {
  std::vector<Status> result;
  for (const auto& consumer : impl_->consumers) result.push_back(consumer->status());
  return result;
}

}  // namespace portico
