// The HTTP/1.1 client: pooled connections, deadlines, limits. It follows no redirects and retries nothing by
// itself.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "portico/net/message.h"
#include "portico/runtime/runtime.h"

namespace portico::net {

struct Origin {
  std::string host;
  uint16_t port = 80;
  auto operator<=>(const Origin&) const = default;
};
// "http://host:port" (a path, user or other scheme is refused).
std::optional<Origin> parse_origin(std::string_view url);

struct ClientLimits {
  size_t header_bytes_max = 32 * 1024;
  size_t body_bytes_max = 16 * 1024 * 1024;
  size_t idle_max = 64;          // idle connections kept an origin and reactor
  size_t connections_max = 512;  // an origin and reactor; more wait until the deadline
  Duration connect_timeout = std::chrono::seconds(1);
  Duration idle_timeout = std::chrono::seconds(4);  // under the 5 s at which Node servers close
};

// Why an exchange failed. `never_sent` says that no byte of the request can have reached the peer, so that
// repeating it is safe for every method.
struct Failure {
  enum class Kind { refused, reset, timeout, bad_response, too_large } kind = Kind::reset;
  bool never_sent = false;
  std::string note;
};

// Sends requests to other processes. One exchange on the caller's reactor; fails at `deadline` at the latest.
class Sender {
 public:
  virtual ~Sender() = default;
  virtual Task<std::expected<Response, Failure>> send(Origin origin, Request request, Instant deadline) = 0;
};

class Client final : public Sender {
 public:
  // The client must die before the runtime. On a runtime without sockets one can be made, so that a process
  // that holds all its services can be simulated; its `send` throws Error(unimplemented, "net.simulated").
  Client(Runtime& runtime, ClientLimits limits);
  ~Client() override;  // exchanges that are under way go on; idle connections are closed
  // One exchange on the caller's reactor. A reused connection that turns out closed before any byte of a
  // response is replaced once by a fresh one when the request was idempotent (RFC 9110 section 9.2.2).
  Task<std::expected<Response, Failure>> send(Origin origin, Request request, Instant deadline) override;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace portico::net
