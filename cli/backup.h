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
  std::string service;  // only this one, which is quarantined then
  bool force = false;
};
// Makes a data folder from a backup and prints what its check has found; failed when something is violated.
int restore(const CommonOptions& options, const RestoreArguments& arguments);

// How a service in quarantine differs from what the others know; failed when it does.
int reconcile_service(const CommonOptions& options, const std::string& service);
int release_service(const CommonOptions& options, const std::string& service);

}  // namespace portico::cli
