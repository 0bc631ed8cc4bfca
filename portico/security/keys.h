// Keys that sign tokens: each has exactly one algorithm, which no token can change (RFC 8725 section 3.1).
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "portico/base/error.h"
#include "portico/base/secret.h"
#include "portico/runtime/runtime.h"

namespace portico::security {

enum class Algorithm {
  es256,  // ECDSA on P-256 with SHA-256 (RFC 7518 section 3.4); signatures differ from call to call
  eddsa,  // Ed25519 (RFC 8037); the same input gives the same signature, so simulations repeat exactly
  hs256,  // HMAC-SHA256 (RFC 7518 section 3.2); whoever can verify can also sign
};

// The name in a token's header: "ES256", "EdDSA", "HS256".
std::string_view name_of(Algorithm algorithm);

inline constexpr size_t hmac_secret_bytes_min = 32;  // RFC 7518 section 3.2: at least the size of the hash
inline constexpr size_t jwks_bytes_max = 64 * 1024;
inline constexpr size_t jwks_keys_max = 64;
inline constexpr size_t pem_bytes_max = 16 * 1024;

// Whether an HMAC secret under `hmac_secret_bytes_min` is taken. Only for development with the sample secrets
// that tutorials come with: a short secret can be guessed offline from any one token.
enum class ShortSecret { refuse, allow };

// Verifies signatures. Immutable, cheap to copy, thread-safe.
class VerificationKey {
 public:
  struct Impl;
  explicit VerificationKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

  // Error(invalid, "key.secret_short") for a secret under `hmac_secret_bytes_min`.
  static std::expected<VerificationKey, Error> hmac(Secret secret, ShortSecret policy = ShortSecret::refuse);

  Algorithm algorithm() const;
  // `signature` as a token carries it (raw r and s for ES256). False for anything that is not a valid
  // signature.
  bool verify(std::string_view data, std::string_view signature) const;
  // The JWK thumbprint (RFC 7638), which serves as kid; "" for HMAC, whose secret must not be hashed into the
  // open.
  const std::string& thumbprint() const;
  const Impl& impl() const { return *impl_; }

 private:
  std::shared_ptr<const Impl> impl_;
};

// Signs. Immutable, cheap to copy, thread-safe.
class SigningKey {
 public:
  struct Impl;
  explicit SigningKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

  // A new ES256 or EdDSA key, wholly determined by the bytes that `random` gives.
  static SigningKey generate(Algorithm algorithm, Random& random);
  static std::expected<SigningKey, Error> hmac(Secret secret, ShortSecret policy = ShortSecret::refuse);
  // An unencrypted private key of P-256 or Ed25519, PKCS #8 or SEC 1. Error(invalid, "key.pem_invalid") or
  // Error(invalid, "key.unsupported").
  static std::expected<SigningKey, Error> from_pem(const Secret& pem);

  Algorithm algorithm() const;
  std::string sign(std::string_view data) const;  // the raw bytes that a token carries
  VerificationKey verification_key() const;
  Secret to_pem() const;  // PKCS #8; only ES256 and EdDSA

 private:
  std::shared_ptr<const Impl> impl_;
};

// A key under the name by which tokens refer to it: an opaque text, only ever compared.
struct NamedKey {
  std::string kid;
  VerificationKey key;
};

// Reads a key file. Error(forbidden, "key.file_exposed") when group or others may read or write it, not_found
// when it does not exist. Blocks on the disk: for the start of a process.
std::expected<SigningKey, Error> load_key_file(const std::string& path);

// Reads the key file, or makes a key and the file where there is none yet. When two processes start at once,
// both end up with the same key. Blocks on the disk.
std::expected<SigningKey, Error> load_or_create_key_file(const std::string& path, Algorithm algorithm,
                                                         Random& random);

// The public key set (RFC 7517). HMAC keys have no public half: naming one is a broken promise.
std::string jwks_document(const std::vector<NamedKey>& keys);

struct KeySet {
  std::vector<NamedKey> keys;
  std::vector<std::string>
      ignored;  // for the log: keys for other uses or of kinds that are not supported, with the reason
};

// Reads a public key set. Keys that are not for ES256 or EdDSA signatures are left out and named in
// `ignored`. The whole document is refused, Error(invalid, "jwks.…"), when it is malformed, over a limit,
// names a kid twice, holds a broken P-256 or Ed25519 key, or a private member: who publishes that must change
// keys, not have them used.
std::expected<KeySet, Error> parse_jwks(std::string_view document);

}  // namespace portico::security
