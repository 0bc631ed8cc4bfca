#include "cli/sim.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "portico/base/planted.h"
#include "portico/schema/json.h"
#include "portico/sim/campaign.h"
#include "systems/shop/simulation.h"

namespace portico::cli {
namespace {

constexpr int operations_a_minute = 20;  // of each client

sim::Scenario scenario_of(const SystemSpec& system, const SimOptions& options) {
  if (system.name != "shop")
    throw Error(Code::invalid, "sim.system", "There is no simulation of " + system.name + " yet");
  return shop::make_scenario(
      system, {.operations = std::max(1, options.minutes) * (options.minutes ? operations_a_minute : 10),
               .canonical = options.crash_points});
}

void choose_plant(const std::string& name) {
  if (name.empty()) return;
  auto found = std::ranges::find(plant_names, name);
  if (found == plant_names.end()) {
    std::string all;
    for (std::string_view known : plant_names) all += "\n  " + std::string(known);
    throw Error(Code::invalid, "sim.plant", "There is no planted bug \"" + name + "\". There are:" + all);
  }
#ifdef PORTICO_PLANTS
  chosen_plant = Plant(found - plant_names.begin());
#else
  throw Error(Code::invalid, "sim.plant",
              "This program has no planted bugs; build one that has: cmake --preset plants");
#endif
}

std::optional<sim::Topology> topology_of(const std::string& name) {
  if (name.empty()) return std::nullopt;
  return name == "single" ? sim::Topology::single : sim::Topology::split;
}

sim::CampaignOptions campaign_of(const SimOptions& options) {
  sim::CampaignOptions campaign{.seeds = options.seeds, .first_seed = options.first_seed};
  if (options.minutes > 0) campaign.span = std::chrono::minutes(options.minutes);
  campaign.jobs = options.jobs > 0 ? options.jobs : int(std::max(1l, ::sysconf(_SC_NPROCESSORS_ONLN)));
  campaign.topology = topology_of(options.topology);
  return campaign;
}

std::string command_of(const SimOptions& options, const sim::RunResult& result) {
  std::string command = fmt::format("portico sim shop --seeds 1 --seed {}", result.seed);
  if (!options.topology.empty()) command += " --topology " + options.topology;
  if (options.minutes > 0) command += fmt::format(" --minutes {}", options.minutes);
  if (!options.plant.empty()) command += " --plant " + options.plant;
  return command;
}

std::string text_of(const std::vector<sim::Count>& counts) {
  std::string text;
  for (const sim::Count& count : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count.name, count.count);
  return text.empty() ? "none" : text;
}

int64_t total(const std::vector<sim::Count>& counts) {
  int64_t sum = 0;
  for (const sim::Count& count : counts) sum += count.count;
  return sum;
}

void print_violation(const sim::RunResult& result) {
  const sim::InvariantViolation& first = result.violations.front();
  fmt::print("seed {} ({}): {} violated at event {}, {:.3f} s: {}\n", result.seed,
             schema::label_of(result.topology), first.invariant, first.event, double(first.at_us) / 1e6,
             first.text);
}

void print(const sim::CampaignResult& result, const sim::Scenario& scenario) {
  const double wall = std::max(0.001, double(result.wall_ms) / 1e3);
  const double hours = double(result.virtual_us) / 3.6e9;
  fmt::print("runs              {} ({} with a violation)\n", result.runs, result.failed);
  fmt::print("simulated time    {:.1f} h, {:.2f} h a second\n", hours, hours / wall);
  fmt::print("wall, CPU time    {:.1f} s, {:.1f} s\n", wall, double(result.cpu_ms) / 1e3);
  fmt::print("events            {} ({:.0f} a second)\n", result.events, double(result.events) / wall);
  fmt::print("faults applied    {}: {}\n", total(result.faults), text_of(result.faults));
  fmt::print("crashes           {}\n", result.crashes);
  fmt::print("operations        {}: {}\n", total(result.operations), text_of(result.operations));
  fmt::print("marks reached     {} of {}: {}\n", scenario.sometimes.size() - result.missed.size(),
             scenario.sometimes.size(), text_of(result.sometimes));
  for (const std::string& missed : result.missed) fmt::print("mark never reached: {}\n", missed);
  fmt::print("made twice        {}, {} of them differed\n", result.repeated, result.mismatches);
}

// What is needed for the failure, beside the command that repeats it.
void shrink_and_print(const sim::Scenario& scenario, const SimOptions& options,
                      const sim::CampaignOptions& campaign, const sim::RunResult& failed) {
  const sim::Stage stage(scenario);
  sim::Plan plan = sim::plan_of(scenario, campaign, failed.seed);
  auto again = [&](const std::vector<sim::Fault>& faults) {
    return sim::run(scenario, stage.options({plan.topology, faults}, failed.seed));
  };
  sim::Shrunk shrunk = sim::shrink(plan.faults, failed, again);
  const std::string file = fmt::format("sim-{}.json", failed.seed);
  std::ofstream(file) << schema::to_json(shrunk.faults) << "\n";
  fmt::print("  {} of {} faults are needed ({} runs to find out):\n", shrunk.faults.size(),
             plan.faults.size(), shrunk.runs);
  for (const sim::Fault& fault : shrunk.faults) fmt::print("    {}\n", schema::to_json(fault));
  fmt::print("  replay with these: {} --faults {}\n", command_of(options, failed), file);
}

std::vector<sim::Fault> faults_in(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  auto faults = schema::from_json<std::vector<sim::Fault>>(text.str());
  if (!file || !faults) throw Error(Code::invalid, "sim.faults", path + " does not hold a list of faults");
  return std::move(*faults);
}

// One seed, several times: each must be the same to the last event.
int replay(const sim::Scenario& scenario, const SimOptions& options, bool json) {
  const sim::Stage stage(scenario);
  sim::Plan plan = sim::plan_of(scenario, campaign_of(options), options.first_seed);
  if (!options.faults.empty()) plan.faults = faults_in(options.faults);
  sim::RunOptions run_options = stage.options(plan, options.first_seed);
  run_options.keep_log = options.log;
  run_options.log_level = Level::info;
  std::string log;
  sim::RunResult result = sim::run(scenario, run_options, options.log ? &log : nullptr);
  bool same = true;
  for (int i = 1; i < options.replays; ++i)
    same = same && sim::run(scenario, run_options).event_hash == result.event_hash;
  if (options.log) fmt::print("{}", log);
  if (json) {
    fmt::print("{}\n", schema::to_json(result));
  } else {
    fmt::print("seed {} ({}): {} events, {:.1f} s simulated, hash {}{}\n", result.seed,
               schema::label_of(result.topology), result.events, double(result.virtual_us) / 1e6,
               result.event_hash, same ? fmt::format(", {} times the same", options.replays) : "");
    fmt::print("faults applied: {}\noperations: {}\nmarks: {}\n", text_of(result.faults),
               text_of(result.operations), text_of(result.sometimes));
    for (const sim::InvariantViolation& violation : result.violations)
      fmt::print("violated: {}: {}\n", violation.invariant, violation.text);
    if (!same) fmt::print("nondeterministic: the same seed gave other events\n");
  }
  return same && result.violations.empty() ? done : failed;
}

int crash_points(const sim::Scenario& scenario, const SimOptions& options, bool json) {
  sim::CrashPoints points = sim::crash_everywhere(scenario, topology_of(options.topology));
  if (json) {
    fmt::print("{}\n", schema::to_json(points));
  } else {
    for (const sim::Count& count : points.by_process) fmt::print("{:<36} {}\n", count.name, count.count);
    fmt::print("crash points covered: {}, violations: {}, {:.1f} s\n", points.covered, points.failures.size(),
               double(points.wall_ms) / 1e3);
    for (const sim::RunResult& failure : points.failures) print_violation(failure);
  }
  return points.failures.empty() ? done : failed;
}

}  // namespace

int simulate(const CommonOptions& common, const SimOptions& options) {
  choose_plant(options.plant);
  const sim::Scenario scenario = scenario_of(find_system(common.system), options);
  if (options.crash_points) return crash_points(scenario, options, common.json);
  if (options.seeds == 1 || !options.faults.empty()) return replay(scenario, options, common.json);
  sim::CampaignOptions campaign = campaign_of(options);
  campaign.stop_at_failure = !options.plant.empty();
  if (::isatty(STDERR_FILENO))
    campaign.progress = [&](int64_t runs, int64_t failures) {
      fmt::print(stderr, "\r{} of {} runs, {} with a violation ", runs, options.seeds, failures);
      if (runs == options.seeds) fmt::print(stderr, "\n");
    };
  sim::CampaignResult result = sim::run_campaign(scenario, campaign);
  if (common.json)
    fmt::print("{}\n", schema::to_json(result));
  else
    print(result, scenario);
  for (const sim::RunResult& failure : result.failures) {
    if (common.json || failure.violations.empty()) continue;
    print_violation(failure);
    fmt::print("  repeat it: {}\n", command_of(options, failure));
  }
  if (!result.failures.empty() && !common.json && !options.no_shrink)
    shrink_and_print(scenario, options, campaign, result.failures.front());
  return result.failed || result.mismatches ? failed : done;
}

}  // namespace portico::cli
