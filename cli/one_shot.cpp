#include "cli/one_shot.h"

#include <cstdio>

namespace portico::cli {
namespace {

Task<void> run(RealRuntime* runtime, Operator* op, const std::function<Task<int>(Operator&)>* work, int* code,
               std::optional<Error>* failure) {
  try {
    *code = co_await (*work)(*op);
  } catch (const Error& error) {
    *failure = error;
  } catch (const std::exception& error) {
    *failure = Error(Code::internal, "command.failed", error.what());
  }
  runtime->stop();
}

}  // namespace

int with_operator(const CommonOptions& options, std::function<Task<int>(Operator& op)> work) {
  const SystemSpec& system = find_system(options.system);
  Config config = read_config(system, options);
  std::unique_ptr<RealRuntime> runtime = RealRuntime::make({.reactors = 1});
  Log log(*runtime, {.format = LogFormat::text, .level_min = Level::error},
          [](std::string_view lines) { std::fwrite(lines.data(), 1, lines.size(), stderr); });
  Metrics metrics;
  Tracer tracer(16);
  Observer observer{log, metrics, tracer};
  int code = done;
  std::optional<Error> failure;
  {
    Operator op(*runtime, observer, system, config);
    runtime->spawn("command", run(runtime.get(), &op, &work, &code, &failure));
    runtime->run();
  }
  if (failure) return report(*failure);
  return code;
}

}  // namespace portico::cli
