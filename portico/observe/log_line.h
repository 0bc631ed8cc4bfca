// One log line, as JSON or as text for people.
#pragma once

#include <fmt/format.h>

#include <span>
#include <string_view>

#include "portico/observe/log.h"

namespace portico::observe {

// What a line says besides its fields; empty texts are left out.
struct LogLine {
  Time time;
  Level level = Level::info;
  std::string_view service, message, correlation_id, trace_id, user_id;
};

// Appends the line with its line feed. Whatever the texts hold, it is exactly one line of valid UTF-8 without
// control characters (other than the colours), and in JSON one object.
void append_line(fmt::memory_buffer& out, LogFormat format, const LogLine& line, LogFields fields,
                 std::span<const LogField> more = {});

}  // namespace portico::observe
