// Inside store/sqlite only: the connections that read.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "portico/store/sqlite/connection.h"

namespace portico::sqlite {

// A bounded pool of read-only connections, opened when first needed. Thread-safe. A read is one statement
// without awaits, so a thread waits for a connection only as long as another thread's statement takes.
class Readers {
 public:
  Readers(ConnectionOptions options, size_t connections_max);
  ~Readers();

  // A connection for as long as this object lives; not to be held over an await.
  class Lease {
   public:
    Lease(Readers& readers, std::unique_ptr<Connection> connection)
        : readers_(readers), connection_(std::move(connection)) {}
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    Readers& readers_;
    std::unique_ptr<Connection> connection_;
  };

  // Error(unavailable, "store.closed") before `open` and after `close`.
  Lease lease();
  void open();
  void close();  // waits for statements that run

 private:
  void give_back(std::unique_ptr<Connection> connection);

  const ConnectionOptions options_;
  const size_t connections_max_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;
  size_t count_ = 0;  // idle and leased
  bool open_ = false;
};

// What is thrown by a store that is not open.
Error closed_error(const std::string& path);

}  // namespace portico::sqlite
