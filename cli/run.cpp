#include "cli/run.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "portico/host/supervisor.h"

namespace portico::cli {
namespace {

LogFormat log_format(const Config& config) {
  const std::string& format = config.text("log.format");
  bool terminal = ::isatty(STDOUT_FILENO) != 0;
  if (format == "json" || (format == "auto" && !terminal)) return LogFormat::json;
  const char* no_colour = std::getenv("NO_COLOR");
  return terminal && !(no_colour && *no_colour) ? LogFormat::text_coloured : LogFormat::text;
}

Level log_level(const Config& config) {
  const std::string& level = config.text("log.level");
  for (Level candidate : {Level::debug, Level::info, Level::success, Level::warn, Level::error}) {
    std::string name(name_of(candidate));
    for (char& c : name) c = char(c >= 'A' && c <= 'Z' ? c + 32 : c);
    if (name == level) return candidate;
  }
  return Level::info;
}

void print_start(const SystemSpec& system, const Config& config, const Application& application) {
  std::string out = fmt::format("\n  {} is up ({})\n\n", system.title, config.text("mode"));
  for (const Application::Address& address : application.addresses())
    out += fmt::format("  {:<14} {:<24} docs {}\n", address.name, address.url, address.docs);
  out += fmt::format("\n  data           {}\n", config.text("host.data"));
  for (const std::string& line : system.start_notes(config)) out += "  " + line + "\n";
  out += "\n  Ctrl-C stops\n\n";
  std::fputs(out.c_str(), stdout);
  std::fflush(stdout);
}

void tell_supervisor() {
  if (::write(ready_descriptor, "ready\n", 6) != 6)
    std::fputs("portico: nobody supervises this process\n", stderr);
}

// Nobody would start it again, and its port and database would be taken when the supervisor is started anew.
void end_with_supervisor() {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  pollfd pipe{.fd = ready_descriptor, .events = POLLOUT, .revents = 0};
  // The supervisor may have died before; nobody holds the other end of its pipe then.
  if (::poll(&pipe, 1, 0) == 1 && pipe.revents & POLLERR) ::raise(SIGTERM);
}

Placement placement_of(const SystemSpec& system, const RunOptions& options, const Config& config) {
  Placement placement = all_of(system);
  if (!options.parts.empty()) {
    placement.gateway = false;
    placement.services.clear();
    for (const std::string& part : options.parts) {
      if (part == "gateway") {
        placement.gateway = true;
      } else if (system.find(part)) {
        placement.services.push_back(part);
      } else {
        throw Error(Code::invalid, "usage.service",
                    fmt::format("{} has no service \"{}\"", system.name, part));
      }
    }
  } else {
    // In one process nobody needs the services' own ports but people in development.
    placement.own_ports = config.text("mode") != "production";
  }
  return placement;
}

// Starts, and stops at the first signal. What goes wrong at the start is handed out.
Task<void> serve(Application* application, RealRuntime* runtime, const std::function<void()>* started,
                 std::optional<Error>* failure) {
  try {
    co_await application->start();
    (*started)();
  } catch (const Error& error) {
    *failure = error;
  } catch (const std::exception& error) {
    *failure = Error(Code::internal, "start.failed", error.what());
  }
  if (*failure) runtime->stop();
}

// Whatever goes wrong with the end, the process ends: its stores bear that at any time.
Task<void> shut_down(Application* application, RealRuntime* runtime, Log* log, Duration drain) {
  try {
    co_await application->stop(runtime->steady() + drain);
  } catch (const std::exception& error) {
    log->write(Level::error, "runtime", "the end was not in order", {{"error", error.what()}});
  }
  runtime->stop();
}

// A store whose disk has failed can only be used by a new process, which whoever supervises this one starts.
Task<void> give_up(std::string service, int* stopped_by, std::optional<Error>* failure, Task<void> end) {
  if (std::exchange(*stopped_by, SIGTERM) != 0) co_return;
  *failure = Error(
      Code::unavailable, "store.failed",
      fmt::format("The disk failed in a commit of the {} service; check it, then start again", service));
  co_await std::move(end);
}

}  // namespace

int run_here(const RunOptions& options) {
  const SystemSpec& system = find_system(options.common.system);
  std::string_view port_of =
      options.parts.size() == 1 ? std::string_view(options.parts[0]) : std::string_view();
  Config config = read_config(system, options.common, port_of);
  RuntimeOptions runtime_options{.reactors = unsigned(config.integer("host.reactors"))};
  std::unique_ptr<RealRuntime> runtime = RealRuntime::make(runtime_options);
  Log log(*runtime, {.format = log_format(config), .level_min = log_level(config)}, standard_output());
  Metrics metrics;
  Tracer tracer;
  Observer observer{log, metrics, tracer};
  runtime->on_task_failure([&log](std::string_view name, std::string_view what) {
    log.write(Level::error, "runtime", "a background task failed", {{"task", name}, {"error", what}});
  });
  log.start(*runtime);
  std::optional<Error> failure;
  int stopped_by = 0;
  const Duration drain = config.duration("host.drain");
  {
    Application application(*runtime, observer, system, config, placement_of(system, options, config));
    std::function<void()> started = [&] {
      if (options.supervised)
        tell_supervisor();
      else
        print_start(system, config, application);
    };
    runtime->on_signal([&](int signal) {
      if (stopped_by) std::_Exit(128 + signal);
      stopped_by = signal;
      runtime->spawn("stop", shut_down(&application, runtime.get(), &log, drain));
    });
    application.on_store_failure([&](const std::string& service) {
      runtime->spawn("stop", give_up(service, &stopped_by, &failure,
                                     shut_down(&application, runtime.get(), &log, drain)));
    });
    if (options.supervised) end_with_supervisor();
    runtime->spawn("start", serve(&application, runtime.get(), &started, &failure));
    runtime->run();
  }
  log.flush();
  if (failure) return report(*failure);
  return done;
}

}  // namespace portico::cli
