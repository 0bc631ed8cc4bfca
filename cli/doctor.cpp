#include <fmt/format.h>

#include <cstdio>

#include "cli/ask.h"
#include "portico/host/diagnose.h"
#include "portico/schema/json.h"

namespace portico::cli {
namespace {

struct FindingEntry {
  std::string subject;
  bool ok = true;
  std::string detail;
};
PORTICO_DESCRIBE(FindingEntry, subject, ok, detail)

Task<void> run(RealRuntime* runtime, Observer* observer, const SystemSpec* system, const Config* config,
               std::vector<Finding>* findings) {
  *findings = co_await diagnose(*runtime, *observer, *system, *config);
  runtime->stop();
}

}  // namespace

int doctor(const CommonOptions& options) {
  const SystemSpec& system = find_system(options.system);
  Config config = read_config(system, options);
  std::unique_ptr<RealRuntime> runtime = RealRuntime::make({.reactors = 1});
  Log log(*runtime, {.level_min = Level::error}, [](std::string_view) {});
  Metrics metrics;
  Tracer tracer(16);
  Observer observer{log, metrics, tracer};
  std::vector<Finding> findings;
  runtime->on_task_failure([&](std::string_view, std::string_view what) {
    findings.push_back({"doctor", false, std::string(what)});
    runtime->stop();
  });
  runtime->spawn("doctor", run(runtime.get(), &observer, &system, &config, &findings));
  runtime->run();
  bool all_well = true;
  std::vector<FindingEntry> entries;
  for (const Finding& finding : findings) {
    all_well = all_well && finding.ok;
    entries.push_back({finding.subject, finding.ok, finding.detail});
  }
  if (options.json) {
    std::fputs((schema::to_json(entries) + "\n").c_str(), stdout);
  } else {
    for (const FindingEntry& entry : entries)
      std::fputs(
          fmt::format("{} {:<26} {}\n", entry.ok ? "ok  " : "BAD ", entry.subject, entry.detail).c_str(),
          stdout);
  }
  return all_well ? done : failed;
}

}  // namespace portico::cli
