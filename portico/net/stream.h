// Inside net/ only: a connected TCP socket with a read buffer and a deadline. Used on one reactor only.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "portico/runtime/runtime.h"

namespace portico::net {

// With the executor's own type instead of the erased one: each operation saves an indirection and a
// comparison.
using IoExecutor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, IoExecutor>;
using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, IoExecutor>;
using IoTimer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>, IoExecutor>;
using boost::system::error_code;

// The reactor's own executor; throws Error(unimplemented, "net.simulated") for runtimes without sockets.
IoExecutor io_executor(Runtime& runtime, size_t index);

class Stream : public std::enable_shared_from_this<Stream> {
 public:
  Stream(Runtime& runtime, IoExecutor executor) : Stream(runtime, Socket(executor)) {}
  Stream(Runtime& runtime, Socket socket);

  Socket& socket() { return socket_; }
  void prepare();  // once connected: no delay, no blocking

  // What has been read and not yet consumed.
  std::string_view buffered() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void consume(size_t count) { begin_ += count; }
  // Reads more behind it. An idle stream keeps only a small buffer; it grows with what is left unconsumed and
  // with reads that fill it.
  Task<error_code> fill();

  // Writes what the kernel takes at once; less than all of it with an error (would_block among them).
  size_t write_now(std::string_view first, std::string_view second, error_code& error);
  // Writes all. Fails with timed_out() when fewer than `progress_bytes_min` go out within `timeout`; without
  // a timeout only the deadline counts.
  Task<error_code> write(std::string_view first, std::string_view second,
                         std::optional<Duration> timeout = {}, size_t progress_bytes_min = 0);
  Task<error_code> connect(boost::asio::ip::tcp::endpoint endpoint);

  // Ends the pending operation with an error at `deadline`. One timer a stream, moved only when it must fire
  // earlier than it is set; a deadline that moves on and on costs nothing.
  void set_deadline(Instant deadline);
  void clear_deadline() { deadline_ = never; }
  bool timed_out() const { return timed_out_; }  // the latest operation's failure was the deadline's

  // Whether an idle connection may carry an exchange: open, and not a byte has come unasked.
  bool is_quiet();
  // Tells the peer that nothing more comes, then reads and drops what it still sends, so that the kernel's
  // reset does not overtake the last answer. Bounded in time and bytes.
  Task<void> linger();
  void close();

 private:
  static constexpr Instant never{INT64_MAX};
  void start_timer(Instant when);

  Runtime& runtime_;
  Socket socket_;
  IoTimer timer_;
  Instant deadline_ = never, timer_at_ = never;  // never: the timer is not running
  bool timed_out_ = false;
  std::vector<char> buffer_;
  size_t begin_ = 0, end_ = 0;
  size_t latest_read_ = 0;
};

}  // namespace portico::net
