// For tests: a disk whose writes and syncs fail on demand. While it lives, every database file that is opened
// lies on it.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstring>

namespace portico::sqlite {

class FaultyDisk {
 public:
  FaultyDisk() {
    real_ = sqlite3_vfs_find(nullptr);
    vfs_ = *real_;
    vfs_.zName = "faulty";
    vfs_.pNext = nullptr;
    vfs_.szOsFile = int(sizeof(File)) + real_->szOsFile;
    vfs_.pAppData = this;
    vfs_.xOpen = &open;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~FaultyDisk() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, 1);
  }
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  std::atomic<bool> full{false};        // writes fail: no space
  std::atomic<bool> sync_fails{false};  // syncs fail: I/O error
  std::atomic<int> syncs{0};            // of the log
  std::atomic<int> log_writes{0};
  std::atomic<int64_t> log_bytes_max{0};  // the longest the log has been

 private:
  struct File {
    sqlite3_file base;
    sqlite3_io_methods methods;
    FaultyDisk* disk;
    bool is_log;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };
  static File* of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }

  // All other methods reach the real file through a wrapper of their signature.
  template <auto Member>
  struct Forward;
  template <class R, class... A, R (*sqlite3_io_methods::*Member)(sqlite3_file*, A...)>
  struct Forward<Member> {
    static R call(sqlite3_file* file, A... args) {
      sqlite3_file* real = of(file)->real();
      return (real->pMethods->*Member)(real, args...);
    }
  };

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto* disk = static_cast<FaultyDisk*>(vfs->pAppData);
    File* mine = of(file);
    std::memset(mine, 0, sizeof(File));
    mine->disk = disk;
    mine->is_log = (flags & SQLITE_OPEN_WAL) != 0;
    const int result_code = disk->real_->xOpen(disk->real_, name, mine->real(), flags, out_flags);
    if (result_code != SQLITE_OK || !mine->real()->pMethods) return result_code;
    sqlite3_io_methods& methods = mine->methods;
    methods.iVersion = 2;
    methods.xClose = &Forward<&sqlite3_io_methods::xClose>::call;
    methods.xRead = &Forward<&sqlite3_io_methods::xRead>::call;
    methods.xWrite = &write;
    methods.xTruncate = &Forward<&sqlite3_io_methods::xTruncate>::call;
    methods.xSync = &sync;
    methods.xFileSize = &Forward<&sqlite3_io_methods::xFileSize>::call;
    methods.xLock = &Forward<&sqlite3_io_methods::xLock>::call;
    methods.xUnlock = &Forward<&sqlite3_io_methods::xUnlock>::call;
    methods.xCheckReservedLock = &Forward<&sqlite3_io_methods::xCheckReservedLock>::call;
    methods.xFileControl = &Forward<&sqlite3_io_methods::xFileControl>::call;
    methods.xSectorSize = &Forward<&sqlite3_io_methods::xSectorSize>::call;
    methods.xDeviceCharacteristics = &Forward<&sqlite3_io_methods::xDeviceCharacteristics>::call;
    methods.xShmMap = &Forward<&sqlite3_io_methods::xShmMap>::call;
    methods.xShmLock = &Forward<&sqlite3_io_methods::xShmLock>::call;
    methods.xShmBarrier = &Forward<&sqlite3_io_methods::xShmBarrier>::call;
    methods.xShmUnmap = &Forward<&sqlite3_io_methods::xShmUnmap>::call;
    mine->base.pMethods = &methods;
    return SQLITE_OK;
  }

  static int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
    File* mine = of(file);
    if (mine->disk->full) return SQLITE_FULL;
    if (mine->is_log) {
      ++mine->disk->log_writes;
      if (offset + count > mine->disk->log_bytes_max) mine->disk->log_bytes_max = offset + count;
    }
    return mine->real()->pMethods->xWrite(mine->real(), bytes, count, offset);
  }

  static int sync(sqlite3_file* file, int flags) {
    File* mine = of(file);
    if (mine->disk->sync_fails) return SQLITE_IOERR_FSYNC;
    if (mine->is_log) ++mine->disk->syncs;
    return mine->real()->pMethods->xSync(mine->real(), flags);
  }

  sqlite3_vfs* real_ = nullptr;
  sqlite3_vfs vfs_{};
};

}  // namespace portico::sqlite
