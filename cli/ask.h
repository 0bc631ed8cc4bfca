// Commands that ask a running system: status, call, seed, mail.
#pragma once

#include "cli/command.h"

namespace portico::cli {

// The health board; not_ready when something is unhealthy or nothing answers.
int ask_status(const CommonOptions& options);

struct CallOptions {
  std::string endpoint;                // "product.read"
  std::vector<std::string> arguments;  // name=value: path and query parameters, or members of the body
  std::string body;                    // JSON; overrides arguments for bodies
  std::string token_file;              // a user's bearer token; without it the call is internal
};
// Calls one endpoint and prints the answer's body; failed when the status is not 2xx.
int ask_call(const CommonOptions& options, const CallOptions& call);

int ask_seed(const CommonOptions& options);
int ask_mail_list(const CommonOptions& options, const std::string& to, int limit);
int ask_mail_show(const CommonOptions& options, const std::string& id);

}  // namespace portico::cli
