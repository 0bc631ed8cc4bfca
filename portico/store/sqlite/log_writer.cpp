#include "portico/store/sqlite/log_writer.h"

#include <sqlite3.h>

#include <memory>
#include <new>
#include <vector>

namespace portico::sqlite {
namespace {

constexpr size_t gathered_bytes_max = 120 * 1024;  // SQLite's files for Unix cannot write 128 KiB at once
constexpr int file_bytes = 1024;                   // room for a file of the system below

// What is gathered of one log. Used by one connection, so by one thread at a time.
class Log {
 public:
  explicit Log(const sqlite3_vfs& below) : memory_(size_t(below.szOsFile)) {}
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(memory_.data()); }
  const sqlite3_io_methods& methods() { return *real()->pMethods; }

  int write(const char* bytes, size_t count, sqlite3_int64 offset) {
    const bool follows = offset == begin_ + sqlite3_int64(gathered_.size());
    if (!gathered_.empty() && (!follows || gathered_.size() + count > gathered_bytes_max))
      if (const int result_code = flush(); result_code != SQLITE_OK) return result_code;
    if (gathered_.empty()) begin_ = offset;
    gathered_.insert(gathered_.end(), bytes, bytes + count);
    return SQLITE_OK;
  }

  int flush() {
    if (gathered_.empty()) return SQLITE_OK;
    const int result_code = methods().xWrite(real(), gathered_.data(), int(gathered_.size()), begin_);
    gathered_.clear();  // SQLite gives up a transaction whose log could not be written
    return result_code;
  }

 private:
  std::vector<char> memory_;  // of the file below
  std::vector<char> gathered_;
  sqlite3_int64 begin_ = 0;  // where what is gathered belongs
};

struct LogFile {
  sqlite3_file base;
  Log* log;
};

Log& log_of(sqlite3_file* file) { return *reinterpret_cast<LogFile*>(file)->log; }

// A method of the file below that sees everything written before.
template <auto Member>
struct Flushed;
template <class... A, int (*sqlite3_io_methods::*Member)(sqlite3_file*, A...)>
struct Flushed<Member> {
  static int call(sqlite3_file* file, A... arguments) {
    Log& log = log_of(file);
    if (const int result_code = log.flush(); result_code != SQLITE_OK) return result_code;
    return (log.methods().*Member)(log.real(), arguments...);
  }
};

int write_log(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) try {
  return log_of(file).write(static_cast<const char*>(bytes), size_t(count), offset);
} catch (const std::bad_alloc&) {
  return SQLITE_IOERR_NOMEM;
}

int close_log(sqlite3_file* file) {
  const std::unique_ptr<Log> log(&log_of(file));
  const int flushed = log->flush();
  const int closed = log->methods().xClose(log->real());
  return flushed != SQLITE_OK ? flushed : closed;
}

const sqlite3_io_methods log_methods = [] {
  sqlite3_io_methods methods{};
  methods.iVersion = 1;
  methods.xClose = &close_log;
  methods.xRead = &Flushed<&sqlite3_io_methods::xRead>::call;
  methods.xWrite = &write_log;
  methods.xTruncate = &Flushed<&sqlite3_io_methods::xTruncate>::call;
  methods.xSync = &Flushed<&sqlite3_io_methods::xSync>::call;
  methods.xFileSize = &Flushed<&sqlite3_io_methods::xFileSize>::call;
  methods.xLock = &Flushed<&sqlite3_io_methods::xLock>::call;
  methods.xUnlock = &Flushed<&sqlite3_io_methods::xUnlock>::call;
  methods.xCheckReservedLock = &Flushed<&sqlite3_io_methods::xCheckReservedLock>::call;
  methods.xFileControl = &Flushed<&sqlite3_io_methods::xFileControl>::call;
  methods.xSectorSize = &Flushed<&sqlite3_io_methods::xSectorSize>::call;
  methods.xDeviceCharacteristics = &Flushed<&sqlite3_io_methods::xDeviceCharacteristics>::call;
  return methods;
}();

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) try {
  sqlite3_vfs* below = sqlite3_vfs_find(nullptr);
  if (below->szOsFile > file_bytes) return SQLITE_CANTOPEN;
  if (!(flags & SQLITE_OPEN_WAL)) return below->xOpen(below, name, file, flags, flags_out);
  file->pMethods = nullptr;
  auto log = std::make_unique<Log>(*below);
  const int result_code = below->xOpen(below, name, log->real(), flags, flags_out);
  if (result_code != SQLITE_OK) {
    if (log->real()->pMethods) log->methods().xClose(log->real());
    return result_code;
  }
  *reinterpret_cast<LogFile*>(file) = {{&log_methods}, log.release()};
  return SQLITE_OK;
} catch (const std::bad_alloc&) {
  return SQLITE_IOERR_NOMEM;
}

}  // namespace

const char* gathering_file_system() {
  static sqlite3_vfs system = [] {
    sqlite3_vfs above = *sqlite3_vfs_find(nullptr);
    above.szOsFile = file_bytes;
    above.pNext = nullptr;
    above.zName = "portico";
    above.xOpen = &open_file;
    return above;
  }();
  static const int registered = sqlite3_vfs_register(&system, 0);
  return registered == SQLITE_OK ? system.zName : nullptr;
}

}  // namespace portico::sqlite
