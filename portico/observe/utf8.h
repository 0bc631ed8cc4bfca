// Reading UTF-8 that may be broken (RFC 3629): what is written out again must be valid text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "portico/schema/utf8.h"

namespace portico::observe {

// The first character of a text: its value and how many bytes it takes. A broken sequence is `broken` and
// takes one byte; so do overlong forms, surrogates and values beyond U+10FFFF.
struct CodePoint {
  static constexpr char32_t broken = 0xffffffff;
  char32_t value = broken;
  size_t size = 1;
};

// `text` must not be empty.
inline CodePoint decode_utf8(std::string_view text) {
  size_t size = schema::detail::utf8_length(text.data(), text.data() + text.size());
  if (size == 0) return {};
  char32_t value = uint8_t(text[0]) & (size == 1 ? 0x7f : 0x7f >> size);
  for (size_t i = 1; i < size; ++i) value = value << 6 | (uint8_t(text[i]) & 0x3f);
  return {value, size};
}

// The longest beginning of `text` that has at most `bytes_max` bytes and does not end within a character.
inline std::string_view cut_utf8(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t end = bytes_max;
  for (size_t back = 0; back < 3 && end > 0 && (uint8_t(text[end]) & 0xc0) == 0x80; ++back) --end;
  return text.substr(0, end);
}

}  // namespace portico::observe
