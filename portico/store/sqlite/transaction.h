// Inside store/sqlite only: transactions that end with their scope.
#pragma once

#include "portico/base/error.h"
#include "portico/store/sqlite/connection.h"

namespace portico::sqlite {

// Rolls back what is open when it dies: a read's snapshot, or what has failed.
class Rollback {
 public:
  explicit Rollback(Connection& connection) : connection_(connection) {}
  ~Rollback() {
    if (!connection_.in_transaction()) return;
    try {
      connection_.run("ROLLBACK");
    } catch (const Error&) {
      // The connection is of no more use: its next statement fails, or it is closed, which rolls back as
      // well.
    }
  }
  Rollback(const Rollback&) = delete;
  Rollback& operator=(const Rollback&) = delete;

 private:
  Connection& connection_;
};

// A transaction of a connection that nobody else uses yet (opening).
class Transaction {
 public:
  explicit Transaction(Connection& connection) : connection_(connection), rollback_(connection) {
    connection_.run("BEGIN IMMEDIATE");
  }
  void commit() { connection_.run("COMMIT"); }

 private:
  Connection& connection_;
  Rollback rollback_;
};

}  // namespace portico::sqlite
