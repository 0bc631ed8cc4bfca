#include "portico/host/quarantine.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "portico/host/files.h"
#include "portico/schema/json.h"
#include "portico/store/for_each.h"
#include "portico/store/sqlite/inspect.h"

namespace portico {
namespace {

namespace fs = std::filesystem;

std::string mark_path(const std::string& data, std::string_view service) {
  return fmt::format("{}/{}.quarantine", data, service);
}

void write_mark(const std::string& data, std::string_view service, const Quarantine& mark) {
  const std::string path = mark_path(data, service);
  write_synced(path + ".new", schema::to_json(mark) + "\n");
  rename_synced(path + ".new", path);
}

const ServiceSpec& known(const SystemSpec& system, const std::string& service) {
  const ServiceSpec* spec = system.find(service);
  if (!spec)
    throw Error(Code::invalid, "usage.service",
                fmt::format("{} has no service \"{}\"", system.name, service));
  return *spec;
}

Quarantine mark_of(const std::string& data, const std::string& service) {
  std::optional<Quarantine> mark = read_quarantine(data, service);
  if (!mark)
    throw Error(conflict, "quarantine.none",
                fmt::format("The {} service of {} is in no quarantine", service, data));
  return *mark;
}

// Only this file of the backup is looked at: the others may belong to services that run elsewhere.
Backup only(Backup backup, const std::string& service) {
  std::erase_if(backup.manifest.files, [&](const BackupFile& file) { return file.service != service; });
  if (backup.manifest.files.empty())
    throw Error(conflict, "backup.incomplete",
                fmt::format("{} has no database of the {} service", backup.path, service));
  return backup;
}

// Marked before anything moves: a crash in between leaves the service in quarantine.
void exchange(const Backup& backup, const ServiceRestorePlan& plan, Time now) {
  const std::string path = plan.data + "/" + plan.service + ".db";
  const std::string aside = fmt::format("{}/{}.before-{}.db", plan.data, plan.service, stamp_of(now));
  copy_synced(backup.path + "/" + plan.service + ".db", path + ".restoring");
  write_mark(plan.data, plan.service,
             {.backup = backup.path, .taken_at = backup.manifest.taken_at, .since = now});
  for (const char* part : {"-wal", ""})
    if (fs::exists(path + part)) rename_synced(path + part, aside + part);
  fs::remove(path + "-shm");
  rename_synced(path + ".restoring", path);
}

// A group's place in the log of a publisher, stored by the subscriber.
struct Place {
  std::string group, source;
  int64_t place = 0;
};

Task<std::vector<Place>> places_of(StoppedSystem& stores, Call& call, std::string subscriber) {
  std::vector<Place> places;
  const auto& rows = stores.bus(subscriber).places;
  if (!rows) co_return places;
  Page<bus::BusPlace> page = co_await rows->list(call, {.limit = Query::limit_max});
  for (const bus::BusPlace& row : page.items) {
    const std::string& id = row.id.value;
    const size_t colon = id.rfind(':');
    if (colon != id.npos) places.push_back({id.substr(0, colon), id.substr(colon + 1), row.place});
  }
  co_return places;
}

// How far others have come in the service's log; the highest number of its events that anybody has seen.
Task<void> compare_subscribers(StoppedSystem& stores, Call& call, Reconciliation* found) {
  std::vector<Place> places;
  for (const ServiceSpec& spec : stores.system().services) {
    if (spec.name == found->service) continue;
    for (Place& place : co_await places_of(stores, call, spec.name))
      if (place.source == found->service) places.push_back(std::move(place));
    if (const auto& parked = stores.bus(spec.name).parked)
      co_await for_each(
          call, *parked, where(&ParkedDelivery::source) == found->service,
          [&](const ParkedDelivery& row) { found->next_above = std::max(found->next_above, row.sequence); });
  }
  for (const Place& place : places) found->next_above = std::max(found->next_above, place.place);
  for (const Place& place : places) {
    if (place.place > found->newest_event)
      found->differences.push_back(
          fmt::format("{} has handled events {} to {}, which the database does not know", place.group,
                      found->newest_event + 1, place.place));
    const int64_t first_lost = std::max(place.place, found->newest_event) + 1;
    if (first_lost <= found->next_above)
      found->differences.push_back(fmt::format("{} may not have had events {} to {}, and will not get them",
                                               place.group, first_lost, found->next_above));
  }
}

// What the service will handle once more, and what it cannot.
Task<void> compare_publishers(StoppedSystem& stores, Call& call, Reconciliation* found) {
  for (const Place& place : co_await places_of(stores, call, found->service)) {
    if (!stores.system().find(place.source) || place.source == found->service) continue;
    Store& publisher = stores.store(place.source);
    const int64_t newest = co_await publisher.newest_event();
    if (newest <= place.place) continue;
    std::vector<OutboxEvent> kept = co_await publisher.read_events(place.place, 1);
    const int64_t first_kept = kept.empty() ? newest + 1 : kept.front().sequence;
    if (first_kept > place.place + 1)
      found->differences.push_back(
          fmt::format("{} cannot handle events {} to {} of {} again: they are forgotten there", place.group,
                      place.place + 1, first_kept - 1, place.source));
    if (first_kept <= newest)
      found->differences.push_back(fmt::format("{} will handle events {} to {} of {}, some of them once more",
                                               place.group, first_kept, newest, place.source));
  }
}

Task<Reconciliation> compare(Runtime& runtime, Observer& observer, StoppedSystem& stores,
                             std::string service) {
  static constexpr Duration time_max = std::chrono::minutes(10);
  Call call(runtime, observer, "reconcile", runtime.steady() + time_max);
  Reconciliation found{.service = service};
  found.newest_event = co_await stores.store(service).newest_event();
  found.next_above = found.newest_event;
  Page<bus::BusReader> readers = co_await stores.bus(service).readers.list(call, {.limit = Query::limit_max});
  for (const bus::BusReader& reader : readers.items)
    found.next_above = std::max(found.next_above, reader.place);
  co_await compare_subscribers(stores, call, &found);
  co_await compare_publishers(stores, call, &found);
  co_return found;
}

// Opens the stores, compares, and hands out higher numbers from now on where `raise`.
Task<Reconciliation> compare_all(Runtime& runtime, Observer& observer, const SystemSpec& system,
                                 std::string data, std::string service, bool raise) {
  StoppedSystem stores(system, stores_in(runtime, observer, data));
  if (system.invariants) system.invariants(stores);  // declares the collections
  co_await stores.open();
  std::optional<Error> failure;
  Reconciliation found;
  try {
    found = co_await compare(runtime, observer, stores, service);
    if (raise) co_await stores.store(service).raise_events(found.next_above);
  } catch (const Error& error) {
    failure = error;
  }
  co_await stores.close();
  if (failure) throw *failure;
  co_return found;
}

}  // namespace

std::optional<Quarantine> read_quarantine(const std::string& data, std::string_view service) {
  const std::string path = mark_path(data, service);
  if (!fs::exists(path)) return std::nullopt;
  // A mark that cannot be read is one all the same.
  return schema::from_json<Quarantine>(read_file(path)).value_or(Quarantine{});
}

Task<void> restore_service(Runtime& runtime, const SystemSpec& system, ServiceRestorePlan plan) {
  known(system, plan.service);
  const Backup backup = only(read_backup(plan.from), plan.service);
  if (backup.manifest.system != system.name)
    throw Error(conflict, "backup.other_system",
                fmt::format("{} is a backup of {}", backup.path, backup.manifest.system));
  const std::string path = plan.data + "/" + plan.service + ".db";
  if (fs::exists(path) && sqlite::is_in_use(path))
    throw Error(conflict, "system.running",
                fmt::format("The {} service is running on {}; stop it first", plan.service, path));
  co_await runtime.offload([&] {
    check_backup(backup);
    make_private_folder(plan.data);
    exchange(backup, plan, runtime.now());
  });
}

Task<Reconciliation> reconcile(Runtime& runtime, Observer& observer, const SystemSpec& system,
                               std::string data, std::string service) {
  known(system, service);
  Quarantine mark = mark_of(data, service);
  Reconciliation found = co_await compare_all(runtime, observer, system, data, service, false);
  found.report = co_await verify(runtime, observer, system, stores_in(runtime, observer, data));
  mark.reconciled = true;
  write_mark(data, service, mark);
  co_return found;
}

Task<void> release(Runtime& runtime, Observer& observer, const SystemSpec& system, std::string data,
                   std::string service) {
  known(system, service);
  if (!mark_of(data, service).reconciled)
    throw Error(conflict, "quarantine.not_reconciled",
                fmt::format("Look at the difference first: portico reconcile {} {}", system.name, service));
  co_await compare_all(runtime, observer, system, data, service, true);
  fs::remove(mark_path(data, service));
  sync_path(data);
}

}  // namespace portico
