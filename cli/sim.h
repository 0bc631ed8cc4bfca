// `portico sim`: a system under simulated faults.
#pragma once

#include "cli/command.h"

namespace portico::cli {

struct SimOptions {
  int64_t seeds = 100;
  int64_t first_seed = 1;
  int minutes = 0;       // of the faulty phase; 0: half a minute
  int jobs = 0;          // 0: one a core
  std::string topology;  // "single", "split"; empty: in turn
  std::string plant;     // a planted bug, in builds that have them
  std::string faults;    // a file with the faults of one run
  int replays = 2;       // of a seed that is run alone
  bool crash_points = false;
  bool log = false;  // of a seed that is run alone
  bool no_shrink = false;
};

// Exit code 1 where an invariant was violated or a run did not repeat itself.
int simulate(const CommonOptions& common, const SimOptions& options);

}  // namespace portico::cli
