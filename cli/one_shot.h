// A runtime for one piece of work: commands that ask a running system something and end.
#pragma once

#include <functional>

#include "cli/command.h"
#include "portico/host/operator.h"

namespace portico::cli {

// Runs `work` with an operator of the system and returns its exit code. Logs below warn are not written.
int with_operator(const CommonOptions& options, std::function<Task<int>(Operator& op)> work);

}  // namespace portico::cli
