#include "portico/net/client.h"
#include "portico/net/syntax.h"

namespace portico::net {

std::optional<Origin> parse_origin(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  if (!same_name(url.substr(0, scheme.size()), scheme)) return std::nullopt;
  std::string_view authority = url.substr(scheme.size());
  if (!valid_host(authority)) return std::nullopt;  // which has no path, query or user
  Origin origin;
  std::string_view rest;
  if (authority.front() == '[') {
    size_t end = authority.find(']');
    origin.host = authority.substr(1, end - 1);
    rest = authority.substr(end + 1);
  } else {
    size_t end = std::min(authority.find(':'), authority.size());
    origin.host = authority.substr(0, end);
    rest = authority.substr(end);
  }
  if (!rest.empty()) origin.port = static_cast<uint16_t>(*parse_decimal(rest.substr(1)));
  if (origin.port == 0) return std::nullopt;
  return origin;
}

}  // namespace portico::net
