#include "portico/host/stopped_system.h"

#include <algorithm>

#include "portico/store/for_each.h"

namespace portico {
namespace {

constexpr size_t events_at_once = 1000;

Error running(const SystemSpec& system, const Error& cause) {
  return Error(conflict, "system.running",
               "The " + system.name + " is running; stop it first. " + cause.message())
      .with_note(cause.note());
}

}  // namespace

StoppedSystem::StoppedSystem(const SystemSpec& system, const MakeStore& make_store) : system_(system) {
  for (const ServiceSpec& spec : system.services) {
    std::unique_ptr<Store> store = make_store(spec.name);
    BusRows rows{.readers = bus::readers_in(*store)};
    if (!spec.publishers.empty()) {
      rows.places = bus::places_in(*store);
      rows.parked = bus::parked_in(*store);
    }
    parts_.emplace(spec.name, Part{std::move(store), std::move(rows)});
  }
}

Store& StoppedSystem::store(std::string_view service) {
  auto found = parts_.find(service);
  if (found == parts_.end())
    throw Error(Code::internal, "service.unknown")
        .with_note(system_.name + " has no service " + std::string(service));
  return *found->second.store;
}

const StoppedSystem::BusRows& StoppedSystem::bus(std::string_view service) const {
  auto found = parts_.find(service);
  PORTICO_CHECK(found != parts_.end());
  return found->second.bus;
}

Task<void> StoppedSystem::open() {
  std::optional<Error> failure;
  try {
    for (auto& [service, part] : parts_) {
      co_await part.store->open();
      opened_.push_back(part.store.get());
    }
  } catch (const Error& error) {
    failure = error;
  }
  if (!failure) co_return;
  co_await close();
  if (failure->reason() == "store.locked") throw running(system_, *failure);
  throw *failure;
}

Task<void> StoppedSystem::close() {
  for (Store* store : std::exchange(opened_, {})) co_await store->close();
}

Task<InFlight> StoppedSystem::in_flight(Call& call, std::string publisher, std::string subscriber,
                                        std::string group) {
  InFlight open;
  auto add = [&open](const std::string& key) {
    if (open.keys.size() < InFlight::keys_max)
      open.keys.insert(key);
    else
      open.complete = false;
  };
  const BusRows& rows = bus(subscriber);
  PORTICO_CHECK(rows.places && rows.parked);
  std::optional<bus::BusPlace> place = co_await rows.places->find(call, bus::place_id(group, publisher));
  int64_t after = place ? place->place : 0;
  for (;;) {
    std::vector<OutboxEvent> events = co_await store(publisher).read_events(after, events_at_once);
    for (const OutboxEvent& event : events) add(event.key);
    if (events.empty() || !open.complete) break;
    after = events.back().sequence;
  }
  Filter parked = where(&ParkedDelivery::group) == group && where(&ParkedDelivery::source) == publisher;
  co_await for_each(call, *rows.parked, std::move(parked), [&](const ParkedDelivery& row) { add(row.key); });
  co_return open;
}

}  // namespace portico
