// A whole system in simulated processes: every service and the gateway apart, or all in one, on a network and
// a disk that fail as they are told.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "portico/host/application.h"
#include "portico/host/operator.h"
#include "portico/host/stopped_system.h"
#include "portico/runtime/sometimes.h"
#include "portico/sim/disk.h"
#include "portico/sim/faults.h"
#include "portico/sim/network.h"

namespace portico::sim {

enum class Topology { single, split };
PORTICO_DESCRIBE_ENUM(Topology, single, split)

// Where a world begins: the disk at rest, the wall clock, and what its maker wants to remember.
struct Snapshot {
  Disk::Image disk;
  Time time = SimRuntime::epoch;
  std::string notes;
};

using Settings = std::vector<std::pair<std::string, std::string>>;

struct WorldOptions {
  Topology topology = Topology::split;
  Settings settings;  // of the configuration
  uint64_t seed = 1;
  // A folder on the real disk for the secrets that processes make; the same for all worlds that use one
  // snapshot. It must exist.
  std::string keys;
  const Snapshot* snapshot = nullptr;  // null: empty disks
  bool keep_log = false;               // for `log`
  Level log_level = Level::warn;
  Duration restart_delay = std::chrono::milliseconds(500);  // doubled with each start that fails, …
  Duration restart_delay_max = std::chrono::seconds(5);     // … up to this
  Duration inspection_delay = std::chrono::seconds(2);      // after an I/O error, until somebody looks
};

struct InvariantViolation {
  std::string invariant;
  std::string text;
  int64_t event = 0;  // number of the event at which it was found
  int64_t at_us = 0;  // virtual time, from the beginning of the run
};
PORTICO_DESCRIBE(InvariantViolation, invariant, text, event, at_us)

class Injector;

// One world at a time in a (real) process, because SQLite's random numbers are shared by it; one thread.
// Everything runs on virtual time: `run` and `pass` let it go by. The code of tests runs on node "client",
// which never fails, or on the runtime itself.
class World {
 public:
  World(const SystemSpec& system, WorldOptions options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  SimRuntime& runtime() { return *runtime_; }
  Observer& observer() { return observer_; }  // of those who are none of the system's processes
  Runtime& control() { return control_; }     // a node beside those of the system; nothing fails there
  Runtime& client() { return client_; }
  // Draws for the workload; no fault shifts it.
  Random& random() { return *random_; }
  Disk& disk() { return disk_; }
  Network& network() { return network_; }
  const SystemSpec& system() const { return system_; }
  const WorldOptions& options() const { return options_; }
  const std::string& notes() const;  // of the snapshot
  const std::vector<std::string>& processes() const { return names_; }

  // Runs a task on the client's node to its end; rethrows what it throws.
  void run(Task<void> task);
  void pass(Duration span) { runtime_->run(runtime_->sleep(span)); }

  // A request from outside to "gateway" or to a service's own port.
  Task<std::expected<net::Response, net::Failure>> ask(std::string port, net::Request request,
                                                       Duration limit = std::chrono::seconds(20));

  // The services by their contracts, called from outside the processes with internal rights.
  Operator& services();

  // Starts every process. They are ready some time later.
  void start();
  bool ready() const;  // all are
  // Returns whether all are ready within `limit`.
  Task<bool> wait_ready(Duration limit);
  // Ends every process in order. Their stores can be opened then, at `store_path` on the file system of
  // `disk`.
  void stop();
  // After `stop`: what the next world may begin with.
  Snapshot snapshot(std::string notes) const;

  // A process dies at once, wherever it stands, and is started again after the supervisor's delay. No effect
  // on one that is down.
  void kill(std::string_view process, PowerCut power, Random& random);
  void pause(std::string_view process);
  void resume(std::string_view process);
  void set_clock_offset(std::string_view process, Duration offset);
  // Some time from now somebody looks after the process, and restarts it if one of its services is unhealthy:
  // a store that was failed by its disk takes no changes until then.
  void inspect_later(std::string_view process);
  // While processes are down: nobody restarts them until `start`.
  void hold_restarts() { restarting_ = false; }

  // The process that a port is on.
  const std::string& process_of(std::string_view port) const;
  // The running application of a process; null while it is down.
  Application* application(std::string_view process);
  // After `stop`: makes the stores that lie on the disk, as of a stopped system.
  StoppedSystem::MakeStore stores_at_rest();
  // Where a service's store lies on the disk.
  std::string store_path(std::string_view service) const;

  // The faults begin now.
  void inject(std::vector<Fault> faults);
  // No fault any more: links, disks and clocks are whole, processes go on, and those whose stores have failed
  // are restarted.
  void heal();

  void violate(std::string invariant, std::string text);
  void count(std::string_view outcome) { ++operations_[std::string(outcome)]; }
  const std::vector<InvariantViolation>& violations() const { return violations_; }
  const std::map<std::string, uint64_t>& operations() const { return operations_; }
  std::map<std::string, uint64_t> faults_applied() const;  // by kind
  uint64_t crashes() const { return crashes_; }
  const SometimesCounts& marks() const { return marks_; }
  std::string log();  // of all processes, a line each in the order of their clocks

 private:
  struct Life;
  struct Process;
  Process& process(std::string_view name);
  const Process* find(std::string_view name) const;
  void boot(Process& process);
  void end(Process& process, PowerCut power, Random& random);
  void restart_later(Process& process);
  Config make_config() const;
  static Task<void> live(World* world, Process* process, Life* life);
  static Task<void> restart(World* world, Process* process, Duration delay);
  static Task<void> inspect(World* world, Process* process);
  static Task<void> stop_life(World* world, Life* life);

  const SystemSpec& system_;
  const WorldOptions options_;
  std::unique_ptr<SimRuntime> runtime_;
  Runtime& control_;  // where supervisor, operator and faults run
  std::unique_ptr<Random> random_;
  Disk disk_;
  Network network_;
  Runtime& client_;
  std::unique_ptr<net::Sender> sender_, inspector_;  // of the client, and of who looks after processes
  std::unique_ptr<Injector> injector_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::map<std::string, std::string, std::less<>> ports_;
  bool restarting_ = false;
  Signal progress_;  // a process has become ready
  SometimesCounts marks_;
  CountSometimes counting_{marks_};
  std::vector<InvariantViolation> violations_;
  std::map<std::string, uint64_t> operations_;
  uint64_t crashes_ = 0;
  std::string lines_;
  Metrics metrics_;
  Tracer tracer_{16};
  Log log_{*runtime_, {.level_min = Level::error}, [](std::string_view) {}};
  Observer observer_{log_, metrics_, tracer_};
  std::unique_ptr<const Config> config_;  // of `services_`
  std::unique_ptr<Operator> services_;
};

}  // namespace portico::sim
