#include "cli/one_shot.h"

#include <cstdio>

namespace portico::cli {
namespace {

Task<void> run(Bench* bench, const std::function<Task<int>(Bench&)>* work, int* code,
               std::optional<Error>* failure) {
  try {
    *code = co_await (*work)(*bench);
  } catch (const Error& error) {
    *failure = error;
  } catch (const std::exception& error) {
    *failure = Error(Code::internal, "command.failed", error.what());
  }
  bench->runtime.stop();
}

Task<int> operate(Bench* bench, const std::function<Task<int>(Operator&)>* work) {
  Operator op(bench->runtime, bench->observer, bench->system, bench->config);
  co_return co_await (*work)(op);
}

}  // namespace

int run_once(const CommonOptions& options, std::function<Task<int>(Bench& bench)> work) {
  const SystemSpec& system = find_system(options.system);
  Config config = read_config(system, options);
  std::unique_ptr<RealRuntime> runtime = RealRuntime::make({.reactors = 1});
  Log log(*runtime, {.format = LogFormat::text, .level_min = Level::error},
          [](std::string_view lines) { std::fwrite(lines.data(), 1, lines.size(), stderr); });
  Metrics metrics;
  Tracer tracer(16);
  Observer observer{log, metrics, tracer};
  Bench bench{*runtime, observer, system, config};
  int code = done;
  std::optional<Error> failure;
  runtime->spawn("command", run(&bench, &work, &code, &failure));
  runtime->run();
  if (failure) return report(*failure);
  return code;
}

int with_operator(const CommonOptions& options, std::function<Task<int>(Operator& op)> work) {
  return run_once(options, [&work](Bench& bench) { return operate(&bench, &work); });
}

}  // namespace portico::cli
