#include "portico/net/stream.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "portico/base/error.h"

namespace portico::net {
namespace asio = boost::asio;
namespace {

constexpr size_t buffer_bytes_min = 4 * 1024;   // what an idle connection keeps
constexpr size_t buffer_bytes_big = 64 * 1024;  // what a busy upload grows to
constexpr Duration linger_timeout = std::chrono::seconds(2);
constexpr size_t linger_bytes_max = 16 * 1024 * 1024;

}  // namespace

IoExecutor io_executor(Runtime& runtime, size_t index) {
  Executor executor = runtime.reactor(index);
  const auto* io = executor.target<IoExecutor>();
  if (!io) throw Error(unimplemented, "net.simulated", "This runtime has no sockets.");
  return *io;
}

Stream::Stream(Runtime& runtime, Socket socket)
    : runtime_(runtime), socket_(std::move(socket)), timer_(socket_.get_executor()) {}

void Stream::prepare() {
  error_code ignored;  // a peer that has gone already is noticed by the first read
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
}

Task<error_code> Stream::fill() {
  timed_out_ = false;
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (buffer_.empty() || (buffer_.size() > buffer_bytes_min && latest_read_ < buffer_bytes_min))
      buffer_ = std::vector<char>(buffer_bytes_min);
  } else if (end_ == buffer_.size()) {
    if (begin_ > 0) {
      std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
      end_ -= begin_;
      begin_ = 0;
    } else {
      buffer_.resize(buffer_.size() * 2);
    }
  }
  error_code error;
  auto space = asio::buffer(buffer_.data() + end_, buffer_.size() - end_);
  size_t count = co_await socket_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
  end_ += count;
  latest_read_ = count;
  if (count == space.size() && buffer_.size() < buffer_bytes_big) buffer_.resize(buffer_.size() * 2);
  co_return count > 0 ? error_code() : error;
}

size_t Stream::write_now(std::string_view first, std::string_view second, error_code& error) {
  std::array<asio::const_buffer, 2> buffers = {asio::buffer(first), asio::buffer(second)};
  return second.empty() ? socket_.write_some(buffers[0], error) : socket_.write_some(buffers, error);
}

Task<error_code> Stream::write(std::string_view first, std::string_view second,
                               std::optional<Duration> timeout, size_t progress_bytes_min) {
  timed_out_ = false;
  if (timeout) set_deadline(runtime_.steady() + *timeout);
  size_t progress = 0;
  error_code error;
  while (!error && (!first.empty() || !second.empty())) {
    size_t count = write_now(first, second, error);
    size_t of_first = std::min(count, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(count - of_first);
    progress += count;
    if (timeout && progress >= progress_bytes_min) {
      set_deadline(runtime_.steady() + *timeout);
      progress = 0;
    }
    if (error == asio::error::would_block) {
      co_await socket_.async_wait(Socket::wait_write, asio::redirect_error(asio::use_awaitable, error));
    }
  }
  if (timeout) clear_deadline();
  co_return error;
}

Task<error_code> Stream::connect(asio::ip::tcp::endpoint endpoint) {
  timed_out_ = false;
  error_code error;
  socket_.close(error);
  co_await socket_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
  if (!error) prepare();
  co_return error;
}

void Stream::set_deadline(Instant deadline) {
  deadline_ = deadline;
  if (deadline < timer_at_) start_timer(deadline);
}

void Stream::start_timer(Instant when) {
  timer_at_ = when;
  timer_.expires_after(when - runtime_.steady());
  timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    auto stream = weak.lock();
    if (error || !stream) return;
    stream->timer_at_ = never;
    if (stream->deadline_ == never) return;
    if (stream->runtime_.steady() < stream->deadline_) return stream->start_timer(stream->deadline_);
    stream->deadline_ = never;
    stream->timed_out_ = true;
    error_code ignored;
    stream->socket_.cancel(ignored);
  });
}

bool Stream::is_quiet() {
  if (!buffered().empty()) return false;
  char byte;
  error_code error;
  socket_.receive(asio::buffer(&byte, 1), Socket::message_peek, error);
  return error == asio::error::would_block;
}

Task<void> Stream::linger() {
  error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  set_deadline(runtime_.steady() + linger_timeout);
  size_t dropped = 0;
  while (!error && dropped < linger_bytes_max) {
    begin_ = end_;
    error = co_await fill();
    dropped += buffered().size();
  }
  close();
}

void Stream::close() {
  clear_deadline();
  timer_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace portico::net
