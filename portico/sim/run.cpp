#include "portico/sim/run.h"

#include <fmt/format.h>

namespace portico::sim {
namespace {

// Whatever leaves a part of a workload is a finding.
Task<void> guarded(World* world, Task<void> task, std::string part, Signal* done, bool* ended) {
  try {
    co_await std::move(task);
  } catch (const Error& error) {
    world->violate("workload." + part, error.what() + std::string(" ") + error.note());
  } catch (const std::exception& error) {
    world->violate("workload." + part, error.what());
  }
  *ended = true;
  done->notify();
}

// Runs one part on the client's node; false when it has not ended within `limit`.
bool run_part(World& world, Task<void> task, std::string part, Duration limit) {
  Signal done(world.runtime());
  bool ended = false;
  const Instant deadline = world.runtime().steady() + limit;
  world.client().spawn(part, guarded(&world, std::move(task), part, &done, &ended));
  while (!ended && world.runtime().steady() < deadline) {
    struct Wait {
      static Task<void> run(Signal* done, Duration span) { co_await done->wait_for(span); }
    };
    world.runtime().run(Wait::run(&done, deadline - world.runtime().steady()));
  }
  return ended;
}

bool wait_ready(World& world, Duration limit) {
  struct Wait {
    static Task<void> run(World* world, Duration limit, bool* ready) {
      *ready = co_await world->wait_ready(limit);
    }
  };
  bool ready = false;
  world.runtime().run(Wait::run(&world, limit, &ready));
  return ready;
}

template <class Counts>
std::vector<Count> list_of(const Counts& counts) {
  std::vector<Count> list;
  for (const auto& [name, count] : counts) list.push_back({name, int64_t(count)});
  return list;
}

RunResult result_of(World& world) {
  return {.seed = int64_t(world.options().seed),
          .topology = world.options().topology,
          .event_hash = fmt::format("{:016x}", world.runtime().event_hash()),
          .events = int64_t(world.runtime().event_count()),
          .virtual_us = world.runtime().steady().us,
          .crashes = int64_t(world.crashes()),
          .faults = list_of(world.faults_applied()),
          .operations = list_of(world.operations()),
          .sometimes = list_of(world.marks()),
          .violations = world.violations()};
}

void run_phases(World& world, Workload& workload, const RunOptions& options) {
  world.start();
  if (!wait_ready(world, options.ready_max)) return world.violate("liveness.start", "not ready in time");
  world.inject(options.faults);
  const bool ended = run_part(world, workload.load(world), "load", options.load_max);
  world.heal();
  // The load refers to the workload: a part that hangs ends the run.
  if (!ended) return world.violate("liveness.load", "the load has not ended");
  if (!wait_ready(world, options.ready_max))
    return world.violate("liveness.ready", "not ready after healing");
  world.pass(options.settle);
  if (!run_part(world, workload.check(world), "check", options.load_max))
    return world.violate("liveness.check", "the check has not ended");
  world.stop();
  if (!run_part(world, workload.check_at_rest(world), "check_at_rest", options.load_max))
    world.violate("liveness.check", "the check at rest has not ended");
}

Task<void> fill(World* world, const Scenario* scenario, std::string* notes) {
  *notes = co_await scenario->prepare(*world);
}

}  // namespace

Task<void> Workload::check_at_rest(World&) { co_return; }

std::vector<std::string> process_names(const SystemSpec& system, Topology topology) {
  if (topology == Topology::single) return {system.name};
  std::vector<std::string> names = all_of(system).services;
  names.emplace_back("gateway");
  return names;
}

Snapshot prepare(const Scenario& scenario, Topology topology, const std::string& keys) {
  World world(*scenario.system, {.topology = topology, .settings = scenario.settings, .keys = keys});
  world.start();
  if (!wait_ready(world, std::chrono::minutes(2)))
    throw Error(Code::internal, "sim.not_ready", "The system does not start.").with_note(world.log());
  std::string notes;
  if (scenario.prepare) world.run(fill(&world, &scenario, &notes));
  world.stop();
  return world.snapshot(std::move(notes));
}

RunResult run(const Scenario& scenario, const RunOptions& options, std::string* log) {
  std::unique_ptr<Workload> workload;  // outlives what still runs of it
  Settings settings = scenario.settings;
  if (scenario.knobs)
    for (auto& knob : scenario.knobs(options.seed)) settings.push_back(std::move(knob));
  World world(*scenario.system, {.topology = options.topology,
                                 .settings = std::move(settings),
                                 .seed = options.seed,
                                 .keys = options.keys,
                                 .snapshot = options.snapshot,
                                 .keep_log = options.keep_log,
                                 .log_level = options.log_level});
  workload = scenario.make(world);
  try {
    run_phases(world, *workload, options);
  } catch (const Error& error) {
    world.violate(std::string(error.reason()), error.what());
  }
  if (log) *log = world.log();
  return result_of(world);
}

}  // namespace portico::sim
