// A runtime for one piece of work: commands that ask a running system something and end.
#pragma once

#include <functional>

#include "cli/command.h"
#include "portico/host/operator.h"

namespace portico::cli {

// What a command works with, for as long as it runs.
struct Bench {
  RealRuntime& runtime;
  Observer& observer;
  const SystemSpec& system;
  const Config& config;
};

// Runs `work` on a runtime of its own and returns its exit code. Logs below error are not written.
int run_once(const CommonOptions& options, std::function<Task<int>(Bench& bench)> work);

// Runs `work` with an operator of the system and returns its exit code.
int with_operator(const CommonOptions& options, std::function<Task<int>(Operator& op)> work);

}  // namespace portico::cli
