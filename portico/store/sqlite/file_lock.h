// Inside store/sqlite only: one process, and one handle in it, owns a database file.
#pragma once

#include <string>

namespace portico::sqlite {

// An advisory lock on `path`.lock, held until this object dies (the system also drops it with the process).
// Throws Error(conflict, "store.locked") when somebody else holds it, "store.read_only" or
// "store.cannot_open" when the lock file cannot be made.
class FileLock {
 public:
  explicit FileLock(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace portico::sqlite
