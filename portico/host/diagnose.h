// What stands in the way of a system on this machine: folders, secrets, ports, databases.
#pragma once

#include <string>
#include <vector>

#include "portico/host/system.h"

namespace portico {

struct Finding {
  std::string subject;  // "port 3001 (user)", "database order.db"
  bool ok = true;
  std::string detail;  // what is so, and the remedy when it is not ok
};

// Looks without changing anything but making the data folder. A system that runs is no fault: its ports and
// databases are then reported as in use.
Task<std::vector<Finding>> diagnose(Runtime& runtime, const SystemSpec& system, const Config& config);

}  // namespace portico
