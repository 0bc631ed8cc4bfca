// Many runs, side by side in processes of their own, and what they say together.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "portico/sim/shrink.h"

namespace portico::sim {

struct CampaignOptions {
  int64_t seeds = 100;
  int64_t first_seed = 1;
  Duration span = std::chrono::seconds(30);  // of the faulty phase
  size_t faults_max = 25;
  int jobs = 1;                      // processes
  std::optional<Topology> topology;  // none: in turn
  int repeat_every = 20;             // every so many runs are made twice, and their events compared; 0: none
  bool stop_at_failure = false;
  std::function<void(int64_t done, int64_t failed)> progress;  // now and then
};

struct CampaignResult {
  int64_t runs = 0;        // without those made a second time
  int64_t failed = 0;      // with a violation
  int64_t repeated = 0;    // made twice
  int64_t mismatches = 0;  // of those, whose events differed
  int64_t virtual_us = 0;  // summed over runs
  int64_t events = 0;
  int64_t crashes = 0;
  int64_t wall_ms = 0, cpu_ms = 0;
  std::vector<Count> operations, faults, sometimes;
  std::vector<std::string> missed;  // marks that no run has reached
  std::vector<RunResult> failures;  // the first, by seed
};
PORTICO_DESCRIBE(CampaignResult, runs, failed, repeated, mismatches, virtual_us, events, crashes, wall_ms,
                 cpu_ms, operations, faults, sometimes, missed, failures)

// What a seed runs as.
struct Plan {
  Topology topology = Topology::split;
  std::vector<Fault> faults;
};
Plan plan_of(const Scenario& scenario, const CampaignOptions& options, int64_t seed);

// Prepared disks of both topologies, and a folder for the secrets.
class Stage {
 public:
  explicit Stage(const Scenario& scenario);
  ~Stage();
  Stage(const Stage&) = delete;
  RunOptions options(const Plan& plan, int64_t seed) const;

 private:
  std::string keys_;
  Snapshot single_, split_;
};

// The calling process must have no threads: it forks.
CampaignResult run_campaign(const Scenario& scenario, const CampaignOptions& options);

// Every run of `scenario` in which one process crashes at one of its durable operations or sends: before it
// and after it, each once, until there are no more of them.
struct CrashPoints {
  int64_t covered = 0;
  std::vector<Count> by_process;
  std::vector<RunResult> failures;
  int64_t wall_ms = 0;
};
PORTICO_DESCRIBE(CrashPoints, covered, by_process, failures, wall_ms)
CrashPoints crash_everywhere(const Scenario& scenario, std::optional<Topology> topology);

}  // namespace portico::sim
