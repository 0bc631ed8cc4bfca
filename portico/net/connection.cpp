#include "portico/net/connection.h"

#include "portico/net/writer.h"

namespace portico::net {
namespace {

constexpr Instant unset{INT64_MAX};
constexpr size_t out_bytes_max = 64 * 1024;  // answers held back for one write
constexpr size_t body_copy_max = 16 * 1024;  // larger bodies are written from where they are
constexpr size_t out_keep_max = 16 * 1024;   // capacity an idle connection keeps

}  // namespace

Connection::Connection(std::shared_ptr<Shard> shard, Socket socket, std::string peer, bool admitted)
    : shard_(std::move(shard)),
      core_(shard_->core()),
      stream_(std::make_shared<Stream>(core_.runtime, std::move(socket))),
      peer_(std::move(peer)),
      admitted_(admitted),
      parser_(core_.limits) {
  shard_->enter(*this);
}

Connection::~Connection() { shard_->leave(*this); }

Task<void> Connection::run(std::shared_ptr<Connection> connection) {
  Connection& self = *connection;
  self.stream_->prepare();
  if (self.admitted_) {
    while (co_await self.serve_next()) {
    }
  } else {
    co_await self.refuse(503, "http.too_many_connections", "The server has too many connections.");
  }
  self.stream_->close();
}

void Connection::close_if_idle() {
  if (idle_) stream_->close();
}

Task<bool> Connection::serve_next() {
  bool in_body = parser_.in_body();
  size_t taken = parser_.feed(stream_->buffered());
  stream_->consume(taken);
  shard_->counters.bytes_in.add(taken);
  if (in_body) body_progress_ += taken;
  if (parser_.done()) co_return co_await answer();
  if (parser_.failed()) {
    const Refusal& refusal = parser_.refusal();
    co_await refuse(refusal.status, refusal.reason, refusal.message);
    co_return false;
  }
  // What has arrived is used up: now the answers must go out before we wait.
  if (!flush_now() && !co_await flush()) co_return false;
  if (parser_.expects_continue() && !continued_ && !co_await send_continue()) co_return false;
  co_return co_await read();
}

Task<bool> Connection::answer() {
  bool keep_alive = parser_.keep_alive();
  int minor_version = parser_.minor_version();
  Request request = parser_.take();
  request.peer = peer_;
  bool to_head = request.verb == Verb::HEAD;
  first_ = continued_ = false;
  head_started_ = body_deadline_ = unset;
  body_progress_ = 0;
  stream_->clear_deadline();
  shard_->counters.requests.add(1);

  std::optional<Response> response;
  try {
    response = co_await core_.handle(std::move(request));
  } catch (const std::exception&) {
    response.reset();  // whoever gave us the handler has logged it
  }
  if (!response || response->status < 200 || response->status > 599) {
    response = core_.refuse(500, "http.internal", "The request could not be handled.");
  }
  keep_alive = keep_alive && !core_.draining.load(std::memory_order_relaxed);
  if (!co_await send(std::move(*response), to_head, keep_alive, minor_version)) co_return false;
  if (keep_alive) co_return true;
  if (!flush_now() && !co_await flush()) co_return false;
  if (!stream_->buffered().empty()) co_await stream_->linger();
  co_return false;
}

// Puts the response behind those held back; they go out when there are many, or when `serve_next` finds no
// further request that is already here.
Task<bool> Connection::send(Response response, bool to_head, bool keep_alive, int minor_version) {
  append_head(out_, response, {to_head, keep_alive, minor_version, shard_->date()});
  ++held_;
  bool body = has_body(response, to_head);
  if (body && response.body.size() > body_copy_max) co_return co_await flush(response.body);
  if (body) out_.append(response.body);
  if (held_ < core_.limits.pipelined_max && out_.size() < out_bytes_max) co_return true;
  co_return flush_now() || co_await flush();
}

Task<bool> Connection::send_continue() {
  continued_ = true;
  out_.append("HTTP/1.1 100 Continue\r\n\r\n");
  co_return flush_now() || co_await flush();
}

// True when everything held back is with the kernel; otherwise `flush` must go on.
bool Connection::flush_now() {
  if (out_.empty()) return true;
  error_code error;
  size_t count = stream_->write_now(out_, {}, error);
  shard_->counters.bytes_out.add(count);
  held_ = 0;
  if (count == out_.size()) {
    out_.clear();
    if (out_.capacity() > out_keep_max) out_ = {};
    return true;
  }
  out_.erase(0, count);
  return false;
}

Task<bool> Connection::flush(std::string_view body) {
  auto error =
      co_await stream_->write(out_, body, core_.limits.write_timeout, core_.limits.progress_bytes_min);
  if (!error) shard_->counters.bytes_out.add(out_.size() + body.size());
  out_ = {};
  held_ = 0;
  co_return !error;
}

// A head must be complete a fixed time after its first byte, whatever trickles in; a body must make progress.
Instant Connection::reading_deadline(bool fresh) {
  const auto& limits = core_.limits;
  Instant now = core_.runtime.steady();
  if (fresh) return now + (first_ ? limits.headers_timeout : limits.idle_timeout);
  if (parser_.in_body()) {
    if (body_deadline_ == unset || body_progress_ >= limits.progress_bytes_min) {
      body_deadline_ = now + limits.body_timeout;
      body_progress_ = 0;
    }
    return body_deadline_;
  }
  if (head_started_ == unset) head_started_ = now;
  return head_started_ + limits.headers_timeout;
}

Task<bool> Connection::read() {
  bool fresh = parser_.at_start() && stream_->buffered().empty();
  if (fresh && core_.draining) co_return false;
  stream_->set_deadline(reading_deadline(fresh));
  idle_ = fresh;
  auto error = co_await stream_->fill();
  idle_ = false;
  if (!error) co_return true;
  if (stream_->timed_out() && !fresh)
    co_await refuse(408, "http.timeout", "The request took too long to arrive.");
  co_return false;
}

// Answers, and looks at nothing that comes behind.
Task<void> Connection::refuse(int status, std::string_view reason, std::string_view message) {
  shard_->counters.refused.add(1);
  Response response = core_.refuse(status, reason, message);
  response.status = status;
  if (status == 405) response.headers.set("allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  stream_->clear_deadline();
  if (!co_await send(std::move(response), false, false, 1)) co_return;
  if (flush_now() || co_await flush()) co_await stream_->linger();
}

}  // namespace portico::net
