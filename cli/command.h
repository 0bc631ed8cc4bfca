// What all commands of `portico` share: systems by name, configuration from its sources, exit codes.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "portico/host/application.h"

namespace portico::cli {

// docs: 3.3 of the conventions in docs/guide/command-line.md.
enum ExitCode {
  done = 0,
  failed = 1,
  wrong_usage = 2,
  not_ready = 3,
  config_invalid = 4,
  migrations_pending = 5,
  refused = 6,
  try_again = 75,
  interrupted = 130,
  terminated = 143,
};

// What the command line says about the configuration, whichever command it is for.
struct CommonOptions {
  std::string system = "shop";
  std::vector<std::string> files;           // --config FILE
  std::map<std::string, std::string> keys;  // --set key=value and the short flags, by key
  bool json = false;
};

// The system of that name. Throws Error(invalid, "system.unknown") with the nearest name.
const SystemSpec& find_system(std::string_view name);
std::vector<std::string> system_names();

// Built-in < <system>.toml in the working folder < files < environment < flags. `port_of` is the service that
// PORT means (one service a process), or empty.
Config read_config(const SystemSpec& system, const CommonOptions& options, std::string_view port_of = {});

// The exit code that an error ends the program with, after its message has gone to standard error.
int report(const Error& error);

}  // namespace portico::cli
