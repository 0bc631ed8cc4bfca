#include "portico/security/keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "portico/security/private_file.h"
#include "portico/security/test_support.h"

namespace portico::security {
namespace {

// RFC 8037 appendix A and RFC 7515 appendix A.3, made from their private values.
const std::string ed25519_d = *base64url_decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
const std::string p256_d = *base64url_decode("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");

TEST(Keys, Ed25519AsInRfc8037) {
  FixedRandom random(ed25519_d);
  SigningKey key = SigningKey::generate(Algorithm::eddsa, random);
  EXPECT_EQ(key.verification_key().thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  EXPECT_EQ(raw_token(key, R"({"alg":"EdDSA"})", "Example of Ed25519 signing"),
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
}

TEST(Keys, P256AsInRfc7515) {
  FixedRandom random(p256_d);
  SigningKey key = SigningKey::generate(Algorithm::es256, random);
  std::string document = jwks_document({{"k", key.verification_key()}});
  EXPECT_NE(document.find(R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")"), std::string::npos)
      << document;
  EXPECT_NE(document.find(R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")"), std::string::npos)
      << document;
  EXPECT_TRUE(key.verification_key().verify(
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
      *base64url_decode(
          "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")));
}

TEST(Keys, GenerationRejectsNumbersOutsideTheGroup) {
  // All ones is over the order of P-256, all zeros under 1: both must be drawn again.
  FixedRandom random(std::string(32, '\xff') + std::string(32, '\0') + p256_d);
  SigningKey key = SigningKey::generate(Algorithm::es256, random);
  FixedRandom plain(p256_d);
  EXPECT_EQ(key.verification_key().thumbprint(),
            SigningKey::generate(Algorithm::es256, plain).verification_key().thumbprint());
}

TEST(Keys, SignaturesAreRawAndOnlyTheRightOneCounts) {
  SeededRandom random(1);
  for (Algorithm algorithm : {Algorithm::es256, Algorithm::eddsa}) {
    SigningKey key = SigningKey::generate(algorithm, random);
    SigningKey other = SigningKey::generate(algorithm, random);
    for (int round = 0; round < 50; ++round) {  // leading zeros in r or s come up now and then
      std::string data = "data " + std::to_string(round);
      std::string signature = key.sign(data);
      ASSERT_EQ(signature.size(), 64u);
      EXPECT_TRUE(key.verification_key().verify(data, signature));
      EXPECT_FALSE(key.verification_key().verify(data + "!", signature));
      EXPECT_FALSE(other.verification_key().verify(data, signature));
      signature[static_cast<size_t>(round)] ^= 1;
      EXPECT_FALSE(key.verification_key().verify(data, signature));
    }
  }
}

TEST(Keys, SignaturesOfAnotherFormAreRefused) {
  FixedRandom random(p256_d);
  VerificationKey key = SigningKey::generate(Algorithm::es256, random).verification_key();
  EXPECT_FALSE(key.verify("data", ""));
  EXPECT_FALSE(key.verify("data", std::string(64, '\0')));  // r = s = 0
  EXPECT_FALSE(key.verify("data", std::string(64, '\xff')));
  EXPECT_FALSE(key.verify("data", std::string(63, '\1')));
  EXPECT_FALSE(key.verify("data", std::string(65, '\1')));
  EXPECT_FALSE(key.verify("data", "\x30\x06\x02\x01\x01\x02\x01\x01"));  // DER
  EXPECT_FALSE(key.verify("data", std::string(1 << 16, '\1')));
}

TEST(Keys, HmacSecretsHaveAMinimum) {
  EXPECT_TRUE(SigningKey::hmac(Secret(std::string(32, 'x'))));
  auto refused = SigningKey::hmac(Secret(std::string(31, 'x')));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "key.secret_short");
  EXPECT_FALSE(VerificationKey::hmac(Secret(std::string(31, 'x'))));
  EXPECT_TRUE(SigningKey::hmac(Secret("user_service_jwt_secret_key"), ShortSecret::allow));
  EXPECT_FALSE(SigningKey::hmac(Secret(""), ShortSecret::allow));
  EXPECT_EQ(SigningKey::hmac(Secret(std::string(32, 'x')))->verification_key().thumbprint(), "");
}

TEST(Keys, PemRoundTrip) {
  SeededRandom random(2);
  for (Algorithm algorithm : {Algorithm::es256, Algorithm::eddsa}) {
    SigningKey key = SigningKey::generate(algorithm, random);
    auto back = SigningKey::from_pem(key.to_pem());
    ASSERT_TRUE(back);
    EXPECT_EQ(back->algorithm(), algorithm);
    EXPECT_TRUE(key.verification_key().verify("data", back->sign("data")));
  }
}

TEST(Keys, PemOfOtherKindsIsRefused) {
  auto reason = [](std::string pem) { return SigningKey::from_pem(Secret(std::move(pem))).error().reason(); };
  EXPECT_EQ(reason(""), "key.pem_invalid");
  EXPECT_EQ(reason("junk"), "key.pem_invalid");
  EXPECT_EQ(reason("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "key.pem_invalid");
  EXPECT_EQ(reason(std::string(pem_bytes_max + 1, 'x')), "key.pem_invalid");
  // An X25519 key: of the right length, but for agreeing on keys and not for signing.
  EXPECT_EQ(reason("-----BEGIN PRIVATE KEY-----\n"
                   "MC4CAQAwBQYDK2VuBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6UduSwq\n"
                   "-----END PRIVATE KEY-----\n"),
            "key.unsupported");
}

TEST(KeyFile, IsMadeOnceWithRightsForItsOwnerOnly) {
  TemporaryFolder folder;
  SeededRandom random(3);
  std::string path = folder.file("signing.pem");
  EXPECT_EQ(load_key_file(path).error().code(), Code::not_found);
  auto first = load_or_create_key_file(path, Algorithm::es256, random);
  ASSERT_TRUE(first);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  auto second = load_or_create_key_file(path, Algorithm::es256, random);
  ASSERT_TRUE(second);
  EXPECT_EQ(first->verification_key().thumbprint(), second->verification_key().thumbprint());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(std::filesystem::path(path).parent_path()), {}),
            1);
}

TEST(KeyFile, OpenToOthersIsRefused) {
  TemporaryFolder folder;
  SeededRandom random(4);
  std::string path = folder.file("signing.pem");
  ASSERT_TRUE(load_or_create_key_file(path, Algorithm::eddsa, random));
  for (mode_t mode : {0640, 0604, 0620, 0660, 0644}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    auto refused = load_or_create_key_file(path, Algorithm::eddsa, random);
    ASSERT_FALSE(refused) << mode;
    EXPECT_EQ(refused.error().reason(), "key.file_exposed");
    EXPECT_NE(refused.error().message().find("chmod 600"), std::string::npos);
  }
  ASSERT_EQ(::chmod(path.c_str(), 0400), 0);
  EXPECT_TRUE(load_key_file(path));
}

TEST(KeyFile, OfOtherContentNamesTheFile) {
  TemporaryFolder folder;
  std::string path = folder.file("signing.pem");
  ASSERT_TRUE(create_private_file(path, Secret("not a key")));
  auto refused = load_key_file(path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "key.pem_invalid");
  EXPECT_NE(refused.error().message().find(path), std::string::npos);
}

TEST(PrivateFile, NeverReplacesAndKeepsItsLimits) {
  TemporaryFolder folder;
  std::string path = folder.file("secret");
  EXPECT_EQ(create_private_file(path, Secret("first")), true);
  EXPECT_EQ(create_private_file(path, Secret("second")), false);
  EXPECT_EQ(read_private_file(path, 5, "secret")->reveal(), "first");
  EXPECT_EQ(read_private_file(path, 4, "secret").error().reason(), "secret.file_size");
  EXPECT_EQ(read_private_file(folder.file(""), 5, "secret").error().reason(), "secret.file_kind");
  EXPECT_EQ(read_private_file(folder.file("none"), 5, "secret").error().code(), Code::not_found);
  EXPECT_EQ(create_private_file(folder.file("no/such/folder"), Secret("x")).error().reason(), "file.failed");
  std::string empty = folder.file("empty");
  ASSERT_TRUE(create_private_file(empty, Secret("")));
  EXPECT_EQ(read_private_file(empty, 5, "secret").error().reason(), "secret.file_size");
}

}  // namespace
}  // namespace portico::security
