// Inside net/ only: what the server has on one reactor.
#pragma once

#include <atomic>
#include <boost/intrusive/list.hpp>
#include <memory>
#include <vector>

#include "portico/net/codec.h"
#include "portico/net/server.h"
#include "portico/net/stream.h"
#include "portico/runtime/sync.h"

namespace portico::net {

// What all shards of a server share.
struct ServerCore {
  ServerCore(Runtime& runtime, ServerLimits limits, Handle handle, Refuse refuse)
      : runtime(runtime),
        limits(limits),
        handle(std::move(handle)),
        refuse(std::move(refuse)),
        closed(runtime) {}

  Runtime& runtime;
  const ServerLimits limits;
  const Handle handle;
  const Refuse refuse;
  std::atomic<uint64_t> connections_open = 0;
  std::atomic<bool> draining = false;
  Signal closed;  // notified while draining: when a shard has stopped accepting, when the last connection has
                  // gone
};

// A counter with one writing thread: cheaper than an atomic addition.
class Counter {
 public:
  void add(uint64_t count) { value_.store(value() + count, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

struct ShardCounters {
  Counter connections, requests, refused, bytes_in, bytes_out;
};

class Connection;

// All members but the counters are used on the shard's reactor.
class Shard : public std::enable_shared_from_this<Shard> {
 public:
  Shard(std::shared_ptr<ServerCore> core, size_t index);

  ServerCore& core() { return *core_; }
  IoExecutor executor() const { return executor_; }
  void accept_from(std::shared_ptr<Acceptor> acceptor);
  void drain();  // stops accepting and closes idle connections
  void cut();    // closes everything
  std::string_view date();

  void enter(Connection& connection);
  void leave(Connection& connection);

  ShardCounters counters;

 private:
  static Task<void> accept_loop(std::shared_ptr<Shard> shard, std::shared_ptr<Acceptor> acceptor);
  void admit(Socket socket, std::string peer);

  const std::shared_ptr<ServerCore> core_;
  const size_t index_;
  const IoExecutor executor_;
  std::vector<std::shared_ptr<Acceptor>> acceptors_;
  using Hook = boost::intrusive::list_base_hook<>;
  boost::intrusive::list<Connection, boost::intrusive::base_hook<Hook>> connections_;
  size_t refusing_ = 0;  // connections over the limit that are being told so
  int64_t date_second_ = -1;
  std::string date_;
};

}  // namespace portico::net
