#include "portico/security/claims.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cmath>

#include "portico/security/strict_json.h"

namespace portico::security {
namespace {

namespace json = boost::json;

struct TextClaim {
  std::string_view name;
  std::string Claims::* member;
};
constexpr TextClaim text_claims[] = {
    {"iss", &Claims::issuer},      {"sub", &Claims::subject}, {"jti", &Claims::id},
    {"sid", &Claims::session},     {"email", &Claims::email}, {"role", &Claims::role},
    {"service", &Claims::service},
};

struct TimeClaim {
  std::string_view name;
  Time Claims::* member;
};
constexpr TimeClaim time_claims[] = {
    {"iat", &Claims::issued_at}, {"nbf", &Claims::not_before}, {"exp", &Claims::expires_at}};

constexpr double seconds_max = 253'402'300'799;  // the end of the year 9999

json::string_view view(std::string_view text) { return {text.data(), text.size()}; }
std::string plain(const json::string& text) { return {text.data(), text.size()}; }

template <class Table>
auto find_claim(const Table& table, std::string_view name) {
  return std::find_if(std::begin(table), std::end(table),
                      [&](const auto& claim) { return claim.name == name; });
}

// A NumericDate (RFC 7519 section 2): a number, not its text; fractions are allowed.
std::optional<Time> decode_time(const json::value& value) {
  if (!value.is_number()) return std::nullopt;
  double seconds = value.to_number<double>();
  if (!(seconds > 0 && seconds <= seconds_max)) return std::nullopt;
  return Time{static_cast<int64_t>(std::floor(seconds * 1000))};
}

std::optional<std::vector<std::string>> decode_audience(const json::value& value) {
  if (const json::string* one = value.if_string()) return std::vector<std::string>{plain(*one)};
  const json::array* list = value.if_array();
  if (!list) return std::nullopt;
  std::vector<std::string> audience;
  for (const json::value& entry : *list) {
    if (!entry.is_string()) return std::nullopt;
    audience.push_back(plain(entry.get_string()));
  }
  return audience;
}

bool decode_claim(std::string_view name, const json::value& value, Claims& claims) {
  if (name == "aud") {
    auto audience = decode_audience(value);
    if (audience) claims.audience = std::move(*audience);
    return audience.has_value();
  }
  if (auto claim = find_claim(time_claims, name); claim != std::end(time_claims)) {
    auto time = decode_time(value);
    if (time) claims.*claim->member = *time;
    return time.has_value();
  }
  const json::string* text = value.if_string();
  if (auto claim = find_claim(text_claims, name); claim != std::end(text_claims)) {
    if (text) claims.*claim->member = plain(*text);
    return text != nullptr;
  }
  if (text) claims.extra.emplace_back(name, plain(*text));
  return true;
}

}  // namespace

std::string_view Claims::find_extra(std::string_view name) const {
  for (const auto& [key, value] : extra)
    if (key == name) return value;
  return {};
}

std::optional<std::string> encode_claims(const Claims& claims) {
  json::object object;
  for (const TextClaim& claim : text_claims)
    if (!(claims.*claim.member).empty()) object[view(claim.name)] = view(claims.*claim.member);
  if (claims.audience.size() == 1) object["aud"] = view(claims.audience.front());
  if (claims.audience.size() > 1) object["aud"] = json::array(claims.audience.begin(), claims.audience.end());
  for (const TimeClaim& claim : time_claims)
    if ((claims.*claim.member).ms != 0) object[view(claim.name)] = (claims.*claim.member).ms / 1000;
  for (const auto& [name, value] : claims.extra) {
    bool reserved = name == "aud" || find_claim(text_claims, name) != std::end(text_claims) ||
                    find_claim(time_claims, name) != std::end(time_claims);
    if (reserved || object.contains(view(name))) return std::nullopt;
    object[view(name)] = view(value);
  }
  std::string text = json::serialize(object);
  if (!decode_claims(text)) return std::nullopt;
  return text;
}

std::optional<Claims> decode_claims(std::string_view text) {
  auto object = parse_strict_object(text);
  if (!object) return std::nullopt;
  Claims claims;
  for (const json::key_value_pair& member : *object)
    if (!decode_claim({member.key().data(), member.key().size()}, member.value(), claims))
      return std::nullopt;
  return claims;
}

std::optional<TokenHeader> decode_header(std::string_view text) {
  auto object = parse_strict_object(text);
  if (!object || object->contains("crit")) return std::nullopt;
  TokenHeader header;
  const std::pair<const char*, std::string*> members[] = {
      {"alg", &header.algorithm}, {"kid", &header.kid}, {"typ", &header.type}};
  for (const auto& [name, member] : members) {
    const json::string* value = find_string(*object, name);
    if (!value && object->contains(name)) return std::nullopt;
    if (value) *member = plain(*value);
  }
  if (header.algorithm.empty()) return std::nullopt;
  return header;
}

}  // namespace portico::security
