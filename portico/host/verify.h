// Whether the data of a stopped system is sound and says what it must.
#pragma once

#include "portico/host/invariant.h"
#include "portico/host/stopped_system.h"

namespace portico {

struct Verdict {
  std::string name, text;
  bool ok = true;
  Severity severity = Severity::violation;
  int64_t checked = 0;                // rows looked at
  int64_t count = 0;                  // findings
  std::vector<std::string> findings;  // the first of them
};
PORTICO_DESCRIBE(Verdict, name, text, ok, severity, checked, count, findings)

struct VerifyReport {
  std::string system;
  bool ok = true;  // no violation; warnings do not count
  std::vector<Verdict> verdicts;
};
PORTICO_DESCRIBE(VerifyReport, system, ok, verdicts)

// Opens the stores, checks their files, the invariants of the platform (bus, outbox) and those of the system,
// and closes them. Throws where a store cannot be opened.
Task<VerifyReport> verify(Runtime& runtime, Observer& observer, const SystemSpec& system,
                          StoppedSystem::MakeStore make_store);

// Makes the stores of a data folder. A missing file is Error(not_found, "store.missing"): nothing is made.
StoppedSystem::MakeStore stores_in(Runtime& runtime, Observer& observer, std::string folder);

}  // namespace portico
