// A service whose database was put back to an earlier time alone: others know of it what it does not know
// itself. It answers reads and nothing else until somebody has looked at the difference and releases it.
//
//   restore_service  puts the database back and marks the service
//   reconcile        says how it differs from what the others know; the service must have been looked at
//   release          gives its next events higher numbers than any that the others have seen, and lifts the
//   mark
//
// All three need a system that is stopped.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "portico/host/backup.h"

namespace portico {

// The mark: <data>/<service>.quarantine.
struct Quarantine {
  std::string backup;  // that the database is of
  Time taken_at;       // the time to which it was put back
  Time since;
  bool reconciled = false;
};
PORTICO_DESCRIBE(Quarantine, backup, taken_at, since, reconciled)

std::optional<Quarantine> read_quarantine(const std::string& data, std::string_view service);

struct ServiceRestorePlan {
  std::string from;
  std::string data;
  std::string service;
};
// Puts the database of one service back; the one that was there is kept as <service>.before-<time>.db. Throws
// Error: backup.…, system.running, store.….
Task<void> restore_service(Runtime& runtime, const SystemSpec& system, ServiceRestorePlan plan);

// Between the log of the service and what others have handled of it, and the other way round.
struct Reconciliation {
  std::string service;
  int64_t newest_event = 0;              // that the service knows to have published
  int64_t next_above = 0;                // events after a release get higher numbers
  std::vector<std::string> differences;  // for people to judge
  VerifyReport report;
};
PORTICO_DESCRIBE(Reconciliation, service, newest_event, next_above, differences, report)

// Throws Error(conflict, "quarantine.none") for a service that is in none.
Task<Reconciliation> reconcile(Runtime& runtime, Observer& observer, const SystemSpec& system,
                               std::string data, std::string service);
// Throws Error(conflict, "quarantine.not_reconciled") before `reconcile`.
Task<void> release(Runtime& runtime, Observer& observer, const SystemSpec& system, std::string data,
                   std::string service);

}  // namespace portico
