// Signed tokens: JWT (RFC 7519) in the compact form of JWS (RFC 7515), under the rules of RFC 8725.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "portico/base/error.h"
#include "portico/base/time.h"
#include "portico/security/keys.h"
#include "portico/security/revocation.h"

namespace portico::security {

inline constexpr size_t token_bytes_max = 8 * 1024;
inline constexpr Duration token_leeway_max =
    std::chrono::seconds(60);                                    // clock skew that a verifier may forgive
inline constexpr size_t verified_tokens_max = 4096;              // default size of a verifier's cache
inline constexpr std::string_view access_token_type = "at+jwt";  // RFC 9068 section 2.1

// What a token says. An empty text and a time of 0 stand for an absent claim. Times travel as whole seconds.
struct Claims {
  std::string subject;                // sub
  std::string issuer;                 // iss
  std::vector<std::string> audience;  // aud
  std::string id;                     // jti
  std::string session;                // sid
  std::string email;
  std::string role;
  std::string service;  // which service asks, in tokens between services
  Time issued_at, expires_at, not_before;
  // String claims under the system's own names ("userId", "accountType"), in the token's order. Claims of
  // other types are not kept.
  std::vector<std::pair<std::string, std::string>> extra;

  std::string_view find_extra(std::string_view name) const;  // "" when absent
  bool operator==(const Claims&) const = default;
};

// Signs tokens with one key. Immutable, thread-safe.
class Signer {
 public:
  // `kid` names the key in the header; left out: the key's thumbprint. An empty kid is not written.
  explicit Signer(SigningKey key, std::optional<std::string> kid = {},
                  std::string type = std::string(access_token_type));

  // Throws Error(invalid, "token.too_large") over `token_bytes_max`, and Error(internal,
  // "token.claims_invalid") when `extra` repeats a name or uses one of the members', or a text is not UTF-8:
  // no verifier would take such a token.
  std::string sign(const Claims& claims) const;

  const std::string& kid() const { return kid_; }
  NamedKey named_key() const { return {kid_, key_.verification_key()}; }

 private:
  SigningKey key_;
  std::string kid_;
  std::string header_;  // encoded
};

// Why a token does not count.
enum class TokenFault {
  malformed,    // not the compact form, not strict base64url or JSON, a claim of a wrong type, a crit header
  too_large,    // over `token_bytes_max`
  unknown_key,  // no key of that kid
  wrong_algorithm,  // not the algorithm of that key
  wrong_type,       // a token for another purpose (RFC 8725 section 3.11)
  bad_signature,
  expired,
  not_yet_valid,
  wrong_issuer,
  wrong_audience,
  missing_claim,
  revoked,
};

// The fault's name as it stands in logs and metrics: "wrong_algorithm".
std::string_view name_of(TokenFault fault);
// Reason "token.<name>"; forbidden for wrong_audience, whose signer is known and trusted, else
// unauthenticated.
Error to_error(TokenFault fault);

struct VerifierOptions {
  std::string issuer;    // must be equal to iss
  std::string audience;  // must be equal to aud, or one of it
  std::string type =
      std::string(access_token_type);  // must be equal to typ; "": any, for tokens of foreign issuers
  Duration leeway = token_leeway_max;
  bool require_id = true;  // without a jti a token cannot be revoked by itself
  size_t cache_entries_max = verified_tokens_max;
};

// Verifies tokens of one issuer for one audience. A key is found by its kid and used with its own algorithm;
// everything else in a header that points to keys (jku, jwk, x5u, x5c) is not looked at. Thread-safe.
//
// What has been verified is remembered by the SHA-256 of the token until it expires, so that the next request
// with it costs no signature check; times and revocation are checked every time. Taking a key away empties
// this memory.
class Verifier {
 public:
  // `revocations` may be shared between verifiers; without one the verifier makes its own. Empty issuer or
  // audience and a leeway over `token_leeway_max` are broken promises.
  Verifier(const Clock& clock, VerifierOptions options, std::vector<NamedKey> keys = {},
           std::shared_ptr<RevocationList> revocations = {});
  ~Verifier();
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;

  std::expected<Claims, TokenFault> verify(std::string_view token) const;
  // The same without copying: for what only looks at a few claims of every request.
  std::expected<std::shared_ptr<const Claims>, TokenFault> verify_shared(std::string_view token) const;

  void add_key(NamedKey key);  // takes the place of a key of the same kid
  void remove_key(std::string_view kid);
  void replace_keys(std::vector<NamedKey> keys);
  bool knows(std::string_view kid) const;
  // Whether it can tell anything yet: without a key every token has an unknown one.
  bool has_keys() const;

  RevocationList& revocations() { return *revocations_; }

  struct CacheStatus {
    uint64_t hits = 0, misses = 0;
    size_t entries = 0;
  };
  CacheStatus cache_status() const;

 private:
  class Keys;
  class Cache;

  std::expected<std::shared_ptr<const Claims>, TokenFault> verify_signature(std::string_view token) const;
  std::optional<TokenFault> refused_now(const Claims& claims) const;

  const Clock& clock_;
  VerifierOptions options_;
  std::shared_ptr<RevocationList> revocations_;
  std::unique_ptr<Keys> keys_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace portico::security
