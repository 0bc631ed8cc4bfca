// Private to this layer: what keys are made of, and owners for OpenSSL's objects. Included by .cpp files
// only.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <memory>
#include <string>

#include "portico/security/keys.h"

namespace portico::security {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
using KeyPointer = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Release<BN_clear_free>>;
using Bio = std::unique_ptr<BIO, Release<BIO_free_all>>;

inline constexpr size_t coordinate_bytes = 32;       // of P-256, and of an Ed25519 key
inline constexpr size_t es256_signature_bytes = 64;  // r and s, each 32 bytes, most significant first
inline constexpr size_t ed25519_signature_bytes = 64;

// The public half as it stands in a JWK: `y` only for P-256.
struct PublicCoordinates {
  std::string x, y;
};

struct VerificationKey::Impl {
  Algorithm algorithm;
  KeyPointer key;  // null for HMAC
  Secret secret;   // only for HMAC
  PublicCoordinates coordinates;
  std::string thumbprint;
};

struct SigningKey::Impl {
  KeyPointer key;  // null for HMAC
  Secret secret;   // only for HMAC
  VerificationKey verification;
};

// The key of these coordinates, null when they name no point of the curve or have a wrong length.
std::shared_ptr<const VerificationKey::Impl> make_public_key(Algorithm algorithm,
                                                             PublicCoordinates coordinates);

// Takes a private key of P-256 or Ed25519; null for any other.
std::shared_ptr<const SigningKey::Impl> make_signing_key(KeyPointer key);

// The members that name a key (RFC 7638 section 3.2), as JSON in the order of the thumbprint, without braces.
std::string jwk_members(Algorithm algorithm, const PublicCoordinates& coordinates);

}  // namespace portico::security
