#include "portico/net/server.h"

#include <sys/socket.h>

#include <boost/asio/post.hpp>

#include "portico/base/error.h"
#include "portico/net/connection.h"
#include "portico/net/shard.h"

namespace portico::net {
namespace asio = boost::asio;
namespace {

using asio::ip::tcp;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

[[noreturn]] void refuse_to_bind(const error_code& error, const tcp::endpoint& endpoint) {
  std::string where = fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
  if (error == asio::error::address_in_use) {
    throw Error(conflict, "port.busy", fmt::format("Port {} is in use ({}).", endpoint.port(), where));
  }
  throw Error(invalid, "address.invalid", fmt::format("Cannot listen on {}: {}.", where, error.message()));
}

tcp::endpoint parse_endpoint(const std::string& address, uint16_t port) {
  error_code error;
  auto ip = asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, error);
  if (error) throw Error(invalid, "address.invalid", fmt::format("\"{}\" is not an IP address.", address));
  return {ip, port};
}

// The first socket binds alone, which fails when anybody else has the port, even with SO_REUSEPORT; only then
// is the port opened for the sockets of the other reactors.
std::shared_ptr<Acceptor> open_acceptor(const IoExecutor& executor, const tcp::endpoint& endpoint,
                                        bool first) {
  auto acceptor = std::make_shared<Acceptor>(executor);
  error_code error;
  acceptor->open(endpoint.protocol(), error);
  if (!error) acceptor->set_option(Acceptor::reuse_address(true), error);
  if (!error && !first) acceptor->set_option(ReusePort(true), error);
  if (!error) acceptor->bind(endpoint, error);
  if (!error && first) acceptor->set_option(ReusePort(true), error);
  if (!error) acceptor->listen(Acceptor::max_listen_connections, error);
  if (error) refuse_to_bind(error, endpoint);
  return acceptor;
}

}  // namespace

class Server::Impl {
 public:
  Impl(Runtime& runtime, ServerLimits limits, Handle handle, Refuse refuse)
      : core_(std::make_shared<ServerCore>(runtime, limits, std::move(handle), std::move(refuse))) {
    for (size_t i = 0; i < runtime.reactor_count(); ++i) shards_.push_back(std::make_shared<Shard>(core_, i));
  }

  ~Impl() {
    core_->draining = true;
    cut();
  }

  uint16_t listen(const std::string& address, uint16_t port) {
    tcp::endpoint endpoint = parse_endpoint(address, port);
    std::vector<std::shared_ptr<Acceptor>> acceptors;
    for (auto& shard : shards_) {
      acceptors.push_back(open_acceptor(shard->executor(), endpoint, acceptors.empty()));
      endpoint.port(acceptors.front()->local_endpoint().port());
    }
    for (size_t i = 0; i < shards_.size(); ++i) {
      asio::post(shards_[i]->executor(),
                 [shard = shards_[i], acceptor = std::move(acceptors[i])] { shard->accept_from(acceptor); });
    }
    return endpoint.port();
  }

  static Task<void> drain(std::shared_ptr<Impl> self, Instant deadline) {
    ServerCore& core = *self->core_;
    core.draining = true;
    auto accepting = std::make_shared<std::atomic<size_t>>(self->shards_.size());
    for (auto& shard : self->shards_) {
      asio::post(shard->executor(), [shard, accepting] {
        shard->drain();
        accepting->fetch_sub(1);
        shard->core().closed.notify();
      });
    }
    while (*accepting > 0 || core.connections_open > 0) {
      Duration left = deadline - core.runtime.steady();
      if (left <= Duration::zero()) break;
      co_await core.closed.wait_for(left);
    }
    self->cut();
  }

  ServerStats stats() const {
    ServerStats stats;
    for (const auto& shard : shards_) {
      stats.connections += shard->counters.connections.value();
      stats.requests += shard->counters.requests.value();
      stats.refused += shard->counters.refused.value();
      stats.bytes_in += shard->counters.bytes_in.value();
      stats.bytes_out += shard->counters.bytes_out.value();
    }
    stats.connections_open = core_->connections_open;
    return stats;
  }

 private:
  void cut() {
    for (auto& shard : shards_) asio::post(shard->executor(), [shard] { shard->cut(); });
  }

  const std::shared_ptr<ServerCore> core_;
  std::vector<std::shared_ptr<Shard>> shards_;
};

Server::Server(Runtime& runtime, ServerLimits limits, Handle handle, Refuse refuse)
    : impl_(std::make_shared<Impl>(runtime, limits, std::move(handle), std::move(refuse))) {}

Server::~Server() = default;

uint16_t Server::listen(const std::string& address, uint16_t port) { return impl_->listen(address, port); }

Task<void> Server::drain(Instant deadline) { co_await Impl::drain(impl_, deadline); }

ServerStats Server::stats() const { return impl_->stats(); }

}  // namespace portico::net
