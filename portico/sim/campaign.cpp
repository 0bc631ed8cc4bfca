#include "portico/sim/campaign.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>

#include "portico/schema/json.h"

namespace portico::sim {
namespace {

constexpr size_t failures_kept = 20;
constexpr Duration part_max = std::chrono::minutes(60);  // of load and checks, each

// What a worker tells of one seed: a line of JSON.
struct Report {
  RunResult result;
  bool repeated = false;
  bool mismatch = false;
};
PORTICO_DESCRIBE(Report, result, repeated, mismatch)

int64_t wall_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

int64_t cpu_ms() {
  int64_t total = 0;
  for (int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    ::getrusage(who, &used);
    total += (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
             (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
  }
  return total;
}

void add(std::map<std::string, int64_t>& sums, const std::vector<Count>& counts) {
  for (const Count& count : counts) sums[count.name] += count.count;
}

std::vector<Count> list_of(const std::map<std::string, int64_t>& sums) {
  std::vector<Count> list;
  for (const auto& [name, count] : sums) list.push_back({name, count});
  return list;
}

class Sum {
 public:
  void add(Report report) {
    ++result_.runs;
    result_.repeated += report.repeated;
    result_.mismatches += report.mismatch;
    const RunResult& run = report.result;
    result_.failed += !run.violations.empty();
    result_.virtual_us += run.virtual_us;
    result_.events += run.events;
    result_.crashes += run.crashes;
    sim::add(operations_, run.operations);
    sim::add(faults_, run.faults);
    sim::add(sometimes_, run.sometimes);
    if (!run.violations.empty() || report.mismatch) result_.failures.push_back(std::move(report.result));
  }
  const CampaignResult& so_far() const { return result_; }
  CampaignResult end(const Scenario& scenario) {
    result_.operations = list_of(operations_);
    result_.faults = list_of(faults_);
    result_.sometimes = list_of(sometimes_);
    for (const std::string& mark : scenario.sometimes)
      if (!sometimes_.contains(mark)) result_.missed.push_back(mark);
    std::ranges::sort(result_.failures, {}, &RunResult::seed);
    if (result_.failures.size() > failures_kept) result_.failures.resize(failures_kept);
    return std::move(result_);
  }

 private:
  CampaignResult result_;
  std::map<std::string, int64_t> operations_, faults_, sometimes_;
};

Report run_seed(const Scenario& scenario, const CampaignOptions& options, const Stage& stage, int64_t seed) {
  const Plan plan = plan_of(scenario, options, seed);
  const RunOptions run_options = stage.options(plan, seed);
  Report report{.result = run(scenario, run_options)};
  report.repeated = options.repeat_every > 0 && seed % options.repeat_every == 0;
  if (report.repeated) report.mismatch = run(scenario, run_options).event_hash != report.result.event_hash;
  return report;
}

// A process that runs every `jobs`-th seed.
class Worker {
 public:
  Worker(const Scenario& scenario, const CampaignOptions& options, const Stage& stage, int number) {
    int ends[2];
    if (::pipe(ends) != 0) throw Error(Code::internal, "sim.pipe", "No pipe can be made");
    process_ = ::fork();
    if (process_ < 0) throw Error(Code::internal, "sim.fork", "No process can be started");
    if (process_ > 0) {
      ::close(ends[1]);
      input_ = ends[0];
      return;
    }
    ::close(ends[0]);
    FILE* output = ::fdopen(ends[1], "w");
    const int64_t end = options.first_seed + options.seeds;
    for (int64_t seed = options.first_seed + number; seed < end; seed += options.jobs) {
      const std::string line = schema::to_json(run_seed(scenario, options, stage, seed)) + "\n";
      if (std::fputs(line.c_str(), output) < 0 || std::fflush(output) != 0) break;
    }
    std::fclose(output);
    std::_Exit(0);
  }
  ~Worker() {
    ::close(input_);
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  Worker(const Worker&) = delete;

  int input() const { return input_; }
  bool open() const { return open_; }
  // Takes what has come; the complete lines are reports.
  void receive(Sum& sum) {
    char bytes[65536];
    const ssize_t size = ::read(input_, bytes, sizeof bytes);
    if (size > 0) buffer_.append(bytes, size_t(size));
    for (size_t end = buffer_.find('\n'); end != std::string::npos; end = buffer_.find('\n')) {
      if (auto report = schema::from_json<Report>(buffer_.substr(0, end))) sum.add(std::move(*report));
      buffer_.erase(0, end + 1);
    }
    if (size <= 0) finish();
  }

 private:
  void finish() {
    open_ = false;
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = 0;
    if (status != 0) throw Error(Code::internal, "sim.worker", "A process of the simulation has crashed");
  }

  int process_ = 0;
  int input_ = -1;
  bool open_ = true;
  std::string buffer_;
};

}  // namespace

Plan plan_of(const Scenario& scenario, const CampaignOptions& options, int64_t seed) {
  Plan plan;
  plan.topology = options.topology.value_or(seed % 2 ? Topology::split : Topology::single);
  plan.faults = make_faults(uint64_t(seed), {.processes = process_names(*scenario.system, plan.topology),
                                             .span = options.span,
                                             .faults_max = options.faults_max});
  return plan;
}

Stage::Stage(const Scenario& scenario) {
  std::string pattern = std::filesystem::temp_directory_path() / "portico-sim-XXXXXX";
  if (!::mkdtemp(pattern.data())) throw Error(Code::internal, "sim.folder", "No folder can be made");
  keys_ = pattern;
  single_ = prepare(scenario, Topology::single, keys_);
  split_ = prepare(scenario, Topology::split, keys_);
}

Stage::~Stage() {
  std::error_code ignored;
  std::filesystem::remove_all(keys_, ignored);
}

RunOptions Stage::options(const Plan& plan, int64_t seed) const {
  return {.topology = plan.topology,
          .seed = uint64_t(seed),
          .faults = plan.faults,
          .keys = keys_,
          .snapshot = plan.topology == Topology::single ? &single_ : &split_,
          .load_max = part_max};
}

CampaignResult run_campaign(const Scenario& scenario, const CampaignOptions& options) {
  const int64_t started = wall_ms(), used = cpu_ms();
  const Stage stage(scenario);
  Sum sum;
  {
    std::vector<std::unique_ptr<Worker>> workers;
    for (int i = 0; i < options.jobs; ++i)
      workers.push_back(std::make_unique<Worker>(scenario, options, stage, i));
    while (std::ranges::any_of(workers, [](const auto& worker) { return worker->open(); })) {
      std::vector<pollfd> inputs;
      for (const auto& worker : workers)
        inputs.push_back({.fd = worker->open() ? worker->input() : -1, .events = POLLIN, .revents = 0});
      ::poll(inputs.data(), inputs.size(), -1);
      for (size_t i = 0; i < workers.size(); ++i)
        if (inputs[i].revents) workers[i]->receive(sum);
      if (options.progress) options.progress(sum.so_far().runs, sum.so_far().failed);
      if (options.stop_at_failure && sum.so_far().failed > 0) break;
    }
  }
  CampaignResult result = sum.end(scenario);
  result.wall_ms = wall_ms() - started;
  result.cpu_ms = cpu_ms() - used;
  return result;
}

CrashPoints crash_everywhere(const Scenario& scenario, std::optional<Topology> only) {
  const int64_t started = wall_ms();
  const Stage stage(scenario);
  CrashPoints points;
  for (Topology topology : {Topology::single, Topology::split}) {
    if (only && *only != topology) continue;
    for (const std::string& process : process_names(*scenario.system, topology))
      for (FaultKind kind : {FaultKind::crash_at_io, FaultKind::crash_at_send}) {
        int64_t covered = 0;
        for (int64_t value = 1;; ++value) {
          const Fault fault{.kind = kind, .target = process, .value = value, .power = PowerCut::lose_all};
          const Plan plan{.topology = topology, .faults = {fault}};
          RunResult result = run(scenario, stage.options(plan, value));
          const bool applied = std::ranges::any_of(result.faults, [](const Count& c) { return c.count > 0; });
          if (!result.violations.empty()) points.failures.push_back(std::move(result));
          if (!applied) break;
          ++covered;
        }
        points.covered += covered;
        points.by_process.push_back(
            {std::string(schema::label_of(topology)) + " " + process + " " + std::string(name_of(kind)),
             covered});
      }
  }
  points.wall_ms = wall_ms() - started;
  return points;
}

}  // namespace portico::sim
