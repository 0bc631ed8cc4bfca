#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "portico/host/backup.h"
#include "portico/host/files.h"
#include "portico/store/sqlite/inspect.h"

namespace portico {
namespace {

namespace fs = std::filesystem;

// The old data folder, as far as it stands in the way.
struct OldData {
  bool exists = false;
  bool has_keys = false;
  bool has_more = false;
};

OldData look_at(const std::string& data) {
  OldData old{.exists = fs::exists(data)};
  if (!old.exists) return old;
  for (const auto& entry : fs::directory_iterator(data))
    (entry.path().filename() == "keys" ? old.has_keys : old.has_more) = true;
  return old;
}

void check_place(const SystemSpec& system, const RestorePlan& plan, const OldData& old) {
  for (const ServiceSpec& spec : system.services) {
    const std::string path = plan.data + "/" + spec.name + ".db";
    if (fs::exists(path) && sqlite::is_in_use(path))
      throw Error(conflict, "system.running",
                  fmt::format("The {} is running on {}; stop it first", system.name, plan.data));
  }
  if (old.has_more && !plan.force)
    throw Error(conflict, "restore.not_empty",
                fmt::format("The folder {} is not empty. Name another with --data, or move it aside with "
                            "--force",
                            plan.data));
}

void check_complete(const SystemSpec& system, const Backup& backup) {
  if (backup.manifest.system != system.name)
    throw Error(conflict, "backup.other_system",
                fmt::format("{} is a backup of {}", backup.path, backup.manifest.system));
  for (const ServiceSpec& spec : system.services)
    if (std::ranges::find(backup.manifest.files, spec.name, &BackupFile::service) ==
        backup.manifest.files.end())
      throw Error(conflict, "backup.incomplete",
                  fmt::format("{} has no database of the {} service", backup.path, spec.name));
}

void fill(const Backup& backup, const RestorePlan& plan, const OldData& old, const std::string& folder) {
  fs::remove_all(folder);
  make_private_folder(folder);
  for (const BackupFile& file : backup.manifest.files)
    copy_synced(backup.path + "/" + file.file, folder + "/" + file.file);
  if (backup.manifest.keys)
    copy_folder_synced(backup.path + "/keys", folder + "/keys");
  else if (old.has_keys)
    copy_folder_synced(plan.data + "/keys", folder + "/keys");
}

void put_in_place(const RestorePlan& plan, const OldData& old, const std::string& folder, Time now) {
  sync_path(folder);
  if (old.has_more)
    rename_synced(plan.data, plan.data + ".before-" + stamp_of(now));
  else
    fs::remove_all(plan.data);
  rename_synced(folder, plan.data);
}

}  // namespace

Task<VerifyReport> restore_backup(Runtime& runtime, Observer& observer, const SystemSpec& system,
                                  RestorePlan plan) {
  while (plan.data.size() > 1 && plan.data.ends_with('/')) plan.data.pop_back();
  const Backup backup = read_backup(plan.from);
  check_complete(system, backup);
  const OldData old = look_at(plan.data);
  check_place(system, plan, old);
  co_await runtime.offload([&] { check_backup(backup); });
  const std::string folder = plan.data + ".restoring";
  std::optional<Error> failure;
  VerifyReport report;
  try {
    co_await runtime.offload([&] { fill(backup, plan, old, folder); });
    // Opening brings the copies to the program's form, or refuses those of a newer one.
    report = co_await verify(runtime, observer, system, stores_in(runtime, observer, folder));
    co_await runtime.offload([&] { put_in_place(plan, old, folder, runtime.now()); });
  } catch (const Error& error) {
    failure = error;
  }
  if (!failure) co_return report;
  std::error_code gone;
  fs::remove_all(folder, gone);
  throw *failure;
}

}  // namespace portico
