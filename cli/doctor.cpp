#include "cli/doctor.h"

#include <fmt/format.h>

#include <cstdio>

#include "cli/one_shot.h"
#include "portico/host/diagnose.h"
#include "portico/host/verify.h"
#include "portico/schema/json.h"

namespace portico::cli {
namespace {

struct FindingEntry {
  std::string subject;
  bool ok = true;
  std::string detail;
};
PORTICO_DESCRIBE(FindingEntry, subject, ok, detail)

void put(const std::string& text) { std::fputs(text.c_str(), stdout); }

Task<int> look(Bench* bench, bool json) {
  bool all_well = true;
  std::vector<FindingEntry> entries;
  for (const Finding& finding : co_await diagnose(bench->runtime, bench->system, bench->config)) {
    all_well = all_well && finding.ok;
    entries.push_back({finding.subject, finding.ok, finding.detail});
  }
  if (json) put(schema::to_json(entries) + "\n");
  for (const FindingEntry& entry : json ? std::vector<FindingEntry>() : entries)
    put(fmt::format("{} {:<26} {}\n", entry.ok ? "ok  " : "BAD ", entry.subject, entry.detail));
  co_return all_well ? done : failed;
}

Task<int> verify_data(Bench* bench, bool json) {
  VerifyReport report =
      co_await verify(bench->runtime, bench->observer, bench->system,
                      stores_in(bench->runtime, bench->observer, bench->config.text("host.data")));
  print(report, json);
  co_return report.ok ? done : failed;
}

}  // namespace

void print(const VerifyReport& report, bool json) {
  if (json) return put(schema::to_json(report) + "\n");
  for (const Verdict& verdict : report.verdicts) {
    const char* word = verdict.ok ? "ok  " : verdict.severity == Severity::warning ? "warn" : "BAD ";
    put(fmt::format("{} {:<28} {:>8}  {}\n", word, verdict.name, verdict.checked, verdict.text));
    for (const std::string& finding : verdict.findings) put("       " + finding + "\n");
    if (verdict.count > int64_t(verdict.findings.size()))
      put(fmt::format("       and {} more\n", verdict.count - int64_t(verdict.findings.size())));
  }
}

int doctor(const CommonOptions& options, bool data) {
  return run_once(options, [&](Bench& bench) {
    return data ? verify_data(&bench, options.json) : look(&bench, options.json);
  });
}

}  // namespace portico::cli
