// Credentials by which the services of one system know each other.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "portico/base/secret.h"
#include "portico/base/time.h"
#include "portico/security/digest.h"
#include "portico/security/token.h"

namespace portico::security {

// The plain shared key of a system. During a rotation the previous one still counts. Immutable, thread-safe.
class InternalKeys {
 public:
  explicit InternalKeys(Secret current, Secret previous = {});

  const Secret& current() const { return current_; }  // what to send
  // In a time that depends on neither key nor on which of them it is. False for an empty text, and for any
  // while no key is set.
  bool accepts(std::string_view presented) const;

 private:
  Secret current_;
  // Digests have one length, so not even the length of the keys shows; of an empty key there is none.
  std::optional<Sha256> current_digest_, previous_digest_;
};

inline constexpr Duration service_token_lifetime = std::chrono::minutes(5);
inline constexpr std::string_view service_token_type = "svc+jwt";
inline constexpr size_t service_token_targets_max =
    64;  // targets whose token is kept; others get a fresh one each time

struct ServiceTokenOptions {
  std::string system;                          // iss: systems do not take each other's tokens
  std::string service;                         // who we are: sub of what we mint, aud of what we take
  Duration lifetime = service_token_lifetime;  // at most `service_token_lifetime`
};

// Mints and checks short-lived tokens between services (HS256 with a key derived from the system's secret,
// which every process of the system holds). Thread-safe.
class ServiceTokens {
 public:
  // Secrets of at least 32 bytes; Error(invalid, "service_token.secret_short") is thrown for shorter ones.
  // With `previous`, tokens minted before a rotation still count.
  ServiceTokens(const Clock& clock, Secret secret, ServiceTokenOptions options, Secret previous = {});

  // Proves to `target` that we ask. Kept and renewed when 80 % of its life is over.
  std::string token_for(std::string_view target) const;

  // The same for a request that we make for a user: carries the user's claims, with our name in `service`,
  // and ends no later than the user's own token. Not kept.
  std::string token_on_behalf(Claims user, std::string_view target) const;

  // `service` of the result is who asks; `subject` is the user where it asks for one, else the service again.
  std::expected<Claims, TokenFault> verify(std::string_view token) const;

 private:
  struct Kept {
    std::string token;
    Time minted_at, renew_at;
  };

  std::string mint(Claims claims, std::string_view target, Time now) const;

  const Clock& clock_;
  const ServiceTokenOptions options_;
  const Signer signer_;
  const Verifier verifier_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, Kept, std::less<>> kept_;
};

}  // namespace portico::security
