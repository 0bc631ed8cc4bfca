#include "portico/net/message.h"
#include "portico/net/syntax.h"

namespace portico::net {
namespace {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool valid_utf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || text.size() - i <= more) return false;
    for (size_t k = 1; k <= more; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    }
    auto second = static_cast<unsigned char>(text[i + 1]);
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return false;
    if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return false;
    i += more + 1;
  }
  return true;
}

// Unescapes what needs no escape and writes the other escapes in capitals; `decoded` gets the text without
// escapes.
bool normalise_escapes(std::string_view path, std::string& normal, std::string& decoded) {
  for (size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    if (c == '\\' || !is(target_char, c) || c == '?') return false;
    if (c != '%') {
      normal.push_back(c);
      decoded.push_back(c);
      continue;
    }
    if (path.size() - i < 3 || !is(hex_char, path[i + 1]) || !is(hex_char, path[i + 2])) return false;
    auto byte = static_cast<char>(hex_value(path[i + 1]) << 4 | hex_value(path[i + 2]));
    if (!is(value_char, byte) || byte == '\t' || byte == '/' || byte == '\\') return false;
    if (is(unreserved_char, byte)) {
      normal.push_back(byte);
    } else {
      normal.push_back('%');
      normal.push_back("0123456789ABCDEF"[static_cast<unsigned char>(byte) >> 4]);
      normal.push_back("0123456789ABCDEF"[static_cast<unsigned char>(byte) & 15]);
    }
    decoded.push_back(byte);
    i += 2;
  }
  return true;
}

// "." and ".." with a parameter behind: servers disagree whether that is a dot segment.
bool ambiguous_dots(std::string_view segment) {
  size_t dots = segment.find_first_not_of('.');
  if (dots == 0 || dots > 2 || dots == std::string_view::npos) return false;
  return segment[dots] == ';' || segment.substr(dots, 3) == "%3B";
}

// RFC 3986 section 5.2.4, with empty segments dropped but a final slash kept.
std::optional<std::string> resolve_segments(std::string_view path) {
  std::string resolved;
  resolved.reserve(path.size());
  bool final_slash = true;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    size_t end = std::min(path.find('/'), path.size());
    std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    if (ambiguous_dots(segment)) return std::nullopt;
    final_slash = segment.empty() || segment == "." || segment == "..";
    if (segment == "..") {
      resolved.resize(resolved.empty() ? 0 : resolved.rfind('/'));
    } else if (!final_slash) {
      resolved.append("/").append(segment);
    }
  }
  if (final_slash) resolved.push_back('/');
  return resolved;
}

}  // namespace

std::optional<std::string> canonical_path(std::string_view path) {
  if (path.empty() || path.front() != '/') return std::nullopt;
  // Nearly every path is canonical already, and a look at each byte and its left neighbour tells.
  bool plain = true;
  char left = 0;
  for (char c : path) {
    plain = plain && (is(unreserved_char, c) || c == '/') && !(left == '/' && (c == '/' || c == '.'));
    left = c;
  }
  if (plain) return std::string(path);
  std::string normal, decoded;
  normal.reserve(path.size());
  decoded.reserve(path.size());
  if (!normalise_escapes(path, normal, decoded) || !valid_utf8(decoded)) return std::nullopt;
  return resolve_segments(normal);
}

}  // namespace portico::net
