#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "cli/run.h"
#include "portico/host/keys.h"
#include "portico/host/supervisor.h"

namespace portico::cli {
namespace {

std::string own_path() {
  char path[4096];
  ssize_t size = ::readlink("/proc/self/exe", path, sizeof path - 1);
  if (size <= 0) throw Error(Code::internal, "program.path", "The program's own path cannot be read");
  return std::string(path, size_t(size));
}

ChildSpec child_of(const std::string& program, const RunOptions& options, const std::string& part) {
  ChildSpec child{.name = part, .arguments = {program, "run", options.common.system, part, "--supervised"}};
  for (const std::string& file : options.common.files) {
    child.arguments.push_back("--config");
    child.arguments.push_back(file);
  }
  for (const auto& [key, value] : options.common.keys) {
    child.arguments.push_back("--set");
    child.arguments.push_back(key + "=" + value);
  }
  return child;
}

void print_start(const SystemSpec& system, const Config& config) {
  std::string out =
      fmt::format("\n  {} is up ({}), a process a service\n\n", system.title, config.text("mode"));
  auto line = [&](const std::string& name, int64_t port, const std::string& docs) {
    std::string url = fmt::format("http://localhost:{}", port);
    out += fmt::format("  {:<14} {:<24} docs {}{}\n", name, url, url, docs);
  };
  line("gateway", config.integer("gateway.port"), "/docs");
  for (const ServiceSpec& service : system.services)
    line(service.name, config.integer(service.name + ".port"), service.docs_path);
  out += fmt::format("\n  data           {}\n", config.text("host.data"));
  for (const std::string& note : system.start_notes(config)) out += "  " + note + "\n";
  out += "\n  Ctrl-C stops\n\n";
  std::fputs(out.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

int run_split(const RunOptions& options) {
  const SystemSpec& system = find_system(options.common.system);
  Config config = read_config(system, options.common);
  {
    // Made once, before several processes would make them side by side.
    std::unique_ptr<RealRuntime> runtime = RealRuntime::make({.reactors = 1});
    load_keys(system, config, *runtime, true);
  }
  std::string program = own_path();
  std::vector<ChildSpec> children;
  for (const ServiceSpec& service : system.services)
    children.push_back(child_of(program, options, service.name));
  children.push_back(child_of(program, options, "gateway"));
  SupervisorOptions limits{.stop_timeout = config.duration("host.drain") + std::chrono::seconds(5)};
  SupervisorEvents events{.all_ready = [&] { print_start(system, config); },
                          .started = {},
                          .died =
                              [](const std::string& name, const std::string& how) {
                                std::fprintf(stderr, "portico: %s ended (%s)\n", name.c_str(), how.c_str());
                              }};
  return supervise(children, limits, events);
}

}  // namespace portico::cli
