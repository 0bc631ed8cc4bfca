// Keeps the processes of a split system running: starts them, restarts what dies, stops them in order.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "portico/base/time.h"

namespace portico {

struct ChildSpec {
  std::string name;                    // "order"
  std::vector<std::string> arguments;  // argv, the program's path first
};

struct SupervisorOptions {
  Duration restart_first =
      std::chrono::milliseconds(250);  // wait before a restart; doubles with each death …
  Duration restart_max = std::chrono::seconds(10);
  Duration settled_after = std::chrono::seconds(30);  // … and starts anew after this long alive
  int start_failures_max = 1;  // a child that dies this often before it was ever ready ends everything
  Duration stop_timeout = std::chrono::seconds(30);   // from SIGTERM to SIGKILL
  Duration ready_timeout = std::chrono::seconds(60);  // for all to be ready
};

// What the supervisor tells; called on its thread.
struct SupervisorEvents {
  std::function<void()> all_ready;
  std::function<void(const std::string& name, int pid)> started;
  std::function<void(const std::string& name, const std::string& how)> died;  // "exit 1", "signal 9"
};

// Starts all children, each with the write end of a pipe as descriptor 3, on which it writes a line when it
// is ready. Blocks until SIGINT or SIGTERM (then stops them: SIGTERM to all, SIGKILL to what is left at the
// time-out; a second signal kills at once) and returns 0, or until a child cannot start and returns its exit
// code. Nothing else may handle SIGCHLD, SIGINT or SIGTERM in the process meanwhile.
int supervise(const std::vector<ChildSpec>& children, const SupervisorOptions& options,
              const SupervisorEvents& events);

// Descriptor on which a supervised process says that it is ready.
inline constexpr int ready_descriptor = 3;

}  // namespace portico
