// Structured logs: coloured lines on a terminal, JSON lines otherwise. Secrets are taken out by type and by
// key.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "portico/base/error.h"
#include "portico/runtime/runtime.h"

namespace portico {

enum class Level { debug, info, success, warn, error };
std::string_view name_of(Level level);  // "INFO"

// A key and its value. There is no constructor from Secret or SecretText.
struct LogField {
  std::string_view key;
  std::variant<std::string_view, int64_t, double, bool> value;
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  template <class I>
    requires(std::integral<I> && !std::same_as<I, bool>)
  LogField(std::string_view k, I v) : key(k), value(int64_t(v)) {}
};
using LogFields = std::initializer_list<LogField>;

enum class LogFormat { text, text_coloured, json };

struct LogOptions {
  LogFormat format = LogFormat::json;
  Level level_min = Level::info;
  // Waiting to be written, or handed to the sink and not yet back; a line that does not fit is dropped and
  // counted.
  size_t buffer_bytes_max = 1024 * 1024;
};

class Call;

// Writes lines to a sink. Thread-safe; `write` never blocks on the sink: lines are buffered and flushed by a
// coroutine (after 100 ms, at once for warn and error), and by `flush` at the end. An idle log has no timer.
//
// Keys, in this order: timestamp, level, service, message, then where known correlationId, traceId, userId,
// then the fields, whose keys come from code and must not repeat those. Whatever the values hold, a line
// stays one line. Values under sensitive keys and in sensitive query parameters become "[redacted]", so does
// the user information of URLs; at info and above e-mail addresses are masked, in the message too; a text is
// cut at 2 KiB.
class Log {
 public:
  // Called from one thread at a time, never by two; may block, must not use the log. What it throws counts
  // its lines as dropped.
  using Sink = std::function<void(std::string_view lines)>;
  // The clock must outlive the log.
  Log(const Clock& clock, LogOptions options, Sink sink);
  // Writes what is left. After it the sink is not called again.
  ~Log();
  // From here on coroutines of `runtime` write the lines, on its pool; it must outlive all use of the log but
  // `flush` and destruction. Before, lines are written by `write` when the buffer is a quarter full, and by
  // flush().
  void start(Runtime& runtime);
  bool enabled(Level level) const { return level >= options_.level_min; }
  void write(Level level, std::string_view service, std::string_view message, LogFields fields = {});
  // With the call's service, correlation id, trace id and user id.
  void write(Level level, const Call& call, std::string_view message, LogFields fields = {});
  // Likewise, and with all that is known of the error, its note included: error, status, reason,
  // errorMessage, note, details. At level error where the status is 500 or more, at warn otherwise.
  void failure(const Call& call, std::string_view message, const Error& error, LogFields fields = {});
  // Returns when all lines written before have been handed to the sink and it has returned. Blocks on the
  // sink.
  void flush();
  uint64_t dropped() const;  // lines

 private:
  struct Impl;
  LogOptions options_;
  std::shared_ptr<Impl> impl_;
};

// Standard output as a sink. A process that writes to pipes must ignore SIGPIPE.
Log::Sink standard_output();

// Whether values under this key must not be shown: it holds password, token, secret, key, auth, otp, card,
// cookie, code or the like, in any case and with any separators. A few harmless words that hold them are
// known (statusCode, author, routingKey, …).
bool is_sensitive_key(std::string_view key);
// Every address in the text: "john.doe@example.com" -> "j***@example.com"; "%40" counts as "@".
std::string mask_email(std::string_view text);

}  // namespace portico
