#include "portico/store/sqlite/log_writer.h"

#include <sqlite3.h>

#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

#include "portico/base/planted.h"

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

int sync_log(sqlite3_file* file, int flags) {
  if (planted(Plant::sync_skipped)) return log_of(file).flush();
  return Flushed<&sqlite3_io_methods::xSync>::call(file, flags);
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
  methods.xSync = &sync_log;
  methods.xFileSize = &Flushed<&sqlite3_io_methods::xFileSize>::call;
  methods.xLock = &Flushed<&sqlite3_io_methods::xLock>::call;
  methods.xUnlock = &Flushed<&sqlite3_io_methods::xUnlock>::call;
  methods.xCheckReservedLock = &Flushed<&sqlite3_io_methods::xCheckReservedLock>::call;
  methods.xFileControl = &Flushed<&sqlite3_io_methods::xFileControl>::call;
  methods.xSectorSize = &Flushed<&sqlite3_io_methods::xSectorSize>::call;
  methods.xDeviceCharacteristics = &Flushed<&sqlite3_io_methods::xDeviceCharacteristics>::call;
  return methods;
}();

// A layer and the name of what is below it, which may be registered anew while the layer stands.
struct Layer {
  sqlite3_vfs system{};
  std::string name;
  std::string below;
};

sqlite3_vfs* below_of(sqlite3_vfs* system) {
  const std::string& name = static_cast<Layer*>(system->pAppData)->below;
  return sqlite3_vfs_find(name.empty() ? nullptr : name.c_str());
}

// A method of the file system below.
template <auto Member>
struct Passed;
template <class R, class... A, R (*sqlite3_vfs::*Member)(sqlite3_vfs*, A...)>
struct Passed<Member> {
  static R call(sqlite3_vfs* system, A... arguments) {
    sqlite3_vfs* below = below_of(system);
    return (below->*Member)(below, arguments...);
  }
};

int open_file(sqlite3_vfs* system, const char* name, sqlite3_file* file, int flags, int* flags_out) try {
  sqlite3_vfs* below = below_of(system);
  file->pMethods = nullptr;
  if (!below || below->szOsFile > file_bytes) return SQLITE_CANTOPEN;
  if (!(flags & SQLITE_OPEN_WAL)) return below->xOpen(below, name, file, flags, flags_out);
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

// Loading of extensions is left out: the engine loads none.
std::unique_ptr<Layer> make_layer(const std::string& below) {
  auto layer = std::make_unique<Layer>();
  layer->name = below.empty() ? "portico" : "portico-" + below;
  layer->below = below;
  sqlite3_vfs& system = layer->system;
  system.iVersion = 2;
  system.szOsFile = file_bytes;
  system.mxPathname = 512;
  system.zName = layer->name.c_str();
  system.pAppData = layer.get();
  system.xOpen = &open_file;
  system.xDelete = &Passed<&sqlite3_vfs::xDelete>::call;
  system.xAccess = &Passed<&sqlite3_vfs::xAccess>::call;
  system.xFullPathname = &Passed<&sqlite3_vfs::xFullPathname>::call;
  system.xRandomness = &Passed<&sqlite3_vfs::xRandomness>::call;
  system.xSleep = &Passed<&sqlite3_vfs::xSleep>::call;
  system.xCurrentTime = &Passed<&sqlite3_vfs::xCurrentTime>::call;
  system.xGetLastError = &Passed<&sqlite3_vfs::xGetLastError>::call;
  system.xCurrentTimeInt64 = &Passed<&sqlite3_vfs::xCurrentTimeInt64>::call;
  return layer;
}

}  // namespace

const char* gathering_file_system(const std::string& below) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<Layer>> layers;
  std::lock_guard lock(mutex);
  std::unique_ptr<Layer>& layer = layers[below];
  if (!layer) {
    layer = make_layer(below);
    if (sqlite3_vfs_register(&layer->system, 0) != SQLITE_OK) layer.reset();
  }
  return layer ? layer->name.c_str() : nullptr;
}

}  // namespace portico::sqlite
