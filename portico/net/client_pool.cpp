#include "portico/net/client_pool.h"

#include <boost/asio/this_coro.hpp>

namespace portico::net {
namespace asio = boost::asio;
namespace {

using asio::ip::tcp;
using Resolver = asio::ip::basic_resolver<tcp, IoExecutor>;

// A look-up that can be given up: getaddrinfo itself cannot be interrupted.
struct Lookup {
  Lookup(Runtime& runtime, IoExecutor executor) : resolver(executor), done(runtime) {}
  Resolver resolver;
  Signal done;
  std::vector<tcp::endpoint> endpoints;
};

Task<std::vector<tcp::endpoint>> resolve(Runtime& runtime, IoExecutor executor, Origin origin,
                                         Instant deadline) {
  error_code error;
  auto literal = asio::ip::make_address(origin.host, error);
  if (!error) co_return std::vector{tcp::endpoint(literal, origin.port)};
  if (origin.host == "localhost") {
    co_return std::vector{tcp::endpoint(asio::ip::address_v4::loopback(), origin.port),
                          tcp::endpoint(asio::ip::address_v6::loopback(), origin.port)};
  }
  auto lookup = std::make_shared<Lookup>(runtime, executor);
  lookup->resolver.async_resolve(origin.host, std::to_string(origin.port),
                                 [lookup](const error_code& error, const Resolver::results_type& results) {
                                   if (!error) lookup->endpoints.assign(results.begin(), results.end());
                                   lookup->done.notify();
                                 });
  co_await lookup->done.wait_for(deadline - runtime.steady());
  co_return lookup->endpoints;
}

}  // namespace

Lease::~Lease() {
  if (!pool_) return;
  if (stream) stream->close();
  pool_->release(*origin_);
}

void Lease::give_back() { pool_->keep(*origin_, std::exchange(stream, nullptr)); }

Task<std::expected<Lease, Failure>> ClientPool::lease(std::shared_ptr<ClientPool> pool, Origin origin,
                                                      Instant deadline) {
  OriginPool& connections = pool->origins_[origin];
  if (connections.leases < pool->limits_.connections_max) {
    ++connections.leases;
  } else if (!co_await pool->wait_turn(connections, deadline)) {
    co_return std::unexpected(Failure{Failure::Kind::timeout, true, "no free connection to " + origin.host});
  }
  Lease lease(pool, connections);
  pool->take_idle(lease, connections);
  co_return lease;
}

// A released lease is handed to the one who has waited longest, so that latecomers cannot overtake.
Task<bool> ClientPool::wait_turn(OriginPool& origin, Instant deadline) {
  struct Place {
    Place(ClientPool& pool, OriginPool& origin) : pool(pool), origin(origin), turn(pool.runtime_) {
      origin.turns.push_back(&turn);
    }
    ~Place() {
      if (!turn.granted) {
        std::erase(origin.turns, &turn);
      } else if (!taken) {
        pool.release(origin);
      }
    }
    ClientPool& pool;
    OriginPool& origin;
    OriginPool::Turn turn;
    bool taken = false;
  };
  Place place(*this, origin);
  co_await place.turn.signal.wait_for(deadline - runtime_.steady());
  place.taken = place.turn.granted;
  co_return place.taken;
}

void ClientPool::take_idle(Lease& lease, OriginPool& origin) {
  Instant now = runtime_.steady();
  while (!origin.idle.empty()) {
    OriginPool::Idle idle = std::move(origin.idle.back());
    origin.idle.pop_back();
    if (now - idle.since < limits_.idle_timeout && idle.stream->is_quiet()) {
      lease.stream = std::move(idle.stream);
      lease.reused = true;
      return;
    }
    idle.stream->close();
  }
}

Task<std::expected<void, Failure>> ClientPool::connect(Lease& lease, Origin origin, Instant deadline) {
  auto pool = lease.pool_;
  Runtime& runtime = pool->runtime_;
  if (lease.stream) lease.stream->close();
  lease.reused = false;
  lease.stream = std::make_shared<Stream>(runtime, pool->executor_);
  deadline = std::min(deadline, runtime.steady() + pool->limits_.connect_timeout);
  auto endpoints = co_await resolve(runtime, pool->executor_, origin, deadline);
  Failure failure{Failure::Kind::refused, true, "cannot resolve " + origin.host};
  for (const auto& endpoint : endpoints) {
    lease.stream->set_deadline(deadline);
    auto error = co_await lease.stream->connect(endpoint);
    if (!error) co_return std::expected<void, Failure>();
    bool late = lease.stream->timed_out();
    if (error == asio::error::operation_aborted && !late) throw boost::system::system_error(error);
    failure.kind = late ? Failure::Kind::timeout : Failure::Kind::refused;
    failure.note =
        fmt::format("connect to {}:{}: {}", origin.host, origin.port, late ? "timed out" : error.message());
    if (late) break;
  }
  if (runtime.steady() >= deadline) failure.kind = Failure::Kind::timeout;
  co_return std::unexpected(std::move(failure));
}

void ClientPool::release(OriginPool& origin) {
  if (origin.turns.empty()) {
    --origin.leases;
    return;
  }
  OriginPool::Turn* next = origin.turns.front();
  origin.turns.pop_front();
  next->granted = true;
  next->signal.notify();
}

void ClientPool::keep(OriginPool& origin, std::shared_ptr<Stream> stream) {
  stream->clear_deadline();
  if (closed_ || origin.idle.size() >= limits_.idle_max) return stream->close();
  Instant now = runtime_.steady();
  origin.idle.push_back({std::move(stream), now});
  if (!evicting_) evict_at(now + limits_.idle_timeout);
}

void ClientPool::evict_at(Instant when) {
  evicting_ = true;
  evict_timer_.expires_after(when - runtime_.steady());
  evict_timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    if (auto pool = weak.lock(); pool && !error) pool->evict();
  });
}

void ClientPool::evict() {
  evicting_ = false;
  Instant now = runtime_.steady();
  Instant next{INT64_MAX};
  for (auto it = origins_.begin(); it != origins_.end();) {
    auto& [name, origin] = *it;
    auto fresh = origin.idle.begin();
    for (; fresh != origin.idle.end() && now - fresh->since >= limits_.idle_timeout; ++fresh)
      fresh->stream->close();
    origin.idle.erase(origin.idle.begin(), fresh);
    if (!origin.idle.empty()) next = std::min(next, origin.idle.front().since + limits_.idle_timeout);
    bool unused = origin.idle.empty() && origin.leases == 0 && origin.turns.empty();
    it = unused ? origins_.erase(it) : std::next(it);
  }
  if (next != Instant{INT64_MAX}) evict_at(next);
}

void ClientPool::close() {
  closed_ = true;
  evict_timer_.cancel();
  for (auto& [name, origin] : origins_) {
    for (auto& idle : origin.idle) idle.stream->close();
    origin.idle.clear();
  }
}

}  // namespace portico::net
