// Inside sim/ only: files of the simulated disk, and what a process has open of them.
#pragma once

#include <sqlite3.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "portico/sim/disk.h"

namespace portico::sim {

inline constexpr size_t sector_bytes = 512;

// The index of a write-ahead log, shared by the connections of one process.
struct SharedMemory {
  static constexpr int locks = SQLITE_SHM_NLOCK;
  std::vector<std::vector<char>> regions;
  std::array<int, locks> readers{};
  std::array<const Disk::Handle*, locks> writer{};
  int users = 0;
};

struct Disk::File {
  // What was done to the file since it was synced last.
  struct Change {
    bool cut = false;    // to `offset` bytes
    int64_t offset = 0;  // of `bytes`
    std::string bytes;
  };
  std::string content;  // as readers see it
  std::string durable;
  std::vector<Change> pending;
  bool dead = false;  // its process has died, and the file lives on in another object

  // The locks of SQLite's rollback mode.
  int readers = 0;
  const Handle* reserved = nullptr;
  const Handle* exclusive = nullptr;  // or about to be
  std::shared_ptr<SharedMemory> memory;

  void write(int64_t offset, std::string_view bytes);
  void cut(int64_t size);
};

// Where SQLite keeps it: `base` comes first.
struct Disk::Handle {
  sqlite3_file base{};
  Disk* disk = nullptr;
  std::shared_ptr<File> file;
  std::string process, path;
  int lock = SQLITE_LOCK_NONE;
  bool names_folder = false;  // its first sync also syncs the folder
  bool removes = false;       // when it is closed
  std::shared_ptr<SharedMemory> memory;
  uint32_t shared_locks = 0, exclusive_locks = 0;  // of the memory, a bit each
};

// Applies a change to the text of a file.
void apply(std::string& text, int64_t offset, std::string_view bytes);

// The process that a path belongs to.
std::string_view process_of(std::string_view path);

// What SQLite calls for an open file, and for the file system `disk`.
const sqlite3_io_methods& disk_file_methods();
sqlite3_vfs disk_file_system(Disk& disk, const char* name);

}  // namespace portico::sim
