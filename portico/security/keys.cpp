#include "portico/security/keys.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include <array>

#include "portico/security/base64.h"
#include "portico/security/digest.h"
#include "portico/security/key_impl.h"

namespace portico::security {
namespace {

using Signature = std::unique_ptr<ECDSA_SIG, Release<ECDSA_SIG_free>>;

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* octets(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

// ES256 hashes, EdDSA signs the message itself.
const EVP_MD* digest_of(Algorithm algorithm) {
  return algorithm == Algorithm::es256 ? EVP_sha256() : nullptr;
}

// Tokens carry r and s side by side, OpenSSL reads DER (RFC 7518 section 3.4). "" when there is no such
// signature.
std::string raw_to_der(std::string_view raw) {
  Signature signature(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(octets(raw), coordinate_bytes, nullptr);
  BIGNUM* s = BN_bin2bn(octets(raw) + coordinate_bytes, coordinate_bytes, nullptr);
  PORTICO_CHECK(signature && r && s && ECDSA_SIG_set0(signature.get(), r, s) == 1);
  unsigned char* der = nullptr;
  int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return text;
}

std::string der_to_raw(std::string_view der) {
  const unsigned char* position = octets(der);
  Signature signature(d2i_ECDSA_SIG(nullptr, &position, static_cast<long>(der.size())));
  PORTICO_CHECK(signature);
  std::string raw(es256_signature_bytes, '\0');
  PORTICO_CHECK(
      BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), octets(raw), coordinate_bytes) > 0 &&
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), octets(raw) + coordinate_bytes, coordinate_bytes) > 0);
  return raw;
}

std::expected<Secret, Error> check_hmac_secret(Secret secret, ShortSecret policy) {
  bool short_secret = secret.reveal().size() < hmac_secret_bytes_min;
  if (secret.empty() || (short_secret && policy == ShortSecret::refuse))
    return std::unexpected(
        Error(invalid, "key.secret_short",
              fmt::format("a secret for HS256 needs at least {} bytes", hmac_secret_bytes_min)));
  return secret;
}

VerificationKey hmac_key(Secret secret) {
  return VerificationKey(std::make_shared<const VerificationKey::Impl>(
      VerificationKey::Impl{Algorithm::hs256, nullptr, std::move(secret), {}, {}}));
}

}  // namespace

std::string_view name_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::es256:
      return "ES256";
    case Algorithm::eddsa:
      return "EdDSA";
    case Algorithm::hs256:
      return "HS256";
  }
  return "";
}

std::expected<VerificationKey, Error> VerificationKey::hmac(Secret secret, ShortSecret policy) {
  auto checked = check_hmac_secret(std::move(secret), policy);
  if (!checked) return std::unexpected(std::move(checked.error()));
  return hmac_key(std::move(*checked));
}

Algorithm VerificationKey::algorithm() const { return impl_->algorithm; }
const std::string& VerificationKey::thumbprint() const { return impl_->thumbprint; }

bool VerificationKey::verify(std::string_view data, std::string_view signature) const {
  if (impl_->algorithm == Algorithm::hs256)
    return equal_in_constant_time(bytes_of(hmac_sha256(impl_->secret.reveal(), data)), signature);
  std::string der;
  if (impl_->algorithm == Algorithm::es256) {
    if (signature.size() != es256_signature_bytes) return false;
    der = raw_to_der(signature);
    signature = der;
  } else if (signature.size() != ed25519_signature_bytes) {
    return false;
  }
  DigestContext context(EVP_MD_CTX_new());
  PORTICO_CHECK(context && EVP_DigestVerifyInit(context.get(), nullptr, digest_of(impl_->algorithm), nullptr,
                                                impl_->key.get()) == 1);
  bool valid =
      EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(data), data.size()) == 1;
  if (!valid) ERR_clear_error();  // the error queue is the thread's: TLS code must not find this in it
  return valid;
}

std::expected<SigningKey, Error> SigningKey::hmac(Secret secret, ShortSecret policy) {
  auto checked = check_hmac_secret(std::move(secret), policy);
  if (!checked) return std::unexpected(std::move(checked.error()));
  VerificationKey verification = hmac_key(*checked);
  return SigningKey(
      std::make_shared<const Impl>(Impl{nullptr, std::move(*checked), std::move(verification)}));
}

Algorithm SigningKey::algorithm() const { return impl_->verification.algorithm(); }
VerificationKey SigningKey::verification_key() const { return impl_->verification; }

std::string SigningKey::sign(std::string_view data) const {
  if (algorithm() == Algorithm::hs256)
    return std::string(bytes_of(hmac_sha256(impl_->secret.reveal(), data)));
  DigestContext context(EVP_MD_CTX_new());
  size_t size = 0;
  PORTICO_CHECK(
      context &&
      EVP_DigestSignInit(context.get(), nullptr, digest_of(algorithm()), nullptr, impl_->key.get()) == 1 &&
      EVP_DigestSign(context.get(), nullptr, &size, octets(data), data.size()) == 1);
  std::string signature(size, '\0');
  PORTICO_CHECK(EVP_DigestSign(context.get(), octets(signature), &size, octets(data), data.size()) == 1);
  signature.resize(size);
  return algorithm() == Algorithm::es256 ? der_to_raw(signature) : signature;
}

std::string jwk_members(Algorithm algorithm, const PublicCoordinates& coordinates) {
  if (algorithm == Algorithm::es256)
    return fmt::format(R"("crv":"P-256","kty":"EC","x":"{}","y":"{}")", base64url_encode(coordinates.x),
                       base64url_encode(coordinates.y));
  return fmt::format(R"("crv":"Ed25519","kty":"OKP","x":"{}")", base64url_encode(coordinates.x));
}

}  // namespace portico::security
