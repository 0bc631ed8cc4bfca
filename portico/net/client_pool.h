// Inside net/ only: the client's connections on one reactor.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "portico/net/client.h"
#include "portico/net/stream.h"
#include "portico/runtime/sync.h"

namespace portico::net {

class ClientPool;

// The connections to one origin.
struct OriginPool {
  struct Idle {
    std::shared_ptr<Stream> stream;
    Instant since;
  };
  // One who waits for a lease.
  struct Turn {
    explicit Turn(Runtime& runtime) : signal(runtime) {}
    Signal signal;
    bool granted = false;
  };

  std::vector<Idle> idle;  // latest last: the warmest is used first, the coldest runs into its time
  size_t leases = 0;       // connections in use or being made
  std::deque<Turn*> turns;
};

// The right to one connection to an origin, and the connection. What is not given back is closed.
class Lease {
 public:
  Lease(std::shared_ptr<ClientPool> pool, OriginPool& origin) : pool_(std::move(pool)), origin_(&origin) {}
  Lease(Lease&&) = default;
  Lease& operator=(Lease&&) = delete;
  ~Lease();

  std::shared_ptr<Stream> stream;
  bool reused = false;  // the connection has carried an exchange before
  void give_back();     // after a clean exchange

 private:
  friend class ClientPool;
  std::shared_ptr<ClientPool> pool_;
  OriginPool* origin_;
};

// Used on its reactor only.
class ClientPool : public std::enable_shared_from_this<ClientPool> {
 public:
  ClientPool(Runtime& runtime, const ClientLimits& limits, IoExecutor executor)
      : runtime_(runtime), limits_(limits), executor_(executor), evict_timer_(executor) {}

  const ClientLimits& limits() const { return limits_; }
  Runtime& runtime() { return runtime_; }
  IoExecutor executor() const { return executor_; }

  // Waits its turn, then takes an idle connection; the lease has none when there is none that can be used.
  static Task<std::expected<Lease, Failure>> lease(std::shared_ptr<ClientPool> pool, Origin origin,
                                                   Instant deadline);
  // Gives the lease a new connection. The failure says `never_sent`.
  static Task<std::expected<void, Failure>> connect(Lease& lease, Origin origin, Instant deadline);

  void close();  // the idle connections, now and from now on

 private:
  friend class Lease;
  Task<bool> wait_turn(OriginPool& origin, Instant deadline);
  void take_idle(Lease& lease, OriginPool& origin);
  void release(OriginPool& origin);
  void keep(OriginPool& origin, std::shared_ptr<Stream> stream);
  void evict_at(Instant when);
  void evict();

  Runtime& runtime_;
  const ClientLimits limits_;
  const IoExecutor executor_;
  std::map<Origin, OriginPool>
      origins_;  // those of the configuration; an origin without connections is forgotten
  IoTimer evict_timer_;
  bool evicting_ = false, closed_ = false;
};

}  // namespace portico::net
