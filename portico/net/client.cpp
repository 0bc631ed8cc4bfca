#include "portico/net/client.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "portico/base/error.h"
#include "portico/net/client_pool.h"
#include "portico/net/codec.h"
#include "portico/net/syntax.h"
#include "portico/net/writer.h"

namespace portico::net {
namespace asio = boost::asio;
namespace {

std::string authority_of(const Origin& origin) {
  bool v6 = origin.host.find(':') != std::string::npos;
  std::string host = v6 ? "[" + origin.host + "]" : origin.host;
  return origin.port == 80 ? host : fmt::format("{}:{}", host, origin.port);
}

// RFC 9110 section 9.2.2
bool idempotent(Verb verb) { return verb != Verb::POST && verb != Verb::PATCH; }

// One request on one connection, whatever came before on it.
struct Exchange {
  const Request& request;
  const std::string& head;
  const ClientLimits& limits;
  Instant deadline;
  bool answered = false;  // a byte of the response has come
};

Failure failure_of(const Stream& stream, const error_code& error) {
  if (stream.timed_out()) return {Failure::Kind::timeout, false, "the deadline has passed"};
  // Not ours: somebody has cancelled the coroutine, and it must end.
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  return {Failure::Kind::reset, false, error.message()};
}

Task<std::expected<Response, Failure>> receive(Exchange& exchange, Lease& lease, bool sent) {
  Stream& stream = *lease.stream;
  ResponseParser parser(exchange.limits, exchange.request.verb == Verb::HEAD);
  while (!parser.done() && !parser.failed()) {
    auto error = co_await stream.fill();
    if (error == asio::error::eof && exchange.answered) {
      parser.end_of_input();
    } else if (error) {
      co_return std::unexpected(failure_of(stream, error));
    } else {
      exchange.answered = true;
      stream.consume(parser.feed(stream.buffered()));
    }
  }
  if (parser.failed()) {
    auto kind = parser.too_large() ? Failure::Kind::too_large : Failure::Kind::bad_response;
    co_return std::unexpected(Failure{kind, false, parser.note()});
  }
  if (sent && parser.keep_alive() && stream.buffered().empty()) lease.give_back();
  co_return parser.take();
}

Task<std::expected<Response, Failure>> run(Exchange& exchange, Lease& lease) {
  Stream& stream = *lease.stream;
  stream.set_deadline(exchange.deadline);
  std::string_view head = exchange.head, body = exchange.request.body;
  error_code error;
  size_t count = stream.write_now(head, body, error);
  bool untouched = count == 0 && error && error != asio::error::would_block;
  if (!untouched && count < head.size() + body.size()) {
    size_t of_head = std::min(count, head.size());
    error = co_await stream.write(head.substr(of_head), body.substr(count - of_head));
  }
  if (error && (untouched || stream.timed_out())) {
    Failure failure = failure_of(stream, error);
    failure.never_sent = untouched;
    co_return std::unexpected(std::move(failure));
  }
  // A peer may answer before it has read everything and close: what it said counts, the connection does not.
  co_return co_await receive(exchange, lease, !error);
}

}  // namespace

class Client::Impl {
 public:
  Impl(Runtime& runtime, const ClientLimits& limits) {
    if (!runtime.reactor(0).target<IoExecutor>()) return;
    for (size_t i = 0; i < runtime.reactor_count(); ++i) {
      pools_.push_back(std::make_shared<ClientPool>(runtime, limits, io_executor(runtime, i)));
    }
  }
  ~Impl() {
    for (auto& pool : pools_) asio::post(pool->executor(), [pool] { pool->close(); });
  }

  std::shared_ptr<ClientPool> pool_of(const Executor& executor) const {
    if (pools_.empty()) throw Error(unimplemented, "net.simulated", "This runtime has no sockets.");
    const auto* context = &asio::query(executor, asio::execution::context);
    for (const auto& pool : pools_) {
      if (&pool->executor().context() == context) return pool;
    }
    check_failed("send() runs on a reactor of the client's runtime", __FILE__, __LINE__);
  }

 private:
  std::vector<std::shared_ptr<ClientPool>> pools_;
};

Client::Client(Runtime& runtime, ClientLimits limits) : impl_(std::make_shared<Impl>(runtime, limits)) {}

Client::~Client() = default;

Task<std::expected<Response, Failure>> Client::send(Origin origin, Request request, Instant deadline) {
  auto pool = impl_->pool_of(co_await asio::this_coro::executor);
  if (request.target.empty() || !all_are(target_char, request.target) ||
      (request.target.front() != '/' && request.target != "*")) {
    co_return std::unexpected(Failure{Failure::Kind::refused, true, "malformed target"});
  }
  if (pool->runtime().steady() >= deadline) {
    co_return std::unexpected(Failure{Failure::Kind::timeout, true, "the deadline has passed"});
  }
  auto leased = co_await ClientPool::lease(pool, origin, deadline);
  if (!leased) co_return std::unexpected(std::move(leased.error()));
  Lease lease = std::move(*leased);
  std::string head;
  head.reserve(512);
  append_head(head, request, authority_of(origin));
  bool replaced = false, sent_before = false;
  for (;;) {
    if (!lease.stream || replaced) {
      auto connected = co_await ClientPool::connect(lease, origin, deadline);
      if (!connected) {
        connected.error().never_sent = !sent_before;
        co_return std::unexpected(std::move(connected.error()));
      }
    }
    Exchange exchange{request, head, pool->limits(), deadline};
    auto result = co_await run(exchange, lease);
    if (result) co_return result;
    Failure& failure = result.error();
    bool stale = lease.reused && !exchange.answered && failure.kind == Failure::Kind::reset;
    bool repeatable = idempotent(request.verb) || failure.never_sent;
    sent_before = sent_before || !failure.never_sent;
    failure.never_sent = !sent_before;
    if (replaced || !stale || !repeatable) co_return result;
    replaced = true;
  }
}

}  // namespace portico::net
