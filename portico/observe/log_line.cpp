#include "portico/observe/log_line.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "portico/observe/redact.h"
#include "portico/observe/utf8.h"

namespace portico::observe {
namespace {

// Characters that end lines, move the cursor, hide or reorder text for whoever looks at the log: C0 and C1
// controls, line and paragraph separators, zero-width and bidirectional marks, the byte order mark.
bool is_unsafe(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

// The bytes that stand for themselves in either format wherever they occur.
constexpr std::array<bool, 256> plain_bytes = [] {
  std::array<bool, 256> plain{};
  for (size_t c = 0x20; c < 0x7f; ++c) plain[c] = c != '"' && c != '\\' && c != '|';
  return plain;
}();

void append(fmt::memory_buffer& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

// What both formats escape in the same way: controls and the backslash as JSON writes them, broken UTF-8
// replaced. The quote and the bar are escaped where asked for.
void append_escaped(fmt::memory_buffer& out, std::string_view text, bool quote, bool bar) {
  while (!text.empty()) {
    size_t plain = 0;
    while (plain < text.size() && plain_bytes[uint8_t(text[plain])]) ++plain;
    append(out, text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    auto [value, size] = decode_utf8(text);
    if (value == '\n')
      append(out, "\\n");
    else if (value == '\r')
      append(out, "\\r");
    else if (value == '\t')
      append(out, "\\t");
    else if (value == '\\' || (value == '"' && quote) || (value == '|' && bar))
      out.push_back('\\'), out.push_back(char(value));
    else if (value == CodePoint::broken)
      append(out, "\xef\xbf\xbd");
    else if (is_unsafe(value))
      fmt::format_to(fmt::appender(out), "\\u{:04x}", uint32_t(value));
    else
      append(out, text.substr(0, size));
    text.remove_prefix(size);
  }
}

void append_quoted(fmt::memory_buffer& out, std::string_view text) {
  out.push_back('"');
  append_escaped(out, text, true, false);
  out.push_back('"');
}

// In text lines a value is quoted where it could be read as more than one.
void append_text_value(fmt::memory_buffer& out, std::string_view text) {
  if (text.empty() || text.find_first_of(" =\"|") != std::string_view::npos)
    append_quoted(out, text);
  else
    append_escaped(out, text, true, false);
}

// Writes the parts of lines in one format; one lives as long as one line is being written.
class LineWriter {
 public:
  LineWriter(fmt::memory_buffer& out, LogFormat format, bool mask)
      : out_(out), json_(format == LogFormat::json), mask_(mask) {}

  // The texts that frame a line (not subject to redaction by key).
  std::string_view shown(std::string_view text) { return presentable(text, mask_, scratch_); }

  void text(std::string_view key, std::string_view value) {
    begin(key);
    json_ ? append_quoted(out_, shown(value)) : append_text_value(out_, shown(value));
  }
  void optional_text(std::string_view key, std::string_view value) {
    if (!value.empty()) text(key, value);
  }
  void field(const LogField& field) {
    if (is_sensitive_key(field.key)) {
      begin(field.key);
      json_ ? append_quoted(out_, redacted) : append_text_value(out_, redacted);
    } else if (const auto* value = std::get_if<std::string_view>(&field.value)) {
      text(field.key, *value);
    } else {
      begin(field.key);
      scalar(field);
    }
  }

 private:
  void begin(std::string_view key) {
    if (json_) {
      if (fields_++) out_.push_back(',');
      append_quoted(out_, cut_utf8(key, value_bytes_max));
      out_.push_back(':');
    } else {
      append(out_, fields_++ ? " " : " | ");
      append_text_value(out_, cut_utf8(key, value_bytes_max));
      out_.push_back('=');
    }
  }
  void scalar(const LogField& field) {
    if (const auto* flag = std::get_if<bool>(&field.value))
      append(out_, *flag ? "true" : "false");
    else if (const auto* number = std::get_if<double>(&field.value))
      std::isfinite(*number) ? void(fmt::format_to(fmt::appender(out_), "{}", *number))
                             : append(out_, "null");
    else
      fmt::format_to(fmt::appender(out_), "{}", std::get<int64_t>(field.value));
  }

  fmt::memory_buffer& out_;
  bool json_, mask_;
  int fields_ = 0;
  std::string scratch_;
};

std::string_view colour_of(Level level) {
  switch (level) {
    case Level::debug:
      return "\x1b[90m";
    case Level::info:
      return "\x1b[36m";
    case Level::success:
      return "\x1b[32m";
    case Level::warn:
      return "\x1b[33m";
    case Level::error:
      return "\x1b[31m";
  }
  return {};
}

void append_text_head(fmt::memory_buffer& out, LineWriter& writer, bool coloured, const LogLine& line) {
  std::string_view dim = coloured ? "\x1b[2m" : "", colour = coloured ? colour_of(line.level) : "",
                   normal = coloured ? "\x1b[0m" : "";
  fmt::format_to(fmt::appender(out), "{}[{}]{} [", dim, to_string(line.time), normal);
  append_escaped(out, writer.shown(line.service), false, true);
  fmt::format_to(fmt::appender(out), "] {}{}{} ", colour, name_of(line.level), normal);
  append_escaped(out, writer.shown(line.message), false, true);
}

}  // namespace

void append_line(fmt::memory_buffer& out, LogFormat format, const LogLine& line, LogFields fields,
                 std::span<const LogField> more) {
  LineWriter writer(out, format, line.level >= Level::info);
  if (format == LogFormat::json) {
    out.push_back('{');
    writer.text("timestamp", to_string(line.time));
    writer.text("level", name_of(line.level));
    writer.text("service", line.service);
    writer.text("message", line.message);
  } else {
    append_text_head(out, writer, format == LogFormat::text_coloured, line);
  }
  writer.optional_text("correlationId", line.correlation_id);
  writer.optional_text("traceId", line.trace_id);
  writer.optional_text("userId", line.user_id);
  for (const LogField& field : fields) writer.field(field);
  for (const LogField& field : more) writer.field(field);
  append(out, format == LogFormat::json ? "}\n" : "\n");
}

}  // namespace portico::observe
