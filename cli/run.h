// `portico up` and `portico run`: a process that serves until it is told to stop.
#pragma once

#include "cli/command.h"

namespace portico::cli {

struct RunOptions {
  CommonOptions common;
  std::vector<std::string> parts;  // services and "gateway"; empty: everything
  bool supervised = false;         // says on a descriptor that it is ready, and prints no addresses
};

// Serves in this process until SIGINT or SIGTERM, then drains. A second signal ends it at once.
int run_here(const RunOptions& options);

// Serves with a process a service, supervised from here.
int run_split(const RunOptions& options);

}  // namespace portico::cli
