// Making keys: from random bytes, from coordinates, from PEM.
#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <array>

#include "portico/security/base64.h"
#include "portico/security/digest.h"
#include "portico/security/key_impl.h"
#include "portico/security/private_file.h"

namespace portico::security {
namespace {

using Group = std::unique_ptr<EC_GROUP, Release<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, Release<EC_POINT_clear_free>>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, Release<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Release<OSSL_PARAM_free>>;

constexpr const char* p256 = "prime256v1";

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// A P-256 key of an uncompressed point and, where given, its private number; null when they are none.
KeyPointer make_p256(std::string_view point, const BIGNUM* number) {
  ParameterBuilder builder(OSSL_PARAM_BLD_new());
  PORTICO_CHECK(
      builder && OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, p256, 0) &&
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) &&
      (!number || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number)));
  Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  PORTICO_CHECK(parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  int selection = number ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
  if (EVP_PKEY_fromdata(context.get(), &key, selection, parameters.get()) != 1) key = nullptr;
  ERR_clear_error();
  return KeyPointer(key);
}

// A private number of P-256, uniform in [1, n-1] by rejection (FIPS 186-5 A.2.2), with its point.
KeyPointer generate_p256(Random& random) {
  Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  Point point(group ? EC_POINT_new(group.get()) : nullptr);
  PORTICO_CHECK(point);
  Number number;
  std::array<std::byte, coordinate_bytes> bytes;
  do {
    random.fill(bytes);
    number.reset(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), coordinate_bytes, nullptr));
    PORTICO_CHECK(number);
  } while (BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(group.get())) >= 0);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  std::string uncompressed(1 + 2 * coordinate_bytes, '\0');
  PORTICO_CHECK(EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, nullptr) == 1 &&
                EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                                   reinterpret_cast<unsigned char*>(uncompressed.data()), uncompressed.size(),
                                   nullptr) == uncompressed.size());
  return make_p256(uncompressed, number.get());
}

KeyPointer generate_ed25519(Random& random) {
  std::array<std::byte, coordinate_bytes> bytes;
  random.fill(bytes);
  KeyPointer key(EVP_PKEY_new_raw_private_key(
      EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return key;
}

std::string coordinate(const EVP_PKEY* key, const char* name) {
  BIGNUM* value = nullptr;
  std::string bytes(coordinate_bytes, '\0');
  PORTICO_CHECK(EVP_PKEY_get_bn_param(key, name, &value) == 1);
  Number owner(value);
  PORTICO_CHECK(BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), coordinate_bytes) > 0);
  return bytes;
}

PublicCoordinates coordinates_of(const EVP_PKEY* key, Algorithm algorithm) {
  if (algorithm == Algorithm::es256)
    return {coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X), coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y)};
  std::string x(coordinate_bytes, '\0');
  size_t size = x.size();
  PORTICO_CHECK(EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(x.data()), &size) == 1 &&
                size == x.size());
  return {x, {}};
}

bool is_p256(const EVP_PKEY* key) {
  std::array<char, 64> name{};
  size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1 &&
         std::string_view(name.data(), size) == p256;
}

// OpenSSL would otherwise ask for a password on the terminal.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

std::shared_ptr<const VerificationKey::Impl> make_public_key(Algorithm algorithm,
                                                             PublicCoordinates coordinates) {
  PORTICO_CHECK(algorithm != Algorithm::hs256);
  bool elliptic = algorithm == Algorithm::es256;
  if (coordinates.x.size() != coordinate_bytes || coordinates.y.size() != (elliptic ? coordinate_bytes : 0))
    return nullptr;
  KeyPointer key = elliptic ? make_p256("\x04" + coordinates.x + coordinates.y, nullptr)
                            : KeyPointer(EVP_PKEY_new_raw_public_key(
                                  EVP_PKEY_ED25519, nullptr, octets(coordinates.x), coordinates.x.size()));
  KeyContext context(key ? EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr) : nullptr);
  bool valid = context && EVP_PKEY_public_check(context.get()) == 1;
  ERR_clear_error();
  if (!valid) return nullptr;
  std::string thumbprint =
      base64url_encode(bytes_of(sha256("{" + jwk_members(algorithm, coordinates) + "}")));
  return std::make_shared<const VerificationKey::Impl>(
      VerificationKey::Impl{algorithm, std::move(key), {}, std::move(coordinates), std::move(thumbprint)});
}

std::shared_ptr<const SigningKey::Impl> make_signing_key(KeyPointer key) {
  if (!key) return nullptr;
  bool edwards = EVP_PKEY_is_a(key.get(), "ED25519");
  if (!edwards && !is_p256(key.get())) return nullptr;
  Algorithm algorithm = edwards ? Algorithm::eddsa : Algorithm::es256;
  auto verification = make_public_key(algorithm, coordinates_of(key.get(), algorithm));
  if (!verification) return nullptr;
  return std::make_shared<const SigningKey::Impl>(
      SigningKey::Impl{std::move(key), {}, VerificationKey(std::move(verification))});
}

SigningKey SigningKey::generate(Algorithm algorithm, Random& random) {
  PORTICO_CHECK(algorithm != Algorithm::hs256);
  auto impl =
      make_signing_key(algorithm == Algorithm::es256 ? generate_p256(random) : generate_ed25519(random));
  PORTICO_CHECK(impl);
  return SigningKey(std::move(impl));
}

std::expected<SigningKey, Error> SigningKey::from_pem(const Secret& pem) {
  if (pem.reveal().size() > pem_bytes_max)
    return std::unexpected(
        Error(invalid, "key.pem_invalid", fmt::format("a PEM key has at most {} bytes", pem_bytes_max)));
  Bio bio(BIO_new_mem_buf(pem.reveal().data(), static_cast<int>(pem.reveal().size())));
  PORTICO_CHECK(bio);
  KeyPointer key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  ERR_clear_error();
  if (!key)
    return std::unexpected(Error(invalid, "key.pem_invalid",
                                 "expected an unencrypted private key between BEGIN and END lines (PEM)"));
  KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  auto impl = make_signing_key(std::move(key));
  if (!impl)
    return std::unexpected(Error(invalid, "key.unsupported",
                                 "only private keys of P-256 (ES256) and Ed25519 (EdDSA) are supported"));
  bool consistent = context && EVP_PKEY_check(context.get()) == 1;
  ERR_clear_error();
  if (!consistent)
    return std::unexpected(
        Error(invalid, "key.pem_invalid", "the private key does not belong to its public half"));
  return SigningKey(std::move(impl));
}

Secret SigningKey::to_pem() const {
  PORTICO_CHECK(impl_->key);
  Bio bio(BIO_new(BIO_s_secmem()));
  PORTICO_CHECK(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), impl_->key.get(), nullptr, nullptr, 0,
                                                     nullptr, nullptr) == 1);
  char* text = nullptr;
  long size = BIO_get_mem_data(bio.get(), &text);
  PORTICO_CHECK(size > 0);
  return Secret(std::string(text, static_cast<size_t>(size)));
}

std::expected<SigningKey, Error> load_key_file(const std::string& path) {
  auto pem = read_private_file(path, pem_bytes_max, "key");
  if (!pem) return std::unexpected(std::move(pem.error()));
  auto key = SigningKey::from_pem(*pem);
  if (!key)
    return std::unexpected(
        Error(key.error().code(), key.error().reason(), fmt::format("{}: {}", path, key.error().message())));
  return key;
}

std::expected<SigningKey, Error> load_or_create_key_file(const std::string& path, Algorithm algorithm,
                                                         Random& random) {
  auto present = load_key_file(path);
  if (present || present.error().code() != Code::not_found) return present;
  auto created = create_private_file(path, SigningKey::generate(algorithm, random).to_pem());
  if (!created) return std::unexpected(std::move(created.error()));
  return load_key_file(path);
}

}  // namespace portico::security
