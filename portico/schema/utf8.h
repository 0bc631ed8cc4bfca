// UTF-8 by the strict rules of RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace portico::schema::detail {

// The length in bytes of the well-formed character at `at`, which must stand before `end`; 0 when there is
// none.
inline size_t utf8_length(const char* at, const char* end) {
  auto byte = [at](size_t i) { return static_cast<unsigned char>(at[i]); };
  auto follows = [&](size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(i) >= low && byte(i) <= high;
  };
  size_t left = size_t(end - at);
  unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return left >= 2 && follows(1) ? 2 : 0;
  if (lead < 0xF0) {
    unsigned low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
    return left >= 3 && follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (lead > 0xF4) return 0;
  unsigned low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
  return left >= 4 && follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
}

// How many code points `text` has; nothing when it is not UTF-8.
inline std::optional<size_t> count_code_points(std::string_view text) {
  const char* end = text.data() + text.size();
  size_t count = 0;
  for (const char* at = text.data(); at != end;) {
    // Eight ASCII characters at a time.
    uint64_t word = 0;
    if (end - at >= 8) std::memcpy(&word, at, 8);
    if (end - at >= 8 && !(word & 0x8080808080808080)) {
      at += 8;
      count += 8;
      continue;
    }
    size_t length = utf8_length(at, end);
    if (length == 0) return std::nullopt;
    at += length;
    ++count;
  }
  return count;
}

inline void append_utf8(std::string& out, uint32_t code_point) {
  auto tail = [&](int shift) { out += char(0x80 | ((code_point >> shift) & 0x3F)); };
  if (code_point < 0x80) {
    out += char(code_point);
  } else if (code_point < 0x800) {
    out += char(0xC0 | (code_point >> 6));
    tail(0);
  } else if (code_point < 0x10000) {
    out += char(0xE0 | (code_point >> 12));
    tail(6);
    tail(0);
  } else {
    out += char(0xF0 | (code_point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// The first byte at or after `at` that cannot stand in a JSON string as it is or is not ASCII: quote,
// backslash, control character, byte above 0x7F. Looks at eight bytes at a time.
inline const char* skip_plain(const char* at, const char* end) {
  constexpr uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
  if constexpr (std::endian::native == std::endian::little) {
    for (; end - at >= 8; at += 8) {
      uint64_t word;
      std::memcpy(&word, at, 8);
      uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
      // A borrow can mark a byte falsely, but only above one that is marked rightly.
      uint64_t marks = (((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
                        ((word - ones * 0x20) & ~word) | word) &
                       tops;
      if (marks) return at + std::countr_zero(marks) / 8;
    }
  }
  for (; at != end; ++at) {
    unsigned char c = static_cast<unsigned char>(*at);
    if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') break;
  }
  return at;
}

}  // namespace portico::schema::detail
