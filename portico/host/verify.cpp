#include "portico/host/verify.h"

#include <fmt/format.h>

#include <filesystem>

#include "portico/store/for_each.h"
#include "portico/store/sqlite/sqlite_store.h"

namespace portico {
namespace {

constexpr Duration time_max = std::chrono::hours(1);

Task<void> check_file(Store* store, Findings* findings) {
  findings->checked();
  for (std::string& fault : co_await store->verify(Findings::kept_max)) findings->add(std::move(fault));
}

// "group:source" of a row's id.
std::pair<std::string, std::string> names_of(std::string_view id) {
  size_t colon = id.rfind(':');
  if (colon == id.npos) return {std::string(id), ""};
  return {std::string(id.substr(0, colon)), std::string(id.substr(colon + 1))};
}

Task<void> check_places(StoppedSystem* stores, Call& call, Findings& findings) {
  for (const ServiceSpec& spec : stores->system().services) {
    const auto& rows = stores->bus(spec.name).places;
    if (!rows) continue;
    Page<bus::BusPlace> places = co_await rows->list(call, {.limit = Query::limit_max});
    for (const bus::BusPlace& row : places.items) {
      findings.checked();
      const auto [group, source] = names_of(row.id.value);
      if (!stores->system().find(source)) continue;  // of an earlier version of the system
      const int64_t newest = co_await stores->store(source).newest_event();
      if (row.place > newest)
        findings.add(fmt::format("{} has handled event {} of {}, which has published {}", group, row.place,
                                 source, newest));
    }
  }
}

Task<void> check_readers(StoppedSystem* stores, Call& call, Findings& findings) {
  for (const ServiceSpec& spec : stores->system().services) {
    const int64_t newest = co_await stores->store(spec.name).newest_event();
    Page<bus::BusReader> readers =
        co_await stores->bus(spec.name).readers.list(call, {.limit = Query::limit_max});
    for (const bus::BusReader& row : readers.items) {
      findings.checked();
      if (row.place > newest)
        findings.add(fmt::format("{} knows {} at event {}, but has published {}", spec.name, row.id.value,
                                 row.place, newest));
    }
  }
}

Task<void> check_dead_letters(StoppedSystem* stores, Call& call, Findings& findings) {
  for (const ServiceSpec& spec : stores->system().services)
    if (const auto& rows = stores->bus(spec.name).parked)
      co_await for_each(call, *rows, {}, [&](const ParkedDelivery& row) {
        findings.checked();
        if (row.state == DeliveryState::dead)
          findings.add(fmt::format("{} of {}: {}", row.id.value, row.type, row.reason));
      });
}

std::vector<Invariant> platform_invariants(StoppedSystem& stores) {
  std::vector<Invariant> invariants;
  for (const ServiceSpec& spec : stores.system().services)
    invariants.push_back({"store." + spec.name, "The database file is sound.",
                          [store = &stores.store(spec.name)](Call&, Findings& findings) {
                            return check_file(store, &findings);
                          }});
  auto add = [&](std::string name, std::string text, auto check, Severity severity) {
    invariants.push_back(
        {std::move(name), std::move(text),
         [check, &stores](Call& call, Findings& findings) { return check(&stores, call, findings); },
         severity});
  };
  add("bus.places", "No group has handled events that were never published.", check_places,
      Severity::violation);
  add("bus.readers", "No publisher takes a group for further than its own events.", check_readers,
      Severity::violation);
  add("bus.dead_letters", "No delivery has been given up.", check_dead_letters, Severity::warning);
  return invariants;
}

Task<Verdict> judge(Call call, const Invariant* invariant) {
  Findings findings;
  Verdict verdict{.name = invariant->name, .text = invariant->text, .severity = invariant->severity};
  try {
    co_await invariant->check(call, findings);
  } catch (const Error& error) {
    // A damaged file may end the check of what stands in it.
    findings.add(fmt::format("cannot be checked: {} {}", error.message(), error.note()));
    verdict.severity = Severity::violation;
  }
  verdict.ok = findings.count() == 0;
  verdict.checked = findings.checked_count();
  verdict.count = findings.count();
  verdict.findings = findings.lines();
  co_return verdict;
}

}  // namespace

Task<VerifyReport> verify(Runtime& runtime, Observer& observer, const SystemSpec& system,
                          StoppedSystem::MakeStore make_store) {
  StoppedSystem stores(system, make_store);
  std::vector<Invariant> invariants = platform_invariants(stores);
  if (system.invariants)
    for (Invariant& invariant : system.invariants(stores)) invariants.push_back(std::move(invariant));
  co_await stores.open();
  VerifyReport report{.system = system.name};
  for (const Invariant& invariant : invariants) {
    Call call(runtime, observer, "verify", runtime.steady() + time_max);
    report.verdicts.push_back(co_await judge(std::move(call), &invariant));
    const Verdict& verdict = report.verdicts.back();
    if (!verdict.ok && verdict.severity == Severity::violation) report.ok = false;
  }
  co_await stores.close();
  co_return report;
}

StoppedSystem::MakeStore stores_in(Runtime& runtime, Observer& observer, std::string folder) {
  return [&runtime, &observer, folder = std::move(folder)](const std::string& service) {
    const std::string path = folder + "/" + service + ".db";
    if (!std::filesystem::exists(path))
      throw Error(not_found, "store.missing", "There is no database " + path);
    return sqlite::make_store(runtime, observer, {.path = path});
  };
}

}  // namespace portico
