// Commands that show what a system is, without starting or asking it: config, routes, openapi, version.
#pragma once

#include "cli/command.h"

namespace portico::cli {

int show_config(const CommonOptions& options);
int show_routes(const CommonOptions& options, const std::string& service);
int show_openapi(const CommonOptions& options, const std::string& service);
int show_version(bool json);

}  // namespace portico::cli
