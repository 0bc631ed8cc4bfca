// Backups of a system's data folder: taken while it runs or not, checked, restored
// (docs/decisions/0009-a-backup-is-one-moment.md).
#pragma once

#include <string>
#include <vector>

#include "portico/host/verify.h"

namespace portico {

// One database of a backup.
struct BackupFile {
  std::string service, file;  // "order", "order.db"
  int64_t bytes = 0;
  std::string sha256;
  int64_t format = 0, migration = 0;  // of the schema: the engine's tables, the highest migration
  int64_t newest_event = 0;           // sequence of the newest event published
};
PORTICO_DESCRIBE(BackupFile, service, file, bytes, sha256, format, migration, newest_event)

// manifest.json: written last, so a folder without it is no backup.
struct BackupManifest {
  int64_t manifest = 1;  // its own form
  std::string system;
  Time taken_at;  // the moment of which all files are
  bool keys = false;
  std::vector<BackupFile> files;
};
PORTICO_DESCRIBE(BackupManifest, manifest, system, taken_at, keys, files)

struct Backup {
  std::string path;
  BackupManifest manifest;
  int64_t bytes() const;
};

struct BackupPlan {
  std::string data;  // the system's data folder
  std::string to;    // a folder <system>-<time> is made in it
  bool with_keys = false;
};

// Copies the databases of all services as they are at one moment, whether the system runs or not, and checks
// the copies. What fails leaves nothing behind. Throws Error: store.missing, backup.busy, backup.damaged,
// backup.space, store.….
Task<Backup> take_backup(Runtime& runtime, const SystemSpec& system, BackupPlan plan);

// The newest first; what is no whole backup of the system is left out.
std::vector<Backup> list_backups(const std::string& folder, std::string_view system);
// Removes all but the newest `keep`; says how many.
size_t prune_backups(const std::string& folder, std::string_view system, size_t keep);

// Reads the manifest; throws Error(invalid, "backup.unreadable").
Backup read_backup(const std::string& path);
// Compares sizes and digests with the manifest and looks into the files; throws Error(conflict,
// "backup.damaged") naming the first file that is not as it was. Blocks on the disk.
void check_backup(const Backup& backup);

struct RestorePlan {
  std::string from;
  std::string data;    // the folder to make
  bool force = false;  // an old one is moved aside
};

// Puts the databases of a backup, and its keys or those of the old folder, in the place of a data folder, as
// a whole or not at all, and says what the invariants find. Throws Error: backup.…, restore.not_empty,
// system.running, store.newer, ….
Task<VerifyReport> restore_backup(Runtime& runtime, Observer& observer, const SystemSpec& system,
                                  RestorePlan plan);

}  // namespace portico
