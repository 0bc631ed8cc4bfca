// Tokens as an attacker would write them.
#include <gtest/gtest.h>

#include "portico/security/test_support.h"
#include "portico/security/token.h"

namespace portico::security {
namespace {

constexpr std::string_view payload =
    R"({"iss":"shop","aud":"shop-api","sub":"u","jti":"t","exp":1700003600,"role":"admin"})";

class Attacks : public testing::Test {
 protected:
  std::optional<TokenFault> fault_of(std::string_view token) {
    auto claims = verifier.verify(token);
    return claims ? std::nullopt : std::optional(claims.error());
  }
  std::optional<TokenFault> fault_of_header(std::string_view header) {
    return fault_of(raw_token(key, header, payload));
  }

  FakeClock clock;
  SeededRandom random{12};
  SigningKey key = SigningKey::generate(Algorithm::es256, random);
  SigningKey stranger = SigningKey::generate(Algorithm::es256, random);
  Verifier verifier{clock, shop_options(), {{"k", key.verification_key()}}};
  std::string good = raw_token(key, R"({"alg":"ES256","typ":"at+jwt","kid":"k"})", payload);
};

TEST_F(Attacks, TheGoodTokenIsGood) { EXPECT_EQ(fault_of(good), std::nullopt); }

TEST_F(Attacks, NoAlgorithmIsNone) {
  for (const char* name : {"none", "None", "nOnE", "NONE", "", " none"}) {
    std::string unsigned_part =
        base64url_encode(fmt::format(R"({{"alg":"{}","typ":"at+jwt","kid":"k"}})", name)) + "." +
        base64url_encode(payload);
    EXPECT_TRUE(fault_of(unsigned_part + "."));
    EXPECT_TRUE(fault_of(unsigned_part + good.substr(good.rfind('.'))));
  }
  EXPECT_EQ(fault_of_header(R"({"alg":"none","typ":"at+jwt","kid":"k"})"), TokenFault::wrong_algorithm);
  EXPECT_EQ(fault_of(good.substr(0, good.rfind('.') + 1)), TokenFault::bad_signature);
}

TEST_F(Attacks, ThePublicKeyIsNoHmacSecret) {
  // Whatever form of the public key somebody takes for the secret: its token names an algorithm that the key
  // has not.
  std::string document = jwks_document({{"k", key.verification_key()}});
  std::string jwk = document.substr(9, document.size() - 11);
  for (const std::string& form :
       {document, jwk, jwk + "\n", *base64url_decode(key.verification_key().thumbprint())}) {
    auto forged = *SigningKey::hmac(Secret(form), ShortSecret::allow);
    EXPECT_EQ(fault_of(raw_token(forged, R"({"alg":"HS256","typ":"at+jwt","kid":"k"})", payload)),
              TokenFault::wrong_algorithm);
    EXPECT_EQ(fault_of(raw_token(forged, R"({"alg":"ES256","typ":"at+jwt","kid":"k"})", payload)),
              TokenFault::bad_signature);
  }
}

TEST_F(Attacks, AnAlgorithmBelongsToItsKey) {
  SigningKey ed = SigningKey::generate(Algorithm::eddsa, random);
  verifier.add_key({"ed", ed.verification_key()});
  for (const char* name : {"EdDSA", "HS256", "RS256", "ES384", "PS256", "es256", "ES256 ", "ES256K"}) {
    EXPECT_EQ(fault_of_header(fmt::format(R"({{"alg":"{}","typ":"at+jwt","kid":"k"}})", name)),
              TokenFault::wrong_algorithm)
        << name;
  }
  EXPECT_EQ(fault_of(raw_token(ed, R"({"alg":"EdDSA","typ":"at+jwt","kid":"ed"})", payload)), std::nullopt);
  // The right signature under the name of another key.
  EXPECT_EQ(fault_of(raw_token(ed, R"({"alg":"EdDSA","typ":"at+jwt","kid":"k"})", payload)),
            TokenFault::wrong_algorithm);
  EXPECT_EQ(fault_of(raw_token(ed, R"({"alg":"ES256","typ":"at+jwt","kid":"k"})", payload)),
            TokenFault::bad_signature);
}

TEST_F(Attacks, KidIsOnlyEverCompared) {
  for (const std::string& kid :
       {std::string("../../dev/null"), std::string("k' OR 1=1 --"), std::string("K"), std::string("k "),
        std::string("k\\u0000"), std::string(), std::string(4000, 'k')})
    EXPECT_EQ(fault_of_header(fmt::format(R"({{"alg":"ES256","typ":"at+jwt","kid":"{}"}})", kid)),
              TokenFault::unknown_key);
  EXPECT_EQ(fault_of_header(
                fmt::format(R"({{"alg":"ES256","typ":"at+jwt","kid":"{}"}})", std::string(10'240, 'k'))),
            TokenFault::too_large);
  for (const char* kid : {"1", "null", "[\"k\"]", "{}"})
    EXPECT_EQ(fault_of_header(fmt::format(R"({{"alg":"ES256","typ":"at+jwt","kid":{}}})", kid)),
              TokenFault::malformed)
        << kid;
}

TEST_F(Attacks, KeysInTheHeaderAreNotLookedAt) {
  std::string document = jwks_document({{"k", stranger.verification_key()}});
  std::string jwk = document.substr(9, document.size() - 11);
  for (const std::string& member :
       {R"("jwk":)" + jwk, std::string(R"("jku":"http://127.0.0.1/keys")"),
        std::string(R"("x5u":"http://127.0.0.1/cert")"), std::string(R"("x5c":["MIIB"])")}) {
    std::string header = R"({"alg":"ES256","typ":"at+jwt","kid":"k",)" + member + "}";
    EXPECT_EQ(fault_of(raw_token(stranger, header, payload)), TokenFault::bad_signature);
    EXPECT_EQ(fault_of_header(header), std::nullopt);
  }
}

TEST_F(Attacks, CriticalExtensionsAreRefused) {
  for (const char* crit : {R"(["b64"])", R"(["exp"])", "[]", "null", R"("b64")"})
    EXPECT_EQ(fault_of_header(fmt::format(R"({{"alg":"ES256","typ":"at+jwt","kid":"k","crit":{}}})", crit)),
              TokenFault::malformed)
        << crit;
}

TEST_F(Attacks, RepeatedMembersAreRefused) {
  EXPECT_EQ(fault_of_header(R"({"alg":"none","alg":"ES256","typ":"at+jwt","kid":"k"})"),
            TokenFault::malformed);
  EXPECT_EQ(fault_of_header(R"({"alg":"ES256","typ":"at+jwt","kid":"k","\u006bid":"k"})"),
            TokenFault::malformed);
  std::string twice(payload);
  twice.insert(1, R"("role":"user",)");
  EXPECT_EQ(fault_of(raw_token(key, R"({"alg":"ES256","typ":"at+jwt","kid":"k"})", twice)),
            TokenFault::malformed);
  std::string nested(payload);
  nested.insert(1, R"("x":{"a":1,"b":[{"c":1,"c":2}]},)");
  EXPECT_EQ(fault_of(raw_token(key, R"({"alg":"ES256","typ":"at+jwt","kid":"k"})", nested)),
            TokenFault::malformed);
}

TEST_F(Attacks, OtherShapesAreMalformed) {
  size_t first = good.find('.'), last = good.rfind('.');
  std::string header = good.substr(0, first), body = good.substr(first + 1, last - first - 1),
              signature = good.substr(last + 1);
  const std::string shapes[] = {"",
                                ".",
                                "..",
                                "...",
                                header,
                                header + "." + body,
                                good + ".",
                                "." + good,
                                good + "." + signature,
                                good + "." + body + "." + signature,

                                ".." + signature,
                                "." + body + "." + signature,
                                R"({"payload":")" + body + R"(","signature":")" + signature + R"("})",
                                "Bearer " + good,
                                " " + good};
  for (const std::string& shape : shapes) EXPECT_EQ(fault_of(shape), TokenFault::malformed) << shape;
  EXPECT_EQ(fault_of(header + ".."), TokenFault::bad_signature);
  for (const char* tail : {"=", "==", "\n", " ", "\t", "+", "/", "%3D"})
    EXPECT_EQ(fault_of(good + tail), TokenFault::malformed) << tail;
  EXPECT_EQ(fault_of(header + "=." + body + "." + signature), TokenFault::malformed);
  EXPECT_EQ(fault_of(good + std::string(1, '\0')), TokenFault::malformed);
  for (const char* text :
       {"", "null", "[]", "1", "\"x\"", "{", "{}", "{\"alg\":1}", "{\"alg\":\"ES256\"} {}", "\xff",
        "{\"alg\":\"ES256\",\"x\":\"\xc0\x80\"}", "{\"alg\":\"ES256\",}", "{/**/\"alg\":\"ES256\"}"})
    EXPECT_EQ(fault_of_header(text), TokenFault::malformed) << text;
}

// ES256 signatures have 64 bytes, so 86 characters whose last has 4 free bits: 15 other spellings of the same
// bytes.
TEST_F(Attacks, OneSignatureHasOneSpelling) {
  int refused = 0;
  for (char c : std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")) {
    std::string other = good.substr(0, good.size() - 1) + c;
    if (other == good) continue;
    EXPECT_TRUE(fault_of(other));
    refused += fault_of(other) == TokenFault::malformed;
  }
  EXPECT_EQ(refused, 60);
}

TEST_F(Attacks, EverySingleChangedCharacterIsNoticed) {
  verifier.verify(good);  // the cache must not help either
  for (size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(fault_of(changed)) << i;
  }
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_TRUE(fault_of(std::string_view(good).substr(0, size))) << size;
}

TEST_F(Attacks, SegmentsOfTwoTokensDoNotMix) {
  std::string other = raw_token(key, R"({"alg":"ES256","typ":"at+jwt","kid":"k"})",
                                R"({"iss":"shop","aud":"shop-api","sub":"v","jti":"u","exp":1700003600})");
  EXPECT_EQ(fault_of(good.substr(0, good.rfind('.')) + other.substr(other.rfind('.'))),
            TokenFault::bad_signature);
}

TEST_F(Attacks, SignaturesOfAnotherFormAreRefused) {
  std::string signed_part = good.substr(0, good.rfind('.') + 1);
  std::string der = "\x30\x44\x02\x20" + std::string(32, '\1') + "\x02\x20" + std::string(32, '\1');
  for (const std::string& signature :
       {std::string(64, '\0'), std::string(32, '\1') + std::string(32, '\0'), std::string(63, '\1'),
        std::string(65, '\1'), std::string(96, '\1'), std::string(132, '\1'), der})
    EXPECT_EQ(fault_of(signed_part + base64url_encode(signature)), TokenFault::bad_signature);
}

TEST_F(Attacks, DeepNestingIsMalformed) {
  std::string deep(payload);
  deep.insert(1, R"("x":)" + std::string(2000, '[') + std::string(2000, ']') + ",");
  EXPECT_EQ(fault_of(raw_token(key, R"({"alg":"ES256","typ":"at+jwt","kid":"k"})", deep)),
            TokenFault::malformed);
}

TEST_F(Attacks, RandomBytesNeverCount) {
  uint64_t seed = 20'240'601;
  SCOPED_TRACE(seed);
  SeededRandom bytes(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string text = good;
    std::array<std::byte, 4> dice;
    bytes.fill(dice);
    size_t position = (static_cast<size_t>(dice[0]) << 8 | static_cast<size_t>(dice[1])) % text.size();
    if (static_cast<char>(dice[2]) == text[position]) continue;
    text[position] = static_cast<char>(dice[2]);
    if (static_cast<int>(dice[3]) % 3 == 0) text.erase(position, static_cast<size_t>(dice[3]));
    EXPECT_TRUE(fault_of(text)) << text;
  }
}

}  // namespace
}  // namespace portico::security
