// Public key sets (RFC 7517), out and in.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <set>

#include "portico/security/base64.h"
#include "portico/security/key_impl.h"
#include "portico/security/strict_json.h"

namespace portico::security {
namespace {

namespace json = boost::json;

std::unexpected<Error> refuse(std::string reason, std::string message) {
  return std::unexpected(Error(invalid, "jwks." + std::move(reason), std::move(message)));
}

std::string text_of(const json::object& jwk, std::string_view name) {
  const json::string* text = find_string(jwk, name);
  return text ? std::string(text->data(), text->size()) : std::string();
}

// Which algorithm the key is for; nothing with the reason when it is not for us.
std::expected<Algorithm, std::string> algorithm_of(const json::object& jwk) {
  std::string kty = text_of(jwk, "kty"), crv = text_of(jwk, "crv");
  Algorithm algorithm;
  if (kty == "EC" && crv == "P-256")
    algorithm = Algorithm::es256;
  else if (kty == "OKP" && crv == "Ed25519")
    algorithm = Algorithm::eddsa;
  else
    return std::unexpected("its kind is not supported");
  if (jwk.contains("use") && text_of(jwk, "use") != "sig") return std::unexpected("it is not for signatures");
  if (jwk.contains("alg") && text_of(jwk, "alg") != name_of(algorithm))
    return std::unexpected("its algorithm is not supported");
  if (const json::value* operations = jwk.if_contains("key_ops")) {
    const json::array* list = operations->if_array();
    if (!list || std::find(list->begin(), list->end(), json::value("verify")) == list->end())
      return std::unexpected("it is not for verifying");
  }
  return algorithm;
}

bool has_private_member(const json::object& jwk) {
  // RFC 7518 section 6: d and its companions are private, k is a symmetric key.
  for (const char* name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
    if (jwk.contains(name)) return true;
  return false;
}

std::shared_ptr<const VerificationKey::Impl> key_of(const json::object& jwk, Algorithm algorithm) {
  auto x = base64url_decode(text_of(jwk, "x"));
  auto y = algorithm == Algorithm::es256 ? base64url_decode(text_of(jwk, "y")) : std::string();
  if (!x || !y) return nullptr;
  return make_public_key(algorithm, {std::move(*x), std::move(*y)});
}

}  // namespace

std::string jwks_document(const std::vector<NamedKey>& keys) {
  std::string document = R"({"keys":[)";
  for (const NamedKey& named : keys) {
    PORTICO_CHECK(named.key.algorithm() != Algorithm::hs256);
    if (document.back() == '}') document += ',';
    document += fmt::format(R"({{{},"alg":"{}","use":"sig","kid":{}}})",
                            jwk_members(named.key.algorithm(), named.key.impl().coordinates),
                            name_of(named.key.algorithm()), json::serialize(json::string(named.kid)));
  }
  return document + "]}";
}

std::expected<KeySet, Error> parse_jwks(std::string_view document) {
  if (document.size() > jwks_bytes_max)
    return refuse("too_large", fmt::format("a key set has at most {} bytes", jwks_bytes_max));
  auto root = parse_strict_object(document);
  const json::value* member = root ? root->if_contains("keys") : nullptr;
  const json::array* list = member ? member->if_array() : nullptr;
  if (!list) return refuse("malformed", "expected a JSON object with the array \"keys\"");
  if (list->size() > jwks_keys_max)
    return refuse("too_many", fmt::format("a key set has at most {} keys", jwks_keys_max));

  KeySet set;
  std::set<std::string> kids;
  for (size_t i = 0; i < list->size(); ++i) {
    const json::object* jwk = (*list)[i].if_object();
    if (!jwk) return refuse("malformed", fmt::format("key {} is not an object", i));
    if (has_private_member(*jwk))
      return refuse("private_key", fmt::format("key {} holds private members", i));
    auto algorithm = algorithm_of(*jwk);
    if (!algorithm) {
      set.ignored.push_back(fmt::format("key {}: {}", i, algorithm.error()));
      continue;
    }
    auto key = key_of(*jwk, *algorithm);
    if (!key)
      return refuse("key_invalid", fmt::format("key {} is not a valid {} key", i, name_of(*algorithm)));
    if (jwk->contains("kid") && !find_string(*jwk, "kid"))
      return refuse("malformed", fmt::format("the kid of key {} is not a string", i));
    std::string kid = jwk->contains("kid") ? text_of(*jwk, "kid") : key->thumbprint;
    if (!kids.insert(kid).second) return refuse("kid_repeated", fmt::format("key {} repeats a kid", i));
    set.keys.push_back({std::move(kid), VerificationKey(std::move(key))});
  }
  return set;
}

}  // namespace portico::security
