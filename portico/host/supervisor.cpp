#include "portico/host/supervisor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "portico/base/error.h"

extern char** environ;

namespace portico {
namespace {

Instant now() {
  auto since = std::chrono::steady_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<Duration>(since).count()};
}

struct Child {
  const ChildSpec* spec = nullptr;
  pid_t pid = 0;
  int ready_pipe = -1;
  bool ready = false, was_ready = false;
  int failures = 0;
  Duration wait{};
  Instant started{}, restart_at{};
  bool alive() const { return pid > 0; }
};

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return fmt::format("signal {}", WTERMSIG(status));
  return fmt::format("exit {}", WEXITSTATUS(status));
}

class Supervisor {
 public:
  Supervisor(const std::vector<ChildSpec>& specs, const SupervisorOptions& options,
             const SupervisorEvents& events)
      : options_(options), events_(events) {
    for (const ChildSpec& spec : specs) children_.push_back({.spec = &spec, .wait = options.restart_first});
    sigemptyset(&signals_);
    for (int signal : {SIGCHLD, SIGINT, SIGTERM}) sigaddset(&signals_, signal);
    sigprocmask(SIG_BLOCK, &signals_, &before_);
  }
  ~Supervisor() {
    for (Child& child : children_) close_pipe(child);
    sigprocmask(SIG_SETMASK, &before_, nullptr);
  }

  int run() {
    for (Child& child : children_) start(child);
    Instant ready_by = now() + options_.ready_timeout;
    for (;;) {
      int signal = wait_signal(std::chrono::milliseconds(20));
      if (signal == SIGINT || signal == SIGTERM) return stop(0);
      if (int code = reap(); code >= 0) return stop(code);
      look_for_ready();
      if (!announced_ && now() > ready_by) return stop(3);
      for (Child& child : children_)
        if (!child.alive() && child.restart_at <= now()) start(child);
    }
  }

 private:
  // The next pending signal within `span`, or 0. Once all are up there is nothing to look at in between.
  int wait_signal(Duration span) {
    bool quiet =
        announced_ && std::all_of(children_.begin(), children_.end(), [](auto& c) { return c.alive(); });
    if (quiet) span = std::chrono::seconds(1);
    timespec wait{.tv_sec = span.count() / 1'000'000, .tv_nsec = span.count() % 1'000'000 * 1000};
    int signal = sigtimedwait(&signals_, nullptr, &wait);
    return signal > 0 ? signal : 0;
  }

  void start(Child& child) {
    int pipe_ends[2];
    if (::pipe2(pipe_ends, O_CLOEXEC) != 0) throw_system("a pipe cannot be made");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], ready_descriptor);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    // Its own process group, so that Ctrl-C reaches it through us and in order.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(&attributes, &before_);
    std::vector<char*> arguments;
    for (const std::string& argument : child.spec->arguments)
      arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    int error = ::posix_spawn(&child.pid, arguments[0], &actions, &attributes, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    ::close(pipe_ends[1]);
    close_pipe(child);
    child.ready_pipe = pipe_ends[0];
    if (error != 0) throw_system(child.spec->name + " cannot be started");
    child.started = now();
    child.ready = false;
    if (events_.started) events_.started(child.spec->name, child.pid);
  }

  void look_for_ready() {
    for (Child& child : children_) {
      if (!child.alive() || child.ready || child.ready_pipe < 0) continue;
      pollfd waiting{.fd = child.ready_pipe, .events = POLLIN, .revents = 0};
      char byte = 0;
      if (::poll(&waiting, 1, 0) == 1 && ::read(child.ready_pipe, &byte, 1) == 1)
        child.ready = child.was_ready = true;
    }
    bool all =
        std::all_of(children_.begin(), children_.end(), [](const Child& child) { return child.ready; });
    if (!all || announced_) return;
    announced_ = true;
    if (events_.all_ready) events_.all_ready();
  }

  // Takes note of what has ended. An exit code when the whole must end because a child cannot start, else -1.
  int reap() {
    for (Child& child : children_) {
      int status = 0;
      if (!child.alive() || ::waitpid(child.pid, &status, WNOHANG) != child.pid) continue;
      look_for_ready();
      child.pid = 0;
      close_pipe(child);
      if (events_.died) events_.died(child.spec->name, how_it_ended(status));
      if (!child.was_ready && ++child.failures >= options_.start_failures_max)
        return WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : 1;
      if (now() - child.started > options_.settled_after) child.wait = options_.restart_first;
      child.restart_at = now() + child.wait;
      child.wait = std::min(child.wait * 2, options_.restart_max);
    }
    return -1;
  }

  int stop(int code) {
    for (Child& child : children_)
      if (child.alive()) ::kill(child.pid, SIGTERM);
    Instant limit = now() + options_.stop_timeout;
    bool killed = false;
    while (
        std::any_of(children_.begin(), children_.end(), [](const Child& child) { return child.alive(); })) {
      int signal = wait_any();
      if (!killed && (signal == SIGINT || signal == SIGTERM || now() > limit)) {
        killed = true;
        for (Child& child : children_)
          if (child.alive()) ::kill(child.pid, SIGKILL);
      }
      for (Child& child : children_) {
        int status = 0;
        if (child.alive() && ::waitpid(child.pid, &status, WNOHANG) == child.pid) child.pid = 0;
      }
    }
    return code;
  }

  int wait_any() {
    timespec wait{.tv_sec = 0, .tv_nsec = 100'000'000};
    int signal = sigtimedwait(&signals_, nullptr, &wait);
    return signal > 0 ? signal : 0;
  }

  static void close_pipe(Child& child) {
    if (child.ready_pipe >= 0) ::close(child.ready_pipe);
    child.ready_pipe = -1;
  }

  [[noreturn]] static void throw_system(const std::string& what) {
    throw Error(Code::unavailable, "supervisor.start", what + ": " + std::strerror(errno));
  }

  SupervisorOptions options_;
  SupervisorEvents events_;
  std::vector<Child> children_;
  sigset_t signals_{}, before_{};
  bool announced_ = false;
};

}  // namespace

int supervise(const std::vector<ChildSpec>& children, const SupervisorOptions& options,
              const SupervisorEvents& events) {
  Supervisor supervisor(children, options, events);
  return supervisor.run();
}

}  // namespace portico
