#include "portico/sim/disk.h"

#include <fmt/format.h>

#include <cstring>
#include <mutex>

#include "portico/sim/disk_file.h"
#include "portico/store/sqlite/sqlite_store.h"

namespace portico::sim {
namespace {

uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 32);
}

uint64_t hash_of(std::string_view bytes) {
  uint64_t hash = bytes.size();
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), sizeof word);
    hash = mix(hash, word);
  }
  for (char c : bytes) hash = mix(hash, static_cast<unsigned char>(c));
  return hash;
}

}  // namespace

void apply(std::string& text, int64_t offset, std::string_view bytes) {
  if (text.size() < size_t(offset) + bytes.size()) text.resize(size_t(offset) + bytes.size());
  std::memcpy(text.data() + offset, bytes.data(), bytes.size());
}

std::string_view process_of(std::string_view path) { return path.substr(0, path.find('/')); }

void Disk::File::write(int64_t offset, std::string_view bytes) {
  apply(content, offset, bytes);
  pending.push_back({.offset = offset, .bytes = std::string(bytes)});
}

void Disk::File::cut(int64_t size) {
  content.resize(size_t(size));
  pending.push_back({.cut = true, .offset = size, .bytes = {}});
}

// A place among the file systems of SQLite. Names are used again, because layers that stand on one stay.
struct Disk::Registration {
  Registration(Disk& disk) {
    std::lock_guard lock(mutex());
    size_t number = 0;
    while (number < taken().size() && taken()[number]) ++number;
    if (number == taken().size()) taken().push_back(false);
    taken()[number] = true;
    slot = number;
    name = fmt::format("simulated-{}", number);
    system = disk_file_system(disk, name.c_str());
    PORTICO_CHECK(sqlite3_vfs_register(&system, 0) == SQLITE_OK);
  }
  ~Registration() {
    std::lock_guard lock(mutex());
    sqlite3_vfs_unregister(&system);
    taken()[slot] = false;
  }
  Registration(const Registration&) = delete;

  static std::mutex& mutex() {
    static std::mutex mutex;
    return mutex;
  }
  static std::vector<bool>& taken() {
    static std::vector<bool> taken;
    return taken;
  }

  size_t slot = 0;
  std::string name;
  sqlite3_vfs system{};
};

Disk::Disk(SimRuntime& runtime, uint64_t seed, const Image& image)
    : runtime_(runtime), random_(make_seeded_random(seed)) {
  sqlite::configure_library();
  registration_ = std::make_unique<Registration>(*this);
  name_ = registration_->name;
  // SQLite's generator is one for the whole process; seeded by ourselves it repeats itself in every run.
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, int(random_->next() >> 34) + 1, nullptr);
  for (const auto& [path, bytes] : image) {
    auto file = std::make_shared<File>();
    file->content = file->durable = bytes;
    names_.emplace(path, file);
    durable_.emplace(path, std::move(file));
  }
}

Disk::~Disk() = default;

void Disk::fill_random(std::span<std::byte> bytes) { random_->fill(bytes); }

Disk::Image Disk::image() const {
  Image image;
  for (const auto& [path, file] : names_) image.emplace(path, file->content);
  return image;
}

int Disk::open(const char* path, int flags, Handle* handle) {
  handle->disk = this;
  // Without a name: of nobody, and gone when it is closed.
  if (!path) {
    handle->file = std::make_shared<File>();
    return SQLITE_OK;
  }
  handle->path = path;
  handle->process = process_of(path);
  handle->removes = flags & SQLITE_OPEN_DELETEONCLOSE;
  if (down_.contains(handle->process)) return SQLITE_IOERR;
  // As SQLite's files for Unix do, whether the file is there already or not.
  handle->names_folder = (flags & SQLITE_OPEN_CREATE) &&
                         (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL));
  auto found = names_.find(path);
  if (found == names_.end()) {
    if (!(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
    found = names_.emplace(path, std::make_shared<File>()).first;
  }
  handle->file = found->second;
  return SQLITE_OK;
}

int Disk::remove(const char* path, bool sync) {
  const DiskAccess access{process_of(path), path, DiskOperation::remove};
  if (down_.contains(access.process)) return SQLITE_IOERR_DELETE;
  if (watch_ && watch_->before(access) != DiskVerdict::proceed) return SQLITE_IOERR_DELETE;
  if (down_.contains(access.process)) return SQLITE_IOERR_DELETE;
  auto found = names_.find(access.path);
  if (found == names_.end()) return SQLITE_IOERR_DELETE_NOENT;
  names_.erase(found);
  if (sync) sync_folder(access.process);
  runtime_.observe(mix(hash_of(access.path), uint64_t(access.operation)));
  if (watch_) watch_->after(access);
  return SQLITE_OK;
}

DiskVerdict Disk::begin(const Handle& handle, DiskOperation operation) {
  if (handle.file->dead || down_.contains(handle.process)) return DiskVerdict::io_error;
  if (!watch_ || handle.process.empty()) return DiskVerdict::proceed;
  const DiskVerdict verdict = watch_->before({handle.process, handle.path, operation});
  return handle.file->dead ? DiskVerdict::io_error : verdict;
}

void Disk::end(const Handle& handle, DiskOperation operation, int64_t offset, std::string_view bytes) {
  runtime_.observe(mix(hash_of(handle.path), uint64_t(operation)));
  runtime_.observe(mix(uint64_t(offset), hash_of(bytes)));
  if (watch_ && !handle.process.empty()) watch_->after({handle.process, handle.path, operation});
}

void Disk::sync(Handle& handle) {
  ++counts_.syncs;
  if (syncs_ignored_) return;
  File& file = *handle.file;
  for (const File::Change& change : file.pending) {
    if (change.cut)
      file.durable.resize(size_t(change.offset));
    else
      apply(file.durable, change.offset, change.bytes);
  }
  file.pending.clear();
  if (std::exchange(handle.names_folder, false)) sync_folder(handle.process);
}

void Disk::sync_folder(std::string_view process) {
  if (!syncs_ignored_) keep_names(process);
}

void Disk::keep_names(std::string_view process) {
  std::erase_if(durable_, [&](const auto& entry) { return process_of(entry.first) == process; });
  for (const auto& [path, file] : names_)
    if (process_of(path) == process) durable_.emplace(path, file);
}

// What the file holds after the power was cut.
void Disk::settle(File& file, PowerCut cut, Random& random) {
  size_t sectors = 0;
  auto count = [](const File::Change& change) {
    const size_t begin = size_t(change.offset) / sector_bytes;
    return change.bytes.empty()
               ? 0
               : (size_t(change.offset) + change.bytes.size() - 1) / sector_bytes - begin + 1;
  };
  for (const File::Change& change : file.pending) sectors += count(change);
  const size_t none = SIZE_MAX;
  size_t torn = cut == PowerCut::tear && sectors > 0 ? random.below(sectors) : none;
  const double kept_share = random.fraction();
  for (const File::Change& change : file.pending) {
    const bool whole = random.below(3) == 0;
    const bool kept = random.fraction() < kept_share;
    if (change.cut) {
      if (kept && cut != PowerCut::lose_all) file.durable.resize(size_t(change.offset));
      continue;
    }
    for (size_t at = 0; at < change.bytes.size();) {
      const size_t offset = size_t(change.offset) + at;
      size_t length = std::min(change.bytes.size() - at, sector_bytes - offset % sector_bytes);
      const std::string_view piece(change.bytes.data() + at, length);
      at += length;
      const bool stays = whole ? kept : random.fraction() < kept_share;
      if (torn == 0 && length > 1) {
        apply(file.durable, int64_t(offset), piece.substr(0, 1 + random.below(length - 1)));
        ++counts_.torn_sectors;
      } else if (stays && cut != PowerCut::lose_all) {
        apply(file.durable, int64_t(offset), piece);
      } else {
        ++counts_.lost_sectors;
      }
      if (torn != none) --torn;
    }
  }
  file.pending.clear();
  file.content = file.durable;
}

void Disk::crash(std::string_view process, PowerCut cut, Random& random) {
  down_.emplace(process);
  // The files go on as other objects, so that what is open of the old ones reaches nothing.
  std::map<const File*, std::shared_ptr<File>> heirs;
  auto inherit = [&](std::shared_ptr<File>& file) {
    std::shared_ptr<File>& heir = heirs[file.get()];
    if (!heir) {
      heir = std::make_shared<File>();
      heir->content = file->content;
      heir->durable = file->durable;
      heir->pending = file->pending;
      file->dead = true;
      if (cut != PowerCut::keep_all) settle(*heir, cut, random);
    }
    file = heir;
  };
  std::set<std::string> paths;
  for (Names* names : {&names_, &durable_})
    for (auto& [path, file] : *names)
      if (process_of(path) == process) {
        paths.insert(path);
        inherit(file);
      }
  if (cut == PowerCut::keep_all) return;
  for (const std::string& path : paths) {
    auto seen = names_.find(path), synced = durable_.find(path);
    const bool same = seen != names_.end() && synced != durable_.end() && seen->second == synced->second;
    if (same || (cut != PowerCut::lose_all && random.below(2) == 0)) continue;
    if (synced == durable_.end())
      names_.erase(seen);
    else
      names_.insert_or_assign(path, synced->second);
  }
  keep_names(process);
}

void Disk::restart(std::string_view process) {
  if (auto found = down_.find(process); found != down_.end()) down_.erase(found);
}

}  // namespace portico::sim
