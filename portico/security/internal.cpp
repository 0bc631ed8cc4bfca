#include "portico/security/internal.h"

#include <fmt/format.h>

#include <algorithm>

#include "portico/security/digest.h"

namespace portico::security {
namespace {

// The system's secret has other uses as well; each has a key of its own (RFC 5869 in spirit: a label and
// HMAC).
SigningKey derive(const Secret& secret) {
  if (secret.reveal().size() < hmac_secret_bytes_min)
    throw Error(invalid, "service_token.secret_short",
                fmt::format("the secret between services needs at least {} bytes", hmac_secret_bytes_min));
  Sha256 key = hmac_sha256(secret.reveal(), "portico service token v1");
  return *SigningKey::hmac(Secret(std::string(bytes_of(key))));
}

// Tells the current from the previous key; says nothing about either.
std::string kid_of(const Secret& secret) {
  return hex(hmac_sha256(secret.reveal(), "portico service token kid v1")).substr(0, 16);
}

std::vector<NamedKey> accepted_keys(const Secret& secret, const Secret& previous) {
  std::vector<NamedKey> keys = {{kid_of(secret), derive(secret).verification_key()}};
  if (!previous.empty()) keys.push_back({kid_of(previous), derive(previous).verification_key()});
  return keys;
}

}  // namespace

InternalKeys::InternalKeys(Secret current, Secret previous) : current_(std::move(current)) {
  if (!current_.empty()) current_digest_ = sha256(current_.reveal());
  if (!previous.empty()) previous_digest_ = sha256(previous.reveal());
}

bool InternalKeys::accepts(std::string_view presented) const {
  if (presented.empty()) return false;
  Sha256 given = sha256(presented);
  auto is = [&](const std::optional<Sha256>& known) {
    return known && equal_in_constant_time(bytes_of(given), bytes_of(*known));
  };
  // Both are always compared.
  bool is_current = is(current_digest_), is_previous = is(previous_digest_);
  return is_current | is_previous;
}

ServiceTokens::ServiceTokens(const Clock& clock, Secret secret, ServiceTokenOptions options, Secret previous)
    : clock_(clock),
      options_(std::move(options)),
      signer_(derive(secret), kid_of(secret), std::string(service_token_type)),
      verifier_(clock,
                {.issuer = options_.system,
                 .audience = options_.service,
                 .type = std::string(service_token_type),
                 .require_id = false},
                accepted_keys(secret, previous)) {
  PORTICO_CHECK(options_.lifetime > Duration::zero() && options_.lifetime <= service_token_lifetime);
}

std::string ServiceTokens::mint(Claims claims, std::string_view target, Time now) const {
  claims.issuer = options_.system;
  claims.audience = {std::string(target)};
  claims.service = options_.service;
  claims.issued_at = now;
  claims.not_before = {};
  Time end = now + options_.lifetime;
  claims.expires_at = claims.expires_at.ms == 0 ? end : std::min(claims.expires_at, end);
  return signer_.sign(claims);
}

std::string ServiceTokens::token_for(std::string_view target) const {
  Time now = clock_.now();
  std::lock_guard lock(mutex_);
  auto kept = kept_.find(target);
  // A wall clock that was set back must not keep a token from the future alive.
  if (kept != kept_.end() && now >= kept->second.minted_at && now < kept->second.renew_at)
    return kept->second.token;
  std::string token = mint({.subject = options_.service}, target, now);
  if (kept != kept_.end() || kept_.size() < service_token_targets_max)
    kept_.insert_or_assign(std::string(target), Kept{token, now, now + options_.lifetime * 4 / 5});
  return token;
}

std::string ServiceTokens::token_on_behalf(Claims user, std::string_view target) const {
  return mint(std::move(user), target, clock_.now());
}

std::expected<Claims, TokenFault> ServiceTokens::verify(std::string_view token) const {
  auto claims = verifier_.verify(token);
  if (claims && claims->service.empty()) return std::unexpected(TokenFault::missing_claim);
  return claims;
}

}  // namespace portico::security
