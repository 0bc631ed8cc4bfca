#include "portico/host/backup.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "portico/host/files.h"
#include "portico/schema/json.h"
#include "portico/security/digest.h"
#include "portico/store/sqlite/snapshot.h"

namespace portico {
namespace {

namespace fs = std::filesystem;

constexpr int tries_max = 200;  // to find all stores between two commits
constexpr Duration try_pause = std::chrono::milliseconds(10);
constexpr int pages_at_once = 256;  // a mebibyte; then the pool is free for a commit
constexpr std::string_view manifest_name = "manifest.json";

using Snapshots = std::vector<std::unique_ptr<sqlite::Snapshot>>;

std::vector<std::string> database_paths(const SystemSpec& system, const std::string& data) {
  std::vector<std::string> paths;
  for (const ServiceSpec& spec : system.services) {
    paths.push_back(data + "/" + spec.name + ".db");
    if (!fs::exists(paths.back()))
      throw Error(not_found, "store.missing", "There is no database " + paths.back());
  }
  return paths;
}

void check_space(const std::vector<std::string>& paths, const std::string& folder) {
  uintmax_t needed = 0;
  for (const std::string& path : paths) {
    std::error_code no_log;
    const uintmax_t log = fs::file_size(path + "-wal", no_log);
    needed += fs::file_size(path) + (no_log ? 0 : log);
  }
  if (const fs::space_info space = fs::space(folder); space.available < needed)
    throw Error(
        conflict, "backup.space",
        fmt::format("The backup needs {} bytes, but {} has {} left", needed, folder, space.available));
}

Task<Snapshots> snapshots_of(Runtime& runtime, std::vector<std::string> paths) {
  std::optional<Snapshots> snapshots;
  for (int i = 0; i < tries_max && !snapshots; ++i) {
    if (i > 0) co_await runtime.sleep(try_pause);
    co_await runtime.offload([&] { snapshots = sqlite::try_snapshots(paths); });
  }
  if (!snapshots)
    throw Error(unavailable, "backup.busy", "The stores are too busy for a backup; try again shortly");
  co_return std::move(*snapshots);
}

void check_copy(const std::string& path) {
  for (const std::string& fault : sqlite::faults_of_copy(path, 1))
    throw Error(conflict, "backup.damaged", fmt::format("The file {} is damaged: {}", path, fault));
}

Task<BackupFile> save(Runtime& runtime, std::string service, sqlite::Snapshot* snapshot, std::string folder) {
  BackupFile file{.service = service, .file = service + ".db"};
  const std::string target = folder + "/" + file.file;
  co_await runtime.offload([&] {
    const sqlite::FileState state = snapshot->state();
    file.format = state.format;
    file.migration = state.migration;
    file.newest_event = state.newest_event;
    snapshot->begin_copy(target);
  });
  for (bool complete = false; !complete;)
    co_await runtime.offload([&] { complete = snapshot->copy_some(pages_at_once); });
  co_await runtime.offload([&] {
    check_copy(target);
    fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write);
    file.bytes = int64_t(fs::file_size(target));
    file.sha256 = security::hex(security::sha256_of_file(target));
  });
  co_return file;
}

// Removed with what it holds, unless it has been kept.
struct PartialFolder {
  std::string path;
  ~PartialFolder() {
    std::error_code gone;
    if (!path.empty()) fs::remove_all(path, gone);
  }
  void keep_as(const std::string& name) {
    sync_path(path);
    rename_synced(path, name);
    path.clear();
  }
};

std::string free_name(const std::string& wanted) {
  std::string name = wanted;
  for (int i = 2; fs::exists(name); ++i) name = fmt::format("{}-{}", wanted, i);
  return name;
}

}  // namespace

int64_t Backup::bytes() const {
  int64_t sum = 0;
  for (const BackupFile& file : manifest.files) sum += file.bytes;
  return sum;
}

Task<Backup> take_backup(Runtime& runtime, const SystemSpec& system, BackupPlan plan) {
  const std::vector<std::string> paths = database_paths(system, plan.data);
  make_private_folder(plan.to);
  check_space(paths, plan.to);
  Snapshots snapshots = co_await snapshots_of(runtime, paths);
  Backup backup{.manifest = {.system = system.name, .taken_at = runtime.now(), .keys = plan.with_keys}};
  backup.path = free_name(plan.to + "/" + system.name + "-" + stamp_of(backup.manifest.taken_at));
  PartialFolder partial{backup.path + ".partial"};
  make_private_folder(partial.path);
  for (size_t i = 0; i < paths.size(); ++i) {
    backup.manifest.files.push_back(
        co_await save(runtime, system.services[i].name, snapshots[i].get(), partial.path));
    snapshots[i].reset();  // the store's log may start anew
  }
  co_await runtime.offload([&] {
    if (plan.with_keys) copy_folder_synced(plan.data + "/keys", partial.path + "/keys");
    write_synced(partial.path + "/" + std::string(manifest_name), schema::to_json(backup.manifest) + "\n");
    partial.keep_as(backup.path);
  });
  co_return backup;
}

Backup read_backup(const std::string& path) {
  const std::string name = path + "/" + std::string(manifest_name);
  if (!fs::exists(name))
    throw Error(Code::invalid, "backup.unreadable", path + " is no backup: it has no " + name);
  auto manifest = schema::from_json<BackupManifest>(read_file(name));
  if (!manifest || manifest->manifest != 1)
    throw Error(Code::invalid, "backup.unreadable",
                name + " cannot be read by this program; it is damaged or of a newer one");
  for (const BackupFile& file : manifest->files)
    if (file.file != file.service + ".db" || file.file.contains('/'))
      throw Error(Code::invalid, "backup.unreadable",
                  name + " names a file that is no database: " + file.file);
  return {.path = path, .manifest = std::move(*manifest)};
}

std::vector<Backup> list_backups(const std::string& folder, std::string_view system) {
  std::vector<Backup> backups;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(std::string(system) + "-") || name.ends_with(".partial")) continue;
    try {
      Backup backup = read_backup(entry.path());
      if (backup.manifest.system == system) backups.push_back(std::move(backup));
    } catch (const Error&) {
      // No whole backup, so none to restore from and none to count.
    }
  }
  std::ranges::sort(backups, [](const Backup& a, const Backup& b) {
    return std::tie(a.manifest.taken_at, a.path) > std::tie(b.manifest.taken_at, b.path);
  });
  return backups;
}

size_t prune_backups(const std::string& folder, std::string_view system, size_t keep) {
  std::vector<Backup> backups = list_backups(folder, system);
  size_t removed = 0;
  for (size_t i = keep; i < backups.size(); ++i, ++removed) fs::remove_all(backups[i].path);
  return removed;
}

void check_backup(const Backup& backup) {
  for (const BackupFile& file : backup.manifest.files) {
    const std::string path = backup.path + "/" + file.file;
    auto damaged = [&](const char* what) {
      return Error(conflict, "backup.damaged", fmt::format("The file {} {}", path, what));
    };
    std::error_code missing;
    const auto bytes = int64_t(fs::file_size(path, missing));
    if (missing) throw damaged("is missing");
    if (bytes != file.bytes) throw damaged("has another size than the manifest says");
    if (security::hex(security::sha256_of_file(path)) != file.sha256)
      throw damaged("is damaged: its SHA-256 is not that of the manifest");
    check_copy(path);
  }
}

}  // namespace portico
