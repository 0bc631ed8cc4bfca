// Structured logs: coloured lines on a terminal, JSON lines otherwise. Secrets are taken out by type and by
// key.
#pragma once

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
  size_t buffer_bytes_max = 1024 * 1024;  // waiting to be written; what does not fit is dropped and counted
};

class Call;

// Writes lines to a sink. Thread-safe; `write` never blocks on the sink: lines are buffered and flushed by a
// coroutine (at once for warn and error), and by `flush` at the end.
class Log {
 public:
  using Sink = std::function<void(std::string_view lines)>;  // called from one thread at a time
  Log(const Clock& clock, LogOptions options, Sink sink);
  ~Log();
  // Starts the flushing coroutine; without it lines are written when the buffer is a quarter full and by
  // flush().
  void start(Runtime& runtime);
  bool enabled(Level level) const { return level >= options_.level_min; }
  void write(Level level, std::string_view service, std::string_view message, LogFields fields = {});
  // With the call's correlation id, trace id and user id; the error's note included.
  void write(Level level, const Call& call, std::string_view message, LogFields fields = {});
  void failure(const Call& call, std::string_view message, const Error& error, LogFields fields = {});
  void flush();
  uint64_t dropped() const;

 private:
  struct Impl;
  LogOptions options_;
  std::unique_ptr<Impl> impl_;
};

// Standard output as a sink.
Log::Sink standard_output();

// Whether values under this key must not be shown: it holds password, token, secret, key, auth, otp, card,
// cookie, code.
bool is_sensitive_key(std::string_view key);
// "john.doe@example.com" -> "j***@example.com"
std::string mask_email(std::string_view text);

}  // namespace portico
