// `portico doctor`: what stands in the way of a system here, and whether its data is sound.
#pragma once

#include "cli/command.h"

namespace portico {
struct VerifyReport;
}

namespace portico::cli {

// Checks configuration, folders, secrets, ports and databases of this machine; prints each finding. With
// `data` the stores of a stopped system and its invariants instead; failed when one is violated.
int doctor(const CommonOptions& options, bool data);

void print(const VerifyReport& report, bool json);

}  // namespace portico::cli
