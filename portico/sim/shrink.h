// Finds the faults that a failure needs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "portico/sim/run.h"

namespace portico::sim {

using RunFaults = std::function<RunResult(const std::vector<Fault>& faults)>;

struct Shrunk {
  std::vector<Fault> faults;
  RunResult result;      // of a run with them
  size_t runs = 0;       // made for it
  bool minimal = false;  // without any one of them the failure does not show
};

// Takes faults out (delta debugging, Zeller and Hildebrandt 2002) as long as the first violation is of the
// same invariant; at most `runs_max` runs. `failed` is the result of a run with all of `faults`.
Shrunk shrink(std::vector<Fault> faults, RunResult failed, const RunFaults& run, size_t runs_max = 200);

}  // namespace portico::sim
