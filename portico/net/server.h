// The HTTP/1.1 server (RFC 9112): strict parsing, keep-alive, pipelining, chunked bodies, limits, time-outs,
// drain.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "portico/net/message.h"
#include "portico/runtime/runtime.h"

namespace portico::net {

struct ServerLimits {
  size_t request_line_bytes_max = 8 * 1024;             // longer: 414
  size_t header_bytes_max = 32 * 1024;                  // all fields together; larger: 431
  size_t header_count_max = 100;                        // more: 431
  size_t body_bytes_max = 1024 * 1024;                  // larger: 413
  size_t connections_max = 10'000;                      // more: 503 and close
  size_t pipelined_max = 64;                            // answers held back for one write
  Duration headers_timeout = std::chrono::seconds(10);  // a request's headers complete, or 408
  Duration body_timeout = std::chrono::seconds(30);     // too little progress within a body, or 408
  Duration idle_timeout = std::chrono::seconds(75);     // between requests: close
  Duration write_timeout = std::chrono::seconds(30);    // too little progress writing: close
  size_t progress_bytes_min = 1024;                     // less than this within a time-out is no progress
};

struct ServerStats {
  uint64_t connections = 0, connections_open = 0, requests = 0, refused = 0, bytes_in = 0, bytes_out = 0;
};

// Handles one request; must not throw (what leaves it is answered 500 and logged by the caller of Server).
// The server frames the response itself: Content-Length, Transfer-Encoding and Connection of the handler are
// ignored, save the Content-Length of a response to HEAD without body. Fields that would break out of their
// line are left out.
using Handle = std::function<Task<Response>(Request request)>;
// Renders the server's own refusals (400, 408, 413, 414, 431, 503) in the system's wire shape; `reason` is a
// dotted slug.
using Refuse = std::function<Response(int status, std::string_view reason, std::string_view message)>;

class Server {
 public:
  // Throws Error(unimplemented, "net.simulated") for a runtime without sockets.
  Server(Runtime& runtime, ServerLimits limits, Handle handle, Refuse refuse);
  // Cuts what is left. The server must die before the runtime; what its handlers use must outlive the
  // runtime's run().
  ~Server();
  // Binds on every reactor (SO_REUSEPORT) and accepts. Port 0 picks a free one. Throws
  // Error(conflict, "port.busy") naming the port, or Error(invalid, "address.invalid"). Returns the bound
  // port.
  uint16_t listen(const std::string& address, uint16_t port);
  // Stops accepting, answers what is in flight with `Connection: close`, closes idle connections, returns
  // when all are closed or at `deadline`, when the rest are cut.
  Task<void> drain(Instant deadline);
  ServerStats stats() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace portico::net
