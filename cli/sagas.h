// `portico sagas`: what long-running changes are open in a running system, and what is to become of them.
#pragma once

#include "cli/command.h"

namespace portico::cli {

struct SagasOptions {
  std::string service;  // empty: all, or for one saga the service that has it
  std::string id;       // "order.place:0199…", as the list prints it
  bool only_stuck = false;
  int limit = 50;  // of each service
};

// The open sagas, those that are due first. What answers is printed even where a service does not; then it is
// try_again.
int list_sagas(const CommonOptions& options, const SagasOptions& wanted);
// One of them: failed where there is none.
int show_saga(const CommonOptions& options, const SagasOptions& wanted);
int retry_saga(const CommonOptions& options, const SagasOptions& wanted);
// Refused where there is no way back.
int compensate_saga(const CommonOptions& options, const SagasOptions& wanted);

}  // namespace portico::cli
