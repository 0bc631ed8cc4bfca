#include <gtest/gtest.h>

#include "portico/security/keys.h"
#include "portico/security/test_support.h"

namespace portico::security {
namespace {

constexpr std::string_view ed_jwk =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";

std::string set_of(std::string_view keys) { return fmt::format(R"({{"keys":[{}]}})", keys); }

std::string reason_of(std::string_view document) {
  auto set = parse_jwks(document);
  return set ? "accepted" : set.error().reason();
}

TEST(Jwks, RoundTrip) {
  SeededRandom random(1);
  SigningKey p256 = SigningKey::generate(Algorithm::es256, random);
  SigningKey ed25519 = SigningKey::generate(Algorithm::eddsa, random);
  auto set =
      parse_jwks(jwks_document({{"one", p256.verification_key()}, {R"(t"wo)", ed25519.verification_key()}}));
  ASSERT_TRUE(set) << set.error().what();
  ASSERT_EQ(set->keys.size(), 2u);
  EXPECT_EQ(set->keys[0].kid, "one");
  EXPECT_EQ(set->keys[1].kid, R"(t"wo)");
  EXPECT_TRUE(set->keys[0].key.verify("data", p256.sign("data")));
  EXPECT_TRUE(set->keys[1].key.verify("data", ed25519.sign("data")));
  EXPECT_EQ(set->keys[0].key.thumbprint(), p256.verification_key().thumbprint());
  EXPECT_EQ(jwks_document({}), R"({"keys":[]})");
  EXPECT_TRUE(parse_jwks(jwks_document({}))->keys.empty());
}

TEST(Jwks, AKeyWithoutKidIsNamedByItsThumbprint) {
  auto set = parse_jwks(set_of(ed_jwk));
  ASSERT_TRUE(set);
  EXPECT_EQ(set->keys.at(0).kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST(Jwks, PublicDocumentHoldsNothingPrivate) {
  SeededRandom random(2);
  std::string document =
      jwks_document({{"k", SigningKey::generate(Algorithm::es256, random).verification_key()}});
  EXPECT_EQ(document.find("\"d\""), std::string::npos);
}

TEST(Jwks, KeysForOtherUsesAreLeftOutAndNamed) {
  std::string keys(ed_jwk);
  for (const char* other :
       {R"({"kty":"RSA","n":"AQAB","e":"AQAB"})", R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})",
        R"({"kty":"OKP","crv":"X25519","x":"AA"})", R"({"kty":"OKP","crv":"Ed25519","use":"enc","x":"AA"})",
        R"({"kty":"OKP","crv":"Ed25519","alg":"ES256","x":"AA"})",
        R"({"kty":"OKP","crv":"Ed25519","key_ops":["sign"],"x":"AA"})", R"({"kty":5})"})
    (keys += ',') += other;
  auto set = parse_jwks(set_of(keys));
  ASSERT_TRUE(set);
  EXPECT_EQ(set->keys.size(), 1u);
  EXPECT_EQ(set->ignored.size(), 7u);
}

TEST(Jwks, PrivateMembersRefuseTheDocument) {
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    EXPECT_EQ(reason_of(set_of(fmt::format(R"({{"kty":"OKP","crv":"Ed25519","x":"AA","{}":"AA"}})", member))),
              "jwks.private_key");
  }
  EXPECT_EQ(reason_of(set_of(R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"})")),
            "jwks.private_key");
}

TEST(Jwks, BrokenKeysRefuseTheDocument) {
  // Wrong length, not base64url, missing, not on the curve, the point at infinity.
  for (const char* key :
       {R"({"kty":"OKP","crv":"Ed25519","x":"AA"})", R"({"kty":"OKP","crv":"Ed25519","x":"A+=="})",
        R"({"kty":"OKP","crv":"Ed25519"})", R"({"kty":"OKP","crv":"Ed25519","x":7})",
        R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"})",
        R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                              "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5aA"})",
        R"({"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                              "y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})"})
    EXPECT_EQ(reason_of(set_of(key)), "jwks.key_invalid") << key;
}

TEST(Jwks, MalformedDocumentsAreRefused) {
  for (const char* bad :
       {"", "null", "[]", "{}", R"({"keys":{}})", R"({"keys":[1]})", R"({"keys":[]} x)",
        R"({"keys":[],"keys":[]})", R"({"keys":[{"kty":"OKP","kty":"EC"}]})", "{\"keys\":[\"\xff\"]}"})
    EXPECT_EQ(reason_of(bad), "jwks.malformed") << bad;
  std::string with_number_kid(ed_jwk);
  with_number_kid.insert(1, R"("kid":1,)");
  EXPECT_EQ(reason_of(set_of(with_number_kid)), "jwks.malformed");
  EXPECT_EQ(reason_of(set_of(std::string(ed_jwk) + "," + std::string(ed_jwk))), "jwks.kid_repeated");
}

TEST(Jwks, LimitsHoldAtTheirEdge) {
  std::string keys = R"({"kty":"RSA"})";
  for (size_t i = 1; i < jwks_keys_max; ++i) keys += R"(,{"kty":"RSA"})";
  EXPECT_EQ(reason_of(set_of(keys)), "accepted");
  EXPECT_EQ(reason_of(set_of(keys + R"(,{"kty":"RSA"})")), "jwks.too_many");
  std::string document = set_of("");
  document.append(jwks_bytes_max - document.size(), ' ');
  EXPECT_EQ(reason_of(document), "accepted");
  EXPECT_EQ(reason_of(document + " "), "jwks.too_large");
  EXPECT_EQ(reason_of(R"({"keys":[],"x":)" + std::string(100, '[') + std::string(100, ']') + "}"),
            "jwks.malformed");
}

}  // namespace
}  // namespace portico::security
