// `portico backup` and `portico restore`.
#pragma once

#include "cli/command.h"

namespace portico::cli {

struct BackupArguments {
  std::string to;  // empty: backup.folder
  bool with_keys = false;
};
// Saves the databases of a system, running or not, and prints where.
int back_up(const CommonOptions& options, const BackupArguments& arguments);
int list_backups(const CommonOptions& options);

struct RestoreArguments {
  std::string from;
  bool force = false;
};
// Makes a data folder from a backup and prints what its check has found; failed when something is violated.
int restore(const CommonOptions& options, const RestoreArguments& arguments);

}  // namespace portico::cli
