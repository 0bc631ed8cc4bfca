#include "portico/security/token.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "portico/security/base64.h"
#include "portico/security/claims.h"

namespace portico::security {
namespace {

struct Row {
  TokenFault fault;
  std::string_view name;
  std::string_view message;
};
constexpr Row rows[] = {
    {TokenFault::malformed, "malformed", "The token is not well formed"},
    {TokenFault::too_large, "too_large", "The token is too large"},
    {TokenFault::unknown_key, "unknown_key", "The token was signed with an unknown key"},
    {TokenFault::wrong_algorithm, "wrong_algorithm",
     "The token was signed with another algorithm than its key's"},
    {TokenFault::wrong_type, "wrong_type", "The token is meant for another purpose"},
    {TokenFault::bad_signature, "bad_signature", "The token's signature does not match"},
    {TokenFault::expired, "expired", "The token has expired"},
    {TokenFault::not_yet_valid, "not_yet_valid", "The token is not valid yet"},
    {TokenFault::wrong_issuer, "wrong_issuer", "The token comes from another issuer"},
    {TokenFault::wrong_audience, "wrong_audience", "The token is meant for another audience"},
    {TokenFault::missing_claim, "missing_claim", "The token lacks a claim that is required"},
    {TokenFault::revoked, "revoked", "The token has been revoked"},
};

std::string encode_header(Algorithm algorithm, const std::string& kid, const std::string& type) {
  boost::json::object header;
  header["alg"] = boost::json::string_view(name_of(algorithm).data(), name_of(algorithm).size());
  if (!type.empty()) header["typ"] = type;
  if (!kid.empty()) header["kid"] = kid;
  return base64url_encode(boost::json::serialize(header));
}

}  // namespace

std::string_view name_of(TokenFault fault) { return rows[static_cast<size_t>(fault)].name; }

Error to_error(TokenFault fault) {
  const Row& row = rows[static_cast<size_t>(fault)];
  return Error(fault == TokenFault::wrong_audience ? forbidden : unauthenticated,
               "token." + std::string(row.name), std::string(row.message));
}

Signer::Signer(SigningKey key, std::optional<std::string> kid, std::string type)
    : key_(std::move(key)),
      kid_(kid ? std::move(*kid) : key_.verification_key().thumbprint()),
      header_(encode_header(key_.algorithm(), kid_, type)) {}

std::string Signer::sign(const Claims& claims) const {
  auto payload = encode_claims(claims);
  if (!payload)
    throw Error(Code::internal, "token.claims_invalid")
        .with_note("a claim is repeated, reserved or not UTF-8");
  std::string token = header_ + '.' + base64url_encode(*payload);
  if (token.size() <= token_bytes_max) token += '.' + base64url_encode(key_.sign(token));
  if (token.size() > token_bytes_max) throw Error(invalid, "token.too_large", "The token would be too large");
  return token;
}

}  // namespace portico::security
