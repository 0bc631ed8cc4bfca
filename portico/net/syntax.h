// Inside net/ only: the character classes and small grammars of RFC 9110 and 9112.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "portico/net/message.h"

namespace portico::net {

enum CharClass : uint8_t {
  token_char = 1,   // tchar, RFC 9110 section 5.6.2
  value_char = 2,   // field-vchar, space and tab: everything but control characters
  target_char = 4,  // what may stand in an origin-form: RFC 3986 path and query; '%' included, '#' not
  digit_char = 8,
  hex_char = 16,
  unreserved_char = 32,  // RFC 3986 section 2.3
  host_char = 64,        // of a name or IPv4 address in Host; '_' because container names have it
};

constexpr std::array<uint8_t, 256> make_char_classes() {
  std::array<uint8_t, 256> classes{};
  auto mark = [&](std::string_view chars, uint8_t bits) {
    for (char c : chars) classes[static_cast<unsigned char>(c)] |= bits;
  };
  std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", digits = "0123456789";
  uint8_t everywhere = token_char | target_char | unreserved_char | host_char;
  mark(letters, everywhere);
  mark(digits, everywhere | digit_char | hex_char);
  mark("abcdefABCDEF", hex_char);
  mark("!#$%&'*+-.^_`|~", token_char);
  mark("-._~", unreserved_char | host_char);
  mark("-._~!$&'()*+,;=:@/?%", target_char);
  // Characters that URIs should escape but that clients send in queries as they are; none of them has a
  // meaning here.
  mark("\"<>[]^`{|}", target_char);
  for (int c = 0x20; c < 0x100; ++c) {
    if (c != 0x7f) classes[c] |= value_char;
  }
  classes['\t'] |= value_char;
  return classes;
}
inline constexpr std::array<uint8_t, 256> char_classes = make_char_classes();

inline bool is(CharClass wanted, char c) { return char_classes[static_cast<unsigned char>(c)] & wanted; }
inline bool all_are(CharClass wanted, std::string_view text) {
  uint8_t common = wanted;
  for (char c : text) common &= char_classes[static_cast<unsigned char>(c)];
  return common;
}

// The value of a hex digit; the caller has checked that it is one.
inline unsigned hex_value(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

std::string_view trim(std::string_view text);  // of spaces and tabs

// "name: value" without its line end; nothing unless name and value are exactly what RFC 9112 section 5
// allows: no space before the colon, no folding, no control characters. The value is trimmed.
std::optional<Headers::Field> parse_field(std::string_view line);

// Digits only, at most 63 bits.
std::optional<uint64_t> parse_decimal(std::string_view text);

// Whether a comma-separated list contains `wanted`, without case.
bool list_contains(std::string_view list, std::string_view wanted);

// host [":" port] as Host and absolute-form carry it; no user, no path, a port up to 65535.
bool valid_host(std::string_view host);

// What the Transfer-Encoding of a message says (RFC 9112 section 6.1).
enum class TransferCoding { chunked, unknown, invalid };
TransferCoding parse_transfer_coding(std::string_view value);

// Whether a field may be written as it is; anything else would let a value break out of its line.
inline bool safe_field(const Headers::Field& field) {
  return !field.first.empty() && all_are(token_char, field.first) && all_are(value_char, field.second);
}

// Fields that belong to one connection or frame the message; whoever writes a message writes these itself.
bool is_framing(std::string_view name);

}  // namespace portico::net
