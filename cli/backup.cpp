#include "cli/backup.h"

#include <fmt/format.h>

#include <cstdio>

#include "cli/doctor.h"
#include "cli/one_shot.h"
#include "portico/host/backup.h"
#include "portico/host/quarantine.h"
#include "portico/schema/json.h"

namespace portico::cli {
namespace {

struct BackupEntry {
  std::string path;
  Time taken_at;
  int64_t bytes = 0;
  bool keys = false;
};
PORTICO_DESCRIBE(BackupEntry, path, taken_at, bytes, keys)

BackupEntry entry_of(const Backup& backup) {
  return {backup.path, backup.manifest.taken_at, backup.bytes(), backup.manifest.keys};
}

void put(const std::string& text) { std::fputs(text.c_str(), stdout); }

Task<int> save(Bench* bench, BackupPlan plan, bool json) {
  Backup backup = co_await take_backup(bench->runtime, bench->system, std::move(plan));
  if (json) {
    put(schema::to_json(entry_of(backup)) + "\n");
  } else {
    put(fmt::format("{}\n", backup.path));
    std::fputs(fmt::format("{} saved: {} databases, {} bytes{}. Back with: portico restore {} --from {}\n",
                           bench->system.title, backup.manifest.files.size(), backup.bytes(),
                           backup.manifest.keys ? " and the keys" : "", bench->system.name, backup.path)
                   .c_str(),
               stderr);
  }
  co_return done;
}

Task<int> put_back(Bench* bench, RestorePlan plan, bool json) {
  const std::string data = plan.data;
  VerifyReport report =
      co_await restore_backup(bench->runtime, bench->observer, bench->system, std::move(plan));
  print(report, json);
  std::fputs(fmt::format("{} is restored to {}{}\n", bench->system.title, data,
                         report.ok ? "" : ", but its data is not as it must be")
                 .c_str(),
             stderr);
  co_return report.ok ? done : failed;
}

Task<int> put_service_back(Bench* bench, ServiceRestorePlan plan) {
  const std::string service = plan.service;
  co_await restore_service(bench->runtime, bench->system, std::move(plan));
  std::fputs(fmt::format("The {0} service is put back and in quarantine: it answers reads only. Now: portico "
                         "reconcile {1} {0}\n",
                         service, bench->system.name)
                 .c_str(),
             stderr);
  co_return done;
}

Task<int> compare(Bench* bench, std::string service, bool json) {
  Reconciliation found = co_await reconcile(bench->runtime, bench->observer, bench->system,
                                            bench->config.text("host.data"), service);
  if (json) {
    put(schema::to_json(found) + "\n");
  } else {
    put(fmt::format("{} has published up to event {}; after a release it goes on above {}\n", service,
                    found.newest_event, found.next_above));
    for (const std::string& difference : found.differences) put("DIFF " + difference + "\n");
    print(found.report, false);
  }
  std::fputs(
      fmt::format("When this is understood: portico release {} {}\n", bench->system.name, service).c_str(),
      stderr);
  co_return found.differences.empty() && found.report.ok ? done : failed;
}

Task<int> let_go(Bench* bench, std::string service) {
  co_await release(bench->runtime, bench->observer, bench->system, bench->config.text("host.data"), service);
  std::fputs(fmt::format("The {} service is released.\n", service).c_str(), stderr);
  co_return done;
}

}  // namespace

int back_up(const CommonOptions& options, const BackupArguments& arguments) {
  return run_once(options, [&](Bench& bench) {
    BackupPlan plan{.data = bench.config.text("host.data"),
                    .to = arguments.to.empty() ? bench.config.text("backup.folder") : arguments.to,
                    .with_keys = arguments.with_keys};
    return save(&bench, std::move(plan), options.json);
  });
}

int list_backups(const CommonOptions& options) {
  const SystemSpec& system = find_system(options.system);
  const std::string folder = read_config(system, options).text("backup.folder");
  std::vector<BackupEntry> entries;
  for (const Backup& backup : portico::list_backups(folder, system.name)) entries.push_back(entry_of(backup));
  if (options.json) {
    put(schema::to_json(entries) + "\n");
    return done;
  }
  for (const BackupEntry& entry : entries)
    put(fmt::format("{}  {:>12}  {}{}\n", to_string(entry.taken_at), entry.bytes, entry.path,
                    entry.keys ? "  with keys" : ""));
  if (entries.empty()) std::fprintf(stderr, "There is no backup in %s.\n", folder.c_str());
  return done;
}

int restore(const CommonOptions& options, const RestoreArguments& arguments) {
  return run_once(options, [&](Bench& bench) {
    if (!arguments.service.empty())
      return put_service_back(
          &bench,
          {.from = arguments.from, .data = bench.config.text("host.data"), .service = arguments.service});
    RestorePlan plan{
        .from = arguments.from, .data = bench.config.text("host.data"), .force = arguments.force};
    return put_back(&bench, std::move(plan), options.json);
  });
}

int reconcile_service(const CommonOptions& options, const std::string& service) {
  return run_once(options, [&](Bench& bench) { return compare(&bench, service, options.json); });
}

int release_service(const CommonOptions& options, const std::string& service) {
  return run_once(options, [&](Bench& bench) { return let_go(&bench, service); });
}

}  // namespace portico::cli
