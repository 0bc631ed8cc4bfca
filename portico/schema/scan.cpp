#include "portico/schema/scan.h"

#include <algorithm>

#include "portico/schema/number.h"

namespace portico::schema::detail {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

uint32_t hex_value(std::string_view four) {
  uint32_t value = 0;
  for (char c : four) value = value * 16 + uint32_t(hex_digit(c));
  return value;
}

bool is_high_surrogate(uint32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(uint32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

// The character behind a backslash of one letter; 0 for any other.
char simple_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

}  // namespace

void append_decoded(std::string& out, std::string_view raw) {
  while (!raw.empty()) {
    size_t plain = std::min(raw.find('\\'), raw.size());
    out.append(raw.substr(0, plain));
    raw.remove_prefix(plain);
    if (raw.empty()) return;
    if (raw[1] != 'u') {
      out += simple_escape(raw[1]);
      raw.remove_prefix(2);
      continue;
    }
    uint32_t unit = hex_value(raw.substr(2, 4));
    raw.remove_prefix(6);
    if (is_high_surrogate(unit)) {
      unit = 0x10000 + ((unit - 0xD800) << 10) + (hex_value(raw.substr(2, 4)) - 0xDC00);
      raw.remove_prefix(6);
    }
    append_utf8(out, unit);
  }
}

bool Scanner::fail(const char* problem) {
  problem_ = at_ == end_ ? "unexpected end" : problem;
  return false;
}

std::string Scanner::failure() const {
  if (too_deep_) return "must not be nested deeper than " + std::to_string(depth_max_) + " levels";
  return "malformed JSON at byte " + std::to_string(at_ - begin_) + ": " + problem_;
}

bool Scanner::string(StringToken& token) {
  const char* start = ++at_;
  size_t surplus = 0;  // bytes beyond one a character
  token.escaped = token.nul = false;
  for (;;) {
    at_ = skip_plain(at_, end_);
    if (at_ == end_) return fail("");
    if (*at_ == '"') break;
    if (*at_ == '\\') {
      token.escaped = true;
      if (!escape(token, surplus)) return false;
    } else if (static_cast<unsigned char>(*at_) < 0x20) {
      return fail("control character in a string");
    } else {
      size_t length = utf8_length(at_, end_);
      if (length == 0) return fail("invalid UTF-8");
      surplus += length - 1;
      at_ += length;
    }
  }
  token.raw = {start, size_t(at_ - start)};
  token.characters = token.raw.size() - surplus;
  ++at_;
  return true;
}

bool Scanner::escape(StringToken& token, size_t& surplus) {
  const char* start = at_++;
  if (at_ == end_) return fail("");
  if (*at_ != 'u') {
    if (!simple_escape(*at_)) return fail("unknown escape");
    ++at_;
  } else {
    uint32_t unit, low;
    if (!hex4(unit)) return false;
    if (is_low_surrogate(unit)) return fail("lone surrogate");
    if (is_high_surrogate(unit)) {
      if (end_ - at_ < 2 || at_[0] != '\\' || at_[1] != 'u') return fail("lone surrogate");
      ++at_;
      if (!hex4(low)) return false;
      if (!is_low_surrogate(low)) return fail("lone surrogate");
    }
    token.nul |= unit == 0;
  }
  surplus += size_t(at_ - start) - 1;
  return true;
}

bool Scanner::hex4(uint32_t& unit) {
  ++at_;
  unit = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    if (at_ == end_ || hex_digit(*at_) < 0) return fail("expected four hexadecimal digits");
    unit = unit * 16 + uint32_t(hex_digit(*at_));
  }
  return true;
}

bool Scanner::number(std::string_view& text) {
  const char* end = number_end(at_, end_);
  if (!end) return fail("not a number");
  text = {at_, size_t(end - at_)};
  at_ = end;
  return true;
}

bool Scanner::literal(std::string_view word) {
  if (!std::string_view(at_, size_t(end_ - at_)).starts_with(word)) return fail("expected a value");
  at_ += word.size();
  return true;
}

bool Scanner::enter() {
  if (++depth_ > depth_max_) {
    too_deep_ = true;
    return fail("too deep");
  }
  ++at_;
  return true;
}

bool Scanner::over_separator(bool& first, char close, const char* problem, bool& closed) {
  char c = peek();
  if (c == close) {
    ++at_;
    --depth_;
    closed = true;
    return true;
  }
  if (!first) {
    if (c != ',') return fail(problem);
    ++at_;
    peek();
  }
  first = false;
  return true;
}

bool Scanner::next_member(bool& first, std::string_view& name) {
  bool closed = false;
  if (!over_separator(first, '}', "expected ',' or '}'", closed) || closed) return false;
  if (peek() != '"') return fail("expected a member name");
  StringToken token;
  if (!string(token)) return false;
  if (peek() != ':') return fail("expected ':'");
  ++at_;
  name = token.raw;
  if (token.escaped) {
    std::string decoded;
    append_decoded(decoded, token.raw);
    char* kept = static_cast<char*>(arena_.allocate(decoded.size() + 1, 1));
    std::copy(decoded.begin(), decoded.end(), kept);
    name = {kept, decoded.size()};
  }
  return true;
}

bool Scanner::next_element(bool& first) {
  bool closed = false;
  return over_separator(first, ']', "expected ',' or ']'", closed) && !closed;
}

bool Scanner::forget_repeated(size_t mark) {
  auto begin = names_.begin() + std::ptrdiff_t(mark);
  bool repeated = false;
  if (names_.end() - begin > 1) {
    std::sort(begin, names_.end(), [](std::string_view a, std::string_view b) {
      return a.size() != b.size() ? a.size() < b.size() : a < b;
    });
    repeated = std::adjacent_find(begin, names_.end()) != names_.end();
  }
  names_.resize(mark);
  return repeated;
}

bool Scanner::skip_value(Skipped& skipped) {
  bool first = true;
  StringToken token;
  std::string_view text;
  switch (peek()) {
    case '"':
      if (!string(token)) return false;
      skipped.nul |= token.nul;
      return true;
    case '{': {
      if (!enter()) return false;
      size_t mark = names_mark();
      while (next_member(first, text)) {
        remember(text);
        skipped.nul |= text.find('\0') != std::string_view::npos;
        if (!skip_value(skipped)) return false;
      }
      if (failed()) return false;
      skipped.repeated |= forget_repeated(mark);
      return true;
    }
    case '[':
      if (!enter()) return false;
      while (next_element(first))
        if (!skip_value(skipped)) return false;
      return !failed();
    case 't':
      return literal("true");
    case 'f':
      return literal("false");
    case 'n':
      return literal("null");
    default:
      return number_end(at_, end_) ? number(text) : fail("expected a value");
  }
}

bool Scanner::finish() { return peek() == '\0' && at_ == end_ ? true : fail("expected the end"); }

}  // namespace portico::schema::detail
