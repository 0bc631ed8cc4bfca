#include "portico/store/sqlite/connection.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "portico/base/error.h"
#include "portico/base/planted.h"
#include "portico/store/sqlite/log_writer.h"

namespace portico::sqlite {

namespace {

struct Failure {
  Code code;
  std::string_view reason;
  std::string_view what;    // follows the store's name
  std::string_view remedy;  // for operators
};

Failure failure_of(int result_code) {
  switch (result_code & 0xff) {
    case SQLITE_FULL:
      return {unavailable, "store.full", "has no space left", "make room on its disk"};
    case SQLITE_IOERR:
    case SQLITE_NOLFS:
      return {unavailable, "store.io", "cannot reach its disk", "check the disk before a restart"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {Code::internal, "store.damaged", "is damaged or no database", "restore it from a backup"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {unavailable, "store.read_only", "cannot be written",
              "give this user the right to write the file and its folder"};
    case SQLITE_CANTOPEN:
      return {unavailable, "store.cannot_open", "cannot be opened", "its folder must exist and be writable"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {unavailable, "store.locked", "is in use by another process", "stop that one first"};
    case SQLITE_NOMEM:
      return {unavailable, "store.memory", "is out of memory", "give the process more memory"};
    default:
      return {Code::internal, "store.statement", "refuses a statement", "see the note"};
  }
}

}  // namespace

Error error_of(int result_code, const std::string& path, std::string_view text, Audience audience) {
  std::string note = fmt::format("{}: {} (SQLite {})", path, text, result_code);
  // A number that outgrew its column becomes a real, which a strict table refuses.
  if (result_code == SQLITE_CONSTRAINT_DATATYPE || result_code == SQLITE_CONSTRAINT_CHECK)
    return Error(conflict, "store.overflow", "The number would not fit.").with_note(std::move(note));
  const Failure failure = failure_of(result_code);
  std::string message = audience == Audience::operators
                            ? fmt::format("The store {} {}; {}.", path, failure.what, failure.remedy)
                        : failure.code == Code::internal ? std::string()
                                                         : fmt::format("The store {}.", failure.what);
  return Error(failure.code, std::string(failure.reason), std::move(message)).with_note(std::move(note));
}

namespace {

// A connection is used by one thread at a time, and nobody asks SQLite for its memory figures: without both,
// it takes no locks of its own.
void configure_library() {
  static const int done = [] {
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  }();
  PORTICO_CHECK(done == SQLITE_OK);
}

}  // namespace

struct Connection::Prepared {
  Prepared(std::string text, sqlite3_stmt* statement) : sql(std::move(text)), statement(statement) {}
  Prepared(const Prepared&) = delete;
  ~Prepared() { sqlite3_finalize(statement); }
  std::string sql;
  sqlite3_stmt* statement;
};

Statement::~Statement() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Statement::check(int result_code) {
  if (result_code != SQLITE_OK) throw connection_.failure(result_code);
}

void Statement::bind_absent(int index) { check(sqlite3_bind_null(statement_, index + 1)); }

void Statement::bind(int index, int64_t value) { check(sqlite3_bind_int64(statement_, index + 1, value)); }

void Statement::bind(int index, std::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.empty() ? "" : text.data();
  check(sqlite3_bind_text64(statement_, index + 1, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind(int index, const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value))
    bind(index, *integer);
  else if (const auto* text = std::get_if<std::string>(&value))
    bind(index, std::string_view(*text));
  else
    bind_absent(index);
}

void Statement::bind_all(const std::vector<Value>& values) {
  for (size_t i = 0; i < values.size(); ++i) bind(int(i), values[i]);
}

int Statement::try_step() { return sqlite3_step(statement_); }

bool Statement::step() {
  const int result_code = try_step();
  if (result_code != SQLITE_ROW && result_code != SQLITE_DONE) throw connection_.failure(result_code);
  return result_code == SQLITE_ROW;
}

bool Statement::is_absent(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Statement::text(int column) const {
  // The bytes must be asked for after the text: it may be converted.
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return data ? std::string_view(data, size_t(sqlite3_column_bytes(statement_, column))) : std::string_view();
}

void Connection::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Connection::Connection(ConnectionOptions options) : options_(std::move(options)) {
  configure_library();
  sqlite3* database = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (options_.access == Access::read_write ? SQLITE_OPEN_CREATE : 0);
  const int result_code = sqlite3_open_v2(options_.path.c_str(), &database, flags, gathering_file_system());
  database_.reset(database);
  if (!database) throw error_of(SQLITE_NOMEM, options_.path, "out of memory", audience_);
  if (result_code != SQLITE_OK) throw failure(result_code);
  configure();
}

// Statements go before their database.
Connection::~Connection() {
  statements_.clear();
  recent_.clear();
}

void Connection::configure() {
  // Only another connection that recovers or closes the log is ever waited for.
  sqlite3_busy_timeout(database_.get(), 2000);
  sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_limit(database_.get(), SQLITE_LIMIT_ATTACHED, 0);
  if (options_.access == Access::read_write) {
    if (is_read_only()) throw error_of(SQLITE_READONLY, options_.path, "opened for reading only", audience_);
    use_log();
    script("PRAGMA journal_size_limit = 67108864");
  } else {
    script("PRAGMA query_only = ON");
  }
  script(planted(Plant::sync_skipped) ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL");
  script("PRAGMA foreign_keys = ON");
  script("PRAGMA temp_store = MEMORY");
  script(fmt::format("PRAGMA cache_size = -{}", options_.cache_bytes / 1024));
  // Also switches automatic checkpoints off: they would run inside a commit.
  sqlite3_wal_hook(
      database_.get(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Connection*>(self)->log_pages_ = pages;
        return SQLITE_OK;
      },
      this);
}

void Connection::use_log() {
  Statement mode = statement("PRAGMA journal_mode = WAL");
  if (!mode.step() || mode.text(0) != "wal")
    throw error_of(SQLITE_CANTOPEN, options_.path, "its file system cannot share memory for the log",
                   audience_);
}

sqlite3_stmt* Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result_code = sqlite3_prepare_v3(database_.get(), sql.data(), int(sql.size()),
                                             SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result_code != SQLITE_OK) throw failure(result_code);
  return statement;
}

Statement Connection::statement(std::string_view sql) {
  if (auto found = statements_.find(sql); found != statements_.end()) {
    recent_.splice(recent_.begin(), recent_, found->second);
    return Statement(*this, found->second->statement);
  }
  sqlite3_stmt* statement = prepare(sql);
  recent_.emplace_front(std::string(sql), statement);
  statements_.emplace(recent_.front().sql, recent_.begin());
  // No more than a handful are ever in use at once, and those are the most recent.
  if (recent_.size() > std::max<size_t>(options_.statements_max, 16)) {
    statements_.erase(recent_.back().sql);
    recent_.pop_back();
  }
  return Statement(*this, statement);
}

void Connection::run(std::string_view sql) { statement(sql).step(); }

void Connection::script(const std::string& sql) {
  const int result_code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (result_code != SQLITE_OK) throw failure(result_code);
}

int64_t Connection::single(std::string_view sql) {
  Statement query = statement(sql);
  return query.step() ? query.integer(0) : 0;
}

int64_t Connection::changes() const { return sqlite3_changes64(database_.get()); }

int64_t Connection::total_changes() const { return sqlite3_total_changes64(database_.get()); }

bool Connection::in_transaction() const { return !sqlite3_get_autocommit(database_.get()); }

bool Connection::is_read_only() const { return sqlite3_db_readonly(database_.get(), "main") == 1; }

std::string Connection::message() const { return sqlite3_errmsg(database_.get()); }

Error Connection::failure(int result_code) const {
  return error_of(result_code, options_.path, message(), audience_);
}

bool Connection::checkpoint(bool truncate) {
  int log_frames = 0, copied_frames = 0;
  const int result_code = sqlite3_wal_checkpoint_v2(
      database_.get(), nullptr, truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
      &log_frames, &copied_frames);
  if (result_code != SQLITE_OK && result_code != SQLITE_BUSY) throw failure(result_code);
  return result_code == SQLITE_OK && log_frames == copied_frames;
}

std::vector<std::string> integrity_faults(Connection& connection, size_t max) {
  std::vector<std::string> faults;
  Statement check = connection.statement(fmt::format("PRAGMA integrity_check({})", max));
  // A file that is broken enough ends the check itself.
  for (int result_code = SQLITE_OK; (result_code = check.try_step()) != SQLITE_DONE;) {
    if (result_code != SQLITE_ROW) {
      faults.push_back(connection.failure(result_code).note());
      break;
    }
    if (check.text(0) != "ok") faults.emplace_back(check.text(0));
  }
  return faults;
}

}  // namespace portico::sqlite
