// The disk of a simulation: an SQLite file system in memory that forgets what was not synced when the power
// is cut, and fails on demand.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "portico/runtime/runtime.h"
#include "portico/schema/describe.h"

namespace portico::sim {

// What becomes of a process's writes that were not synced when it dies.
enum class PowerCut {
  keep_all,   // the process was killed, the machine lives: all of them stay
  lose_all,   // none stays
  lose_some,  // any of their sectors may stay
  tear,       // as lose_some, and one sector stays in part
};
PORTICO_DESCRIBE_ENUM(PowerCut, keep_all, lose_all, lose_some, tear)

enum class DiskOperation { read, write, sync, truncate, remove };

// What the disk is asked to do, by whom.
struct DiskAccess {
  std::string_view process;
  std::string_view path;
  DiskOperation operation;
};

enum class DiskVerdict { proceed, io_error, full };

// Sees every access. May crash the process: the access then has no effect where it is called before, and all
// of its effect where it is called after. Only `before` sees reads.
class DiskWatch {
 public:
  virtual ~DiskWatch() = default;
  virtual DiskVerdict before(const DiskAccess& access) = 0;
  virtual void after(const DiskAccess& access) = 0;
};

// Files belong to the process that their path begins with: "order/order.db". One thread.
//
// A write is seen at once by all who read, and durable with the next sync of its file. Making and deleting a
// file is durable with the next sync of its folder, as SQLite does it: with the first sync of a new log or
// journal, and with a deletion that asks for it.
class Disk {
 public:
  struct File;
  struct Handle;
  // The files of a disk at rest.
  using Image = std::map<std::string, std::string>;

  // Accesses are noted in the event hash of `runtime`. `seed` feeds SQLite's own random numbers.
  Disk(SimRuntime& runtime, uint64_t seed, const Image& image = {});
  ~Disk();  // every file must be closed
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  // Under which SQLite finds it.
  const std::string& file_system() const { return name_; }
  void set_watch(DiskWatch* watch) { watch_ = watch; }

  // From here on what the process has open is dead: nothing done with it has an effect. What was not synced
  // stays or is lost as `cut` says. Nothing can be opened until `restart`.
  void crash(std::string_view process, PowerCut cut, Random& random);
  void restart(std::string_view process);

  // Every file as a reader sees it, whether synced or not.
  Image image() const;
  // A planted fault: syncs do nothing but say that they have worked.
  void ignore_syncs() { syncs_ignored_ = true; }

  struct Counts {
    uint64_t reads = 0, writes = 0, syncs = 0, lost_sectors = 0, torn_sectors = 0;
  };
  const Counts& counts() const { return counts_; }

  // What the file system calls.
  int open(const char* path, int flags, Handle* handle);
  int remove(const char* path, bool sync_folder);
  bool exists(std::string_view path) const { return names_.contains(path); }
  DiskVerdict begin(const Handle& handle, DiskOperation operation);
  void end(const Handle& handle, DiskOperation operation, int64_t offset, std::string_view bytes);
  void sync(Handle& handle);
  void fill_random(std::span<std::byte> bytes);
  Counts& counted() { return counts_; }

 private:
  using Names = std::map<std::string, std::shared_ptr<File>, std::less<>>;
  void sync_folder(std::string_view process);
  void keep_names(std::string_view process);
  void settle(File& file, PowerCut cut, Random& random);

  SimRuntime& runtime_;
  struct Registration;
  std::unique_ptr<Registration> registration_;
  std::string name_;
  std::unique_ptr<Random> random_;
  DiskWatch* watch_ = nullptr;
  Names names_;    // as readers see them
  Names durable_;  // as they were when their folder was synced last
  std::set<std::string, std::less<>> down_;
  bool syncs_ignored_ = false;
  Counts counts_;
};

}  // namespace portico::sim
