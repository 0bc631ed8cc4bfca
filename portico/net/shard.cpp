#include "portico/net/shard.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "portico/net/connection.h"
#include "portico/net/writer.h"

namespace portico::net {
namespace asio = boost::asio;
namespace {

constexpr size_t refusing_max = 64;  // over the limit and being told so; more are closed without a word
constexpr Duration accept_pause = std::chrono::milliseconds(50);  // when the process has no descriptor left

}  // namespace

Shard::Shard(std::shared_ptr<ServerCore> core, size_t index)
    : core_(std::move(core)), index_(index), executor_(io_executor(core_->runtime, index)) {}

void Shard::accept_from(std::shared_ptr<Acceptor> acceptor) {
  if (core_->draining) return;
  acceptors_.push_back(acceptor);
  core_->runtime.spawn("net.accept", accept_loop(shared_from_this(), std::move(acceptor)), index_);
}

Task<void> Shard::accept_loop(std::shared_ptr<Shard> shard, std::shared_ptr<Acceptor> acceptor) {
  while (acceptor->is_open()) {
    Socket socket(shard->executor_);
    asio::ip::tcp::endpoint peer;
    error_code error;
    co_await acceptor->async_accept(socket, peer, asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      shard->admit(std::move(socket), peer.address().to_string());
    } else if (acceptor->is_open() && error != asio::error::connection_aborted) {
      co_await shard->core_->runtime.sleep(accept_pause);
    }
  }
}

void Shard::admit(Socket socket, std::string peer) {
  counters.connections.add(1);
  bool admitted = core_->connections_open < core_->limits.connections_max;
  if (!admitted && refusing_ >= refusing_max) {
    counters.refused.add(1);
    return;
  }
  auto connection =
      std::make_shared<Connection>(shared_from_this(), std::move(socket), std::move(peer), admitted);
  core_->runtime.spawn("net.connection", Connection::run(std::move(connection)), index_);
}

void Shard::enter(Connection& connection) {
  connections_.push_back(connection);
  if (connection.admitted()) {
    core_->connections_open.fetch_add(1);
  } else {
    ++refusing_;
  }
}

void Shard::leave(Connection& connection) {
  connections_.erase(connections_.iterator_to(connection));
  if (!connection.admitted()) {
    --refusing_;
  } else if (core_->connections_open.fetch_sub(1) == 1 && core_->draining) {
    core_->closed.notify();
  }
}

void Shard::drain() {
  for (auto& acceptor : acceptors_) {
    error_code ignored;
    acceptor->close(ignored);
  }
  acceptors_.clear();
  for (auto& connection : connections_) connection.close_if_idle();
}

void Shard::cut() {
  drain();
  for (auto& connection : connections_) connection.cut();
}

std::string_view Shard::date() {
  Time now = core_->runtime.now();
  if (int64_t second = now.ms / 1000; second != date_second_) {
    date_second_ = second;
    date_ = http_date(now);
  }
  return date_;
}

}  // namespace portico::net
