#include "portico/store/sqlite/snapshot.h"

#include <sqlite3.h>

#include "portico/store/sqlite/connection.h"
#include "portico/store/sqlite/transaction.h"

namespace portico::sqlite {
namespace {

// For one lock, some microseconds each: a busy store lets go between two commits.
constexpr int attempts_max = 2000;

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct FinishBackup {
  void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
};

// Holds back the commits of a store until it dies.
class CommitLock {
 public:
  explicit CommitLock(const std::string& path) : connection_({.path = path}), rollback_(connection_) {
    connection_.do_not_wait();
  }
  bool try_lock() {
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
      Statement begin = connection_.statement("BEGIN IMMEDIATE");
      const int result_code = begin.try_step();
      if (result_code == SQLITE_DONE) return true;
      if ((result_code & 0xff) != SQLITE_BUSY) throw connection_.failure(result_code);
    }
    return false;
  }

 private:
  Connection connection_;
  Rollback rollback_;
};

}  // namespace

struct Snapshot::Impl {
  explicit Impl(std::string path) : source({.path = std::move(path), .access = Access::read_only}) {}
  Error failure(int result_code) const {
    return error_of(result_code, target_path, sqlite3_errmsg(target.get()), Audience::operators);
  }

  Connection source;
  std::string target_path;
  std::unique_ptr<sqlite3, CloseDatabase> target;
  std::unique_ptr<sqlite3_backup, FinishBackup> backup;  // goes before its databases
};

Snapshot::Snapshot(std::string path) : impl_(std::make_unique<Impl>(std::move(path))) {}
Snapshot::~Snapshot() = default;

// The first read after BEGIN fixes what the transaction sees.
void Snapshot::take() {
  impl_->source.run("BEGIN");
  impl_->source.single("SELECT count(*) FROM sqlite_schema");
}

FileState Snapshot::state() { return read_state(impl_->source); }

void Snapshot::begin_copy(const std::string& target) {
  impl_->target_path = target;
  sqlite3* database = nullptr;
  const int result_code = sqlite3_open_v2(
      target.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  impl_->target.reset(database);
  if (result_code != SQLITE_OK) throw impl_->failure(result_code);
  // A copy that breaks off is thrown away, so it needs no journal.
  sqlite3_exec(database, "PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL", nullptr, nullptr, nullptr);
  impl_->backup.reset(sqlite3_backup_init(database, "main", impl_->source.handle(), "main"));
  if (!impl_->backup) throw impl_->failure(sqlite3_errcode(database));
}

bool Snapshot::copy_some(int pages) {
  const int result_code = sqlite3_backup_step(impl_->backup.get(), pages);
  if (result_code == SQLITE_OK) return false;
  if (result_code != SQLITE_DONE) throw impl_->failure(result_code);
  const int finished = sqlite3_backup_finish(impl_->backup.release());
  if (finished != SQLITE_OK) throw impl_->failure(finished);
  impl_->target.reset();
  return true;
}

std::optional<std::vector<std::unique_ptr<Snapshot>>> try_snapshots(const std::vector<std::string>& paths,
                                                                    const std::function<void()>& between) {
  // What takes long comes before the first lock.
  std::vector<std::unique_ptr<Snapshot>> snapshots;
  std::vector<std::unique_ptr<CommitLock>> locks;
  for (const std::string& path : paths) {
    snapshots.push_back(std::make_unique<Snapshot>(path));
    snapshots.back()->state();
    locks.push_back(std::make_unique<CommitLock>(path));
  }
  for (const auto& lock : locks)
    if (!lock->try_lock()) return std::nullopt;
  for (const auto& snapshot : snapshots) {
    snapshot->take();
    if (between) between();
  }
  return snapshots;
}

std::vector<std::string> faults_of_copy(const std::string& path, size_t max) {
  Connection connection({.path = path, .access = Access::sealed});
  return integrity_faults(connection, max);
}

}  // namespace portico::sqlite
