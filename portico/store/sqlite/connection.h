// Inside store/sqlite only: one connection to a database file and its prepared statements.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "portico/base/error.h"
#include "portico/store/query.h"

struct sqlite3;
struct sqlite3_stmt;

namespace portico::sqlite {

// A result code other than success as an Error: store.full, store.io, store.damaged, … . While a store is
// being opened an operator reads the message: it names the file and the remedy. Later it travels to callers,
// and the file stands in the note.
enum class Audience { operators, callers };
Error error_of(int result_code, const std::string& path, std::string_view text, Audience audience);

class Connection;

// A prepared statement from the connection's cache, for as long as this object lives: one at a time of the
// same text. Texts that are bound must outlive it. Parameters and columns count from 0.
class Statement {
 public:
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  void bind_absent(int index);
  void bind(int index, int64_t value);
  void bind(int index, std::string_view text);
  void bind(int index, const Value& value);
  void bind_all(const std::vector<Value>& values);
  bool step();  // true: a row stands ready; throws Error
  // Steps once and returns the result code instead of throwing it.
  int try_step();
  bool is_absent(int column) const;
  int64_t integer(int column) const;
  std::string_view text(int column) const;  // until the next step

 private:
  friend class Connection;
  Statement(Connection& connection, sqlite3_stmt* statement)
      : connection_(connection), statement_(statement) {}
  void check(int result_code);
  Connection& connection_;
  sqlite3_stmt* statement_;
};

enum class Access { read_write, read_only };

struct ConnectionOptions {
  std::string path;
  Access access = Access::read_write;
  size_t statements_max = 128;
  size_t cache_bytes = 8 * 1024 * 1024;
};

// To be used by one thread at a time.
class Connection {
 public:
  // Opens the file and applies the settings of the engine (WAL, synchronous=FULL, …); throws Error.
  explicit Connection(ConnectionOptions options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Statement statement(std::string_view sql);
  void run(std::string_view sql);        // one cached statement that returns nothing
  void script(const std::string& sql);   // any number of statements, not cached
  int64_t single(std::string_view sql);  // the integer that a statement returns
  int64_t changes() const;               // rows that the last statement changed
  int64_t total_changes() const;         // rows changed since it was opened
  bool in_transaction() const;
  bool is_read_only() const;
  std::string message() const;  // of the last error
  size_t cached() const { return statements_.size(); }
  const std::string& path() const { return options_.path; }
  Error failure(int result_code) const;            // with the last message
  void serve() { audience_ = Audience::callers; }  // opening is over

  // Pages in the write-ahead log after the last commit through this connection.
  int64_t log_pages() const { return log_pages_; }
  // Copies the log into the file; `truncate` also empties it. Returns whether all of it could be copied.
  bool checkpoint(bool truncate);

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  struct Prepared;
  using Recent = std::list<Prepared>;
  sqlite3_stmt* prepare(std::string_view sql);
  void configure();
  void use_log();

  ConnectionOptions options_;
  std::unique_ptr<sqlite3, Close> database_;
  Recent recent_;                                                      // the most recently used first
  std::unordered_map<std::string_view, Recent::iterator> statements_;  // keys point into recent_
  int64_t log_pages_ = 0;
  Audience audience_ = Audience::operators;
};

// What SQLite finds broken in the whole file: at most `max` lines, none when it is sound.
std::vector<std::string> integrity_faults(Connection& connection, size_t max);

}  // namespace portico::sqlite
