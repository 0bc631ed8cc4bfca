#include "portico/net/syntax.h"

#include <charconv>

namespace portico::net {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<Headers::Field> parse_field(std::string_view line) {
  size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return std::nullopt;
  std::string_view name = line.substr(0, colon), value = trim(line.substr(colon + 1));
  if (!all_are(token_char, name) || !all_are(value_char, value)) return std::nullopt;
  return Headers::Field{name, value};
}

std::optional<uint64_t> parse_decimal(std::string_view text) {
  uint64_t value = 0;
  if (text.empty() || !all_are(digit_char, text)) return std::nullopt;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value > INT64_MAX) return std::nullopt;
  return value;
}

bool list_contains(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    size_t comma = std::min(list.find(','), list.size());
    if (same_name(trim(list.substr(0, comma)), wanted)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool valid_host(std::string_view host) {
  if (host.empty()) return false;
  size_t end;
  if (host.front() == '[') {
    end = host.find(']');
    if (end == std::string_view::npos) return false;
    std::string_view address = host.substr(1, end - 1);
    if (address.find(':') == std::string_view::npos) return false;
    for (char c : address) {
      if (!is(hex_char, c) && c != ':' && c != '.') return false;
    }
    ++end;
  } else {
    end = std::min(host.find(':'), host.size());
    if (end == 0 || !all_are(host_char, host.substr(0, end))) return false;
  }
  if (end == host.size()) return true;
  if (host[end] != ':') return false;
  auto port = parse_decimal(host.substr(end + 1));
  return port && *port <= 65535;
}

TransferCoding parse_transfer_coding(std::string_view value) {
  if (same_name(value, "chunked")) return TransferCoding::chunked;
  bool chunked_seen = false;
  for (;;) {
    size_t comma = std::min(value.find(','), value.size());
    std::string_view coding = trim(value.substr(0, comma));
    if (coding.empty() || !all_are(token_char, coding) || chunked_seen) return TransferCoding::invalid;
    chunked_seen = same_name(coding, "chunked");
    if (comma == value.size()) return TransferCoding::unknown;
    value.remove_prefix(comma + 1);
  }
}

bool is_framing(std::string_view name) {
  switch (name.size()) {
    case 2:
      return same_name(name, "te");
    case 7:
      return same_name(name, "trailer") || same_name(name, "upgrade");
    case 10:
      return same_name(name, "connection") || same_name(name, "keep-alive");
    case 14:
      return same_name(name, "content-length") || same_name(name, "http2-settings");
    case 16:
      return same_name(name, "proxy-connection");
    case 17:
      return same_name(name, "transfer-encoding");
    default:
      return false;
  }
}

}  // namespace portico::net
