// The simulated disk as SQLite sees it: an sqlite3_vfs and the methods of its files.
#include "portico/sim/disk_file.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace portico::sim {
namespace {

using Handle = Disk::Handle;
using File = Disk::File;

Handle& handle_of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }

bool dead(const Handle& handle) { return handle.file->dead; }

void unlock_memory(Handle& handle) {
  if (!handle.memory) return;
  SharedMemory& memory = *handle.memory;
  for (int i = 0; i < SharedMemory::locks; ++i) {
    if (handle.shared_locks >> i & 1) --memory.readers[size_t(i)];
    if (handle.exclusive_locks >> i & 1) memory.writer[size_t(i)] = nullptr;
  }
  handle.shared_locks = handle.exclusive_locks = 0;
}

int unmap(sqlite3_file* file, int) {
  Handle& handle = handle_of(file);
  if (!handle.memory) return SQLITE_OK;
  unlock_memory(handle);
  // The next who maps it begins with an empty one, and so recovers the log.
  if (--handle.memory->users == 0) handle.file->memory.reset();
  handle.memory.reset();
  return SQLITE_OK;
}

int unlock(sqlite3_file* file, int level) {
  Handle& handle = handle_of(file);
  File& locked = *handle.file;
  if (handle.lock <= level) return SQLITE_OK;
  if (locked.reserved == &handle) locked.reserved = nullptr;
  if (locked.exclusive == &handle) locked.exclusive = nullptr;
  if (level == SQLITE_LOCK_NONE && handle.lock >= SQLITE_LOCK_SHARED) --locked.readers;
  handle.lock = level;
  return SQLITE_OK;
}

int close(sqlite3_file* file) {
  Handle& handle = handle_of(file);
  unmap(file, 0);
  unlock(file, SQLITE_LOCK_NONE);
  if (handle.removes && !handle.path.empty()) handle.disk->remove(handle.path.c_str(), false);
  std::destroy_at(&handle);
  return SQLITE_OK;
}

int read(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
  Handle& handle = handle_of(file);
  ++handle.disk->counted().reads;
  if (handle.disk->begin(handle, DiskOperation::read) != DiskVerdict::proceed) return SQLITE_IOERR_READ;
  const std::string& content = handle.file->content;
  const size_t there =
      size_t(offset) < content.size() ? std::min(size_t(count), content.size() - size_t(offset)) : 0;
  std::memcpy(bytes, content.data() + (there ? offset : 0), there);
  if (there == size_t(count)) return SQLITE_OK;
  std::memset(static_cast<char*>(bytes) + there, 0, size_t(count) - there);
  return SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  Handle& handle = handle_of(file);
  ++handle.disk->counted().writes;
  const DiskVerdict verdict = handle.disk->begin(handle, DiskOperation::write);
  if (verdict == DiskVerdict::full) return SQLITE_FULL;
  if (verdict != DiskVerdict::proceed) return SQLITE_IOERR_WRITE;
  const std::string_view text(static_cast<const char*>(bytes), size_t(count));
  handle.file->write(offset, text);
  handle.disk->end(handle, DiskOperation::write, offset, text);
  return SQLITE_OK;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  Handle& handle = handle_of(file);
  if (handle.disk->begin(handle, DiskOperation::truncate) != DiskVerdict::proceed)
    return SQLITE_IOERR_TRUNCATE;
  handle.file->cut(size);
  handle.disk->end(handle, DiskOperation::truncate, size, {});
  return SQLITE_OK;
}

int sync(sqlite3_file* file, int) {
  Handle& handle = handle_of(file);
  if (handle.disk->begin(handle, DiskOperation::sync) != DiskVerdict::proceed) return SQLITE_IOERR_FSYNC;
  handle.disk->sync(handle);
  handle.disk->end(handle, DiskOperation::sync, 0, {});
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  if (dead(handle_of(file))) return SQLITE_IOERR_FSTAT;
  *size = sqlite3_int64(handle_of(file).file->content.size());
  return SQLITE_OK;
}

int lock(sqlite3_file* file, int level) {
  Handle& handle = handle_of(file);
  File& locked = *handle.file;
  if (dead(handle)) return SQLITE_IOERR_LOCK;
  if (handle.lock >= level) return SQLITE_OK;
  if (handle.lock < SQLITE_LOCK_SHARED) {
    if (locked.exclusive) return SQLITE_BUSY;
    ++locked.readers;
    handle.lock = SQLITE_LOCK_SHARED;
  }
  if (level == SQLITE_LOCK_SHARED) return SQLITE_OK;
  if (locked.reserved && locked.reserved != &handle) return SQLITE_BUSY;
  locked.reserved = &handle;
  handle.lock = std::max(handle.lock, SQLITE_LOCK_RESERVED);
  if (level == SQLITE_LOCK_RESERVED) return SQLITE_OK;
  locked.exclusive = &handle;
  handle.lock = SQLITE_LOCK_PENDING;
  if (locked.readers > 1) return SQLITE_BUSY;
  handle.lock = SQLITE_LOCK_EXCLUSIVE;
  return SQLITE_OK;
}

int check_reserved(sqlite3_file* file, int* result) {
  *result = handle_of(file).file->reserved != nullptr;
  return SQLITE_OK;
}

int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }

int sector_size(sqlite3_file*) { return 4096; }  // as SQLite's files for Unix say

int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int map(sqlite3_file* file, int region, int bytes, int extend, void volatile** memory) {
  Handle& handle = handle_of(file);
  *memory = nullptr;
  if (dead(handle)) return SQLITE_IOERR_SHMOPEN;
  if (!handle.memory) {
    if (!handle.file->memory) handle.file->memory = std::make_shared<SharedMemory>();
    handle.memory = handle.file->memory;
    ++handle.memory->users;
  }
  auto& regions = handle.memory->regions;
  if (regions.size() <= size_t(region)) {
    if (!extend) return SQLITE_OK;
    while (regions.size() <= size_t(region)) regions.emplace_back(size_t(bytes));
  }
  *memory = regions[size_t(region)].data();
  return SQLITE_OK;
}

int lock_memory(sqlite3_file* file, int first, int count, int flags) {
  Handle& handle = handle_of(file);
  SharedMemory& memory = *handle.memory;
  const uint32_t mask = ((1u << count) - 1) << first;
  const std::span readers(memory.readers.data() + first, size_t(count));
  const std::span writers(memory.writer.data() + first, size_t(count));
  if (flags & SQLITE_SHM_UNLOCK) {
    for (int i = 0; i < count; ++i) {
      if (handle.shared_locks >> (first + i) & 1) --readers[size_t(i)];
      if (handle.exclusive_locks >> (first + i) & 1) writers[size_t(i)] = nullptr;
    }
    handle.shared_locks &= ~mask;
    handle.exclusive_locks &= ~mask;
    return SQLITE_OK;
  }
  if (dead(handle)) return SQLITE_IOERR_SHMLOCK;
  const bool shared = flags & SQLITE_SHM_SHARED;
  for (int i = 0; i < count; ++i) {
    const bool own = handle.shared_locks >> (first + i) & 1;
    if (writers[size_t(i)] && writers[size_t(i)] != &handle) return SQLITE_BUSY;
    if (!shared && readers[size_t(i)] > int(own)) return SQLITE_BUSY;
  }
  for (int i = 0; i < count; ++i) {
    if (!shared)
      writers[size_t(i)] = &handle;
    else if (!(handle.shared_locks >> (first + i) & 1))
      ++readers[size_t(i)];
  }
  (shared ? handle.shared_locks : handle.exclusive_locks) |= mask;
  return SQLITE_OK;
}

void barrier(sqlite3_file*) {}

Disk& disk_of(sqlite3_vfs* system) { return *static_cast<Disk*>(system->pAppData); }

int open(sqlite3_vfs* system, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  Handle* handle = std::construct_at(reinterpret_cast<Handle*>(file));
  const int result_code = disk_of(system).open(name, flags, handle);
  if (result_code != SQLITE_OK) {
    std::destroy_at(handle);
    file->pMethods = nullptr;
    return result_code;
  }
  handle->base.pMethods = &disk_file_methods();
  if (flags_out) *flags_out = flags;
  return SQLITE_OK;
}

int remove(sqlite3_vfs* system, const char* name, int sync) { return disk_of(system).remove(name, sync); }

int access(sqlite3_vfs* system, const char* name, int, int* result) {
  *result = disk_of(system).exists(name);
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  const std::string_view path(name);
  if (int(path.size()) >= size) return SQLITE_CANTOPEN;
  std::memcpy(out, path.data(), path.size());
  out[path.size()] = '\0';
  return SQLITE_OK;
}

int randomness(sqlite3_vfs* system, int count, char* out) {
  disk_of(system).fill_random(std::as_writable_bytes(std::span(out, size_t(count))));
  return count;
}

int sleep(sqlite3_vfs*, int microseconds) { return microseconds; }  // nobody else could go on meanwhile

// SQLite counts in milliseconds of the Julian day; its own time decides nothing.
int current_time(sqlite3_vfs*, sqlite3_int64* time) {
  *time = 210'866'760'000'000 + SimRuntime::epoch.ms;
  return SQLITE_OK;
}

int last_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

const sqlite3_io_methods& disk_file_methods() {
  static const sqlite3_io_methods methods = [] {
    sqlite3_io_methods table{};
    table.iVersion = 2;
    table.xClose = &close;
    table.xRead = &read;
    table.xWrite = &write;
    table.xTruncate = &truncate;
    table.xSync = &sync;
    table.xFileSize = &file_size;
    table.xLock = &lock;
    table.xUnlock = &unlock;
    table.xCheckReservedLock = &check_reserved;
    table.xFileControl = &control;
    table.xSectorSize = &sector_size;
    table.xDeviceCharacteristics = &characteristics;
    table.xShmMap = &map;
    table.xShmLock = &lock_memory;
    table.xShmBarrier = &barrier;
    table.xShmUnmap = &unmap;
    return table;
  }();
  return methods;
}

sqlite3_vfs disk_file_system(Disk& disk, const char* name) {
  sqlite3_vfs system{};
  system.iVersion = 2;
  system.szOsFile = int(sizeof(Handle));
  system.mxPathname = 512;
  system.zName = name;
  system.pAppData = &disk;
  system.xOpen = &open;
  system.xDelete = &remove;
  system.xAccess = &access;
  system.xFullPathname = &full_path;
  system.xRandomness = &randomness;
  system.xSleep = &sleep;
  system.xCurrentTimeInt64 = &current_time;
  system.xGetLastError = &last_error;
  return system;
}

}  // namespace portico::sim
