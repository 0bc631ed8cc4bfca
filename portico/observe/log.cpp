#include "portico/observe/log.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "portico/observe/call.h"
#include "portico/observe/log_line.h"
#include "portico/observe/redact.h"

namespace portico {
namespace {

constexpr Duration flush_interval = std::chrono::milliseconds(100);

// Why a flushing coroutine was started: when the buffer got its first line, or for a line that must not wait.
enum Wake : size_t { later, now, wake_count };

std::string details_of(const Error& error) {
  std::string text;
  for (const auto& [key, value] : error.details())
    fmt::format_to(std::back_inserter(text), "{}{}={}", text.empty() ? "" : ", ", key,
                   is_sensitive_key(key) ? observe::redacted : value);
  for (const Violation& violation : error.violations()) {
    if (text.size() > observe::value_bytes_max) break;
    fmt::format_to(std::back_inserter(text), "{}{}: {}", text.empty() ? "" : ", ", violation.pointer,
                   violation.message);
  }
  return text;
}

}  // namespace

std::string_view name_of(Level level) {
  constexpr std::string_view names[] = {"DEBUG", "INFO", "SUCCESS", "WARN", "ERROR"};
  return names[size_t(level)];
}

// Shared with the coroutines that flush, which may outlive the Log.
struct Log::Impl : std::enable_shared_from_this<Log::Impl> {
  Impl(const Clock& clock, LogOptions options, Sink sink)
      : clock(clock), options(options), sink(std::move(sink)) {}

  // A flushing coroutine that has been started. However it ends (its node may be killed), the next line that
  // needs one gets another.
  struct Ticket {
    Ticket(std::shared_ptr<Impl> owner, Wake reason) : impl(std::move(owner)), wake(reason) {}
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() { release(); }
    void release() {
      std::lock_guard held(impl->mutex);
      if (!std::exchange(released, true)) impl->scheduled[wake] = false;
    }
    std::shared_ptr<Impl> impl;
    Wake wake;
    bool released = false;
  };

  const Clock& clock;
  const LogOptions options;
  const Sink sink;  // called only by the thread that has set `draining`, without the mutex

  std::mutex mutex;
  std::condition_variable drained;
  std::string pending;  // whole lines
  std::string batch;    // handed to the sink; belongs to the drainer
  size_t batch_bytes = 0;
  uint64_t pending_lines = 0, batch_lines = 0;
  uint64_t dropped = 0, dropped_reported = 0;
  bool draining = false;
  bool closed = false;  // the Log is gone, and perhaps what its sink refers to
  bool scheduled[wake_count] = {};
  Runtime* runtime = nullptr;

  void write(Level level, const Call& call, std::string_view message, LogFields fields,
             std::span<const LogField> more = {});
  void put(Level level, std::string_view line);
  bool take();
  void drain(std::unique_lock<std::mutex>& held);
  void drain_unless_busy();
  void flush(bool close);
  static Task<void> flush_soon(Runtime& runtime, std::shared_ptr<Ticket> ticket, Duration delay);
};

void Log::Impl::write(Level level, const Call& call, std::string_view message, LogFields fields,
                      std::span<const LogField> more) {
  fmt::memory_buffer line;
  std::string trace_id = call.trace.valid() ? to_hex(call.trace.trace_id) : std::string();
  observe::append_line(line, options.format,
                       {.time = clock.now(),
                        .level = level,
                        .service = call.service(),
                        .message = message,
                        .correlation_id = call.correlation_id,
                        .trace_id = trace_id,
                        .user_id = call.caller().user_id},
                       fields, more);
  put(level, {line.data(), line.size()});
}

// Adds the line and sees to it that somebody writes it.
void Log::Impl::put(Level level, std::string_view line) {
  std::shared_ptr<Ticket> ticket;
  Runtime* flusher = nullptr;
  bool write_here = false;
  {
    std::lock_guard held(mutex);
    if (pending.size() + batch_bytes + line.size() > options.buffer_bytes_max) {
      ++dropped;
      return;
    }
    pending += line;
    ++pending_lines;
    bool filling = pending.size() >= options.buffer_bytes_max / 4;
    Wake wake = level >= Level::warn || filling ? now : later;
    write_here = !runtime && filling && !draining;
    // A coroutine that is about to flush now makes another one superfluous, whatever the line's level.
    if (runtime && !scheduled[now] && !scheduled[wake]) {
      ticket = std::make_shared<Ticket>(shared_from_this(), wake);
      scheduled[wake] = true;
      flusher = runtime;
    }
  }
  if (write_here) drain_unless_busy();
  if (!ticket) return;
  Duration delay = ticket->wake == now ? Duration::zero() : flush_interval;
  flusher->spawn("log.flush", flush_soon(*flusher, std::move(ticket), delay));
}

// Moves what is pending to the batch; a line about lost lines goes with it. False when there is nothing.
bool Log::Impl::take() {
  batch.clear();
  std::swap(batch, pending);
  batch_lines = std::exchange(pending_lines, 0);
  if (dropped != dropped_reported) {
    fmt::memory_buffer line;
    observe::append_line(
        line, options.format,
        {.time = clock.now(), .level = Level::warn, .service = "log", .message = "log lines dropped"},
        {{"count", dropped - dropped_reported}});
    dropped_reported = dropped;
    batch.append(line.data(), line.size());
  }
  batch_bytes = batch.size();
  return !batch.empty();
}

// Writes until nothing is pending or the sink fails. The mutex is held on entry and on return, and nobody
// else drains.
void Log::Impl::drain(std::unique_lock<std::mutex>& held) {
  draining = true;
  bool failed = false;
  while (!failed && !closed && take()) {
    held.unlock();
    try {
      sink(batch);
    } catch (const std::exception&) {
      failed = true;  // there is no other place to tell it
    }
    held.lock();
    if (failed) dropped += batch_lines;
  }
  batch_bytes = 0;
  draining = false;
  drained.notify_all();
}

// A sink may block for long (a full pipe): more than one thread must never wait for it. Whoever is at it
// takes the new lines along.
void Log::Impl::drain_unless_busy() {
  std::unique_lock held(mutex);
  if (!draining) drain(held);
}

void Log::Impl::flush(bool close) {
  std::unique_lock held(mutex);
  drained.wait(held, [&] { return !draining; });
  drain(held);
  closed = closed || close;
}

Task<void> Log::Impl::flush_soon(Runtime& runtime, std::shared_ptr<Ticket> ticket, Duration delay) {
  if (delay > Duration::zero()) co_await runtime.sleep(delay);
  while (true) {
    bool refused = false;
    try {
      // Released before the lines are taken: those that come later start a coroutine of their own.
      co_await runtime.offload([ticket] {
        ticket->release();
        ticket->impl->drain_unless_busy();
      });
    } catch (const Error& error) {
      if (error.code() != unavailable) throw;
      refused = true;
    }
    if (!refused) co_return;
    co_await runtime.sleep(flush_interval);  // the pool is full; the lines wait in the buffer
  }
}

Log::Log(const Clock& clock, LogOptions options, Sink sink)
    : options_(options), impl_(std::make_shared<Impl>(clock, options, std::move(sink))) {}

Log::~Log() { impl_->flush(true); }

void Log::start(Runtime& runtime) {
  std::lock_guard held(impl_->mutex);
  impl_->runtime = &runtime;
}

void Log::write(Level level, std::string_view service, std::string_view message, LogFields fields) {
  if (!enabled(level)) return;
  fmt::memory_buffer line;
  observe::append_line(line, options_.format,
                       {.time = impl_->clock.now(), .level = level, .service = service, .message = message},
                       fields);
  impl_->put(level, {line.data(), line.size()});
}

void Log::write(Level level, const Call& call, std::string_view message, LogFields fields) {
  if (enabled(level)) impl_->write(level, call, message, fields);
}

void Log::failure(const Call& call, std::string_view message, const Error& error, LogFields fields) {
  Level level = error.status() >= 500 ? Level::error : Level::warn;
  if (!enabled(level)) return;
  std::string details = details_of(error);
  std::vector<LogField> more{{"error", name_of(error.code())},
                             {"status", error.status()},
                             {"reason", error.reason()},
                             {"errorMessage", error.message()}};
  if (!error.note().empty()) more.emplace_back("note", error.note());
  if (!details.empty()) more.emplace_back("details", details);
  impl_->write(level, call, message, fields, more);
}

void Log::flush() { impl_->flush(false); }

uint64_t Log::dropped() const {
  std::lock_guard held(impl_->mutex);
  return impl_->dropped;
}

Log::Sink standard_output() {
  return [](std::string_view lines) {
    while (!lines.empty()) {
      ssize_t written = ::write(STDOUT_FILENO, lines.data(), lines.size());
      if (written >= 0) {
        lines.remove_prefix(size_t(written));
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        // Whoever shares the terminal or pipe may have made it non-blocking.
        pollfd wait{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
        ::poll(&wait, 1, -1);
      } else if (errno != EINTR) {
        throw std::system_error(errno, std::generic_category(), "standard output");
      }
    }
  };
}

}  // namespace portico
