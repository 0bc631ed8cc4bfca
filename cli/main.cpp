// `portico`: one program that runs, shows and operates every system.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/run.h"

namespace portico::cli {
namespace {

void add_common(CLI::App* command, CommonOptions& options) {
  command->add_option("system", options.system, "the system: shop")->capture_default_str();
  command->add_option("--config", options.files, "a configuration file (TOML); later ones win");
  command->add_option_function<std::vector<std::string>>(
      "--set",
      [&options](const std::vector<std::string>& settings) {
        for (const std::string& setting : settings) {
          size_t equals = setting.find('=');
          if (equals == setting.npos) throw CLI::ValidationError("--set", "needs key=value, not " + setting);
          options.keys[setting.substr(0, equals)] = setting.substr(equals + 1);
        }
      },
      "one configuration value: key=value");
  command->add_option_function<std::string>(
      "--data", [&options](const std::string& path) { options.keys["host.data"] = path; },
      "folder of databases and keys");
  command->add_option_function<std::string>(
      "--mode", [&options](const std::string& mode) { options.keys["mode"] = mode; },
      "development or production");
}

int run(int argc, char** argv) {
  CLI::App app{"Runs a backend of many services behind one gateway, as one process or as many.", "portico"};
  app.require_subcommand(1);
  int result = done;
  RunOptions up;
  CLI::App* up_command = app.add_subcommand("up", "start a system in the foreground");
  add_common(up_command, up.common);
  bool split = false;
  up_command->add_flag("--split", split, "a process a service, supervised from here");
  up_command->callback([&] { result = split ? run_split(up) : run_here(up); });
  RunOptions one;
  CLI::App* run_command = app.add_subcommand("run", "start one or some services of a system, for containers");
  add_common(run_command, one.common);
  run_command->add_option("parts", one.parts, "services, or gateway")->required();
  run_command->add_flag("--supervised", one.supervised, "started by up --split")->group("");
  run_command->callback([&] { result = run_here(one); });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    int code = app.exit(error);
    return code == 0 ? done : wrong_usage;
  }
  return result;
}

}  // namespace
}  // namespace portico::cli

int main(int argc, char** argv) {
  try {
    return portico::cli::run(argc, argv);
  } catch (const portico::Error& error) {
    return portico::cli::report(error);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "portico: %s\n", error.what());
    return portico::cli::failed;
  }
}
