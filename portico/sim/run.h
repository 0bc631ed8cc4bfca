// One run of a simulation: prepared disks, load under faults, healing, rest, checks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "portico/sim/world.h"

namespace portico::sim {

// What is done to a system in one run, and what must hold. Made anew for each run.
class Workload {
 public:
  virtual ~Workload() = default;
  // Under faults, on the client's node. Ends by itself; answers are expected to be bad at times. Says how
  // things went through World::count.
  virtual Task<void> load(World& world) = 0;
  // When all has been well for a while, on the client's node: what must hold, or World::violate.
  virtual Task<void> check(World& world) = 0;
  // After the processes were stopped in order: their stores can be opened on the world's disk.
  virtual Task<void> check_at_rest(World& world);
};

struct Scenario {
  std::string name;
  const SystemSpec* system = nullptr;
  Settings settings;
  // What differs from them in the run of a seed, where given.
  std::function<Settings(uint64_t seed)> knobs;
  // Fills the stores, in a world that is ready and has no faults. Done once a topology: every run begins with
  // what it leaves, and finds what it returns in World::notes.
  std::function<Task<std::string>(World& world)> prepare;
  std::function<std::unique_ptr<Workload>(World& world)> make;
  std::vector<std::string> sometimes;  // the marks that a campaign must reach
};

// `keys` is a folder on the real disk, as in WorldOptions.
Snapshot prepare(const Scenario& scenario, Topology topology, const std::string& keys);

struct RunOptions {
  Topology topology = Topology::split;
  uint64_t seed = 1;
  std::vector<Fault> faults;
  std::string keys;
  const Snapshot* snapshot = nullptr;            // of `prepare`, with the same keys and topology
  Duration load_max = std::chrono::minutes(10);  // else "liveness.load" is violated
  Duration ready_max = std::chrono::minutes(2);  // after healing, else "liveness.ready"
  Duration settle = std::chrono::seconds(30);    // between readiness and checks
  bool keep_log = false;
  Level log_level = Level::warn;
};

struct Count {
  std::string name;
  int64_t count = 0;
};
PORTICO_DESCRIBE(Count, name, count)

struct RunResult {
  int64_t seed = 0;
  Topology topology = Topology::split;
  std::string event_hash;  // equal for equal seeds, faults and programs
  int64_t events = 0;
  int64_t virtual_us = 0;
  int64_t crashes = 0;
  std::vector<Count> faults;      // applied, by kind
  std::vector<Count> operations;  // of the load, by outcome
  std::vector<Count> sometimes;   // marks reached
  std::vector<InvariantViolation> violations;
};
PORTICO_DESCRIBE(RunResult, seed, topology, event_hash, events, virtual_us, crashes, faults, operations,
                 sometimes, violations)

// Never throws for what the system does: that is a violation. `log`, where given, gets the log of all
// processes.
RunResult run(const Scenario& scenario, const RunOptions& options, std::string* log = nullptr);

// The processes of a topology, for make_faults.
std::vector<std::string> process_names(const SystemSpec& system, Topology topology);

}  // namespace portico::sim
