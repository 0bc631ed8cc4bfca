// Copies of databases as they were at one moment, made while their stores go on.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "portico/store/sqlite/inspect.h"

namespace portico::sqlite {

// What a database held at one moment, for as long as this object lives; meanwhile its log is not started
// anew, and so grows. To be used by one thread at a time; every member blocks on the disk.
class Snapshot {
 public:
  // Opens the file; its content is not held yet. Throws Error.
  explicit Snapshot(std::string path);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  void take();
  FileState state();
  // Begins a copy into a new file; `copy_some` adds at most that many pages and says whether it is complete,
  // synced and closed.
  void begin_copy(const std::string& target);
  bool copy_some(int pages);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Snapshots of all files at one moment: no store commits between the first and the last, for the lock under
// which commits are made is held on every file meanwhile. Nothing where a store would not let go in the short
// time that is tried; ask again then. Commits wait for some milliseconds at most. `between` is called between
// two snapshots, for tests.
std::optional<std::vector<std::unique_ptr<Snapshot>>> try_snapshots(
    const std::vector<std::string>& paths, const std::function<void()>& between = {});

// What is broken in a copy that nobody has open: at most `max` lines, none when it is sound.
std::vector<std::string> faults_of_copy(const std::string& path, size_t max);

}  // namespace portico::sqlite
