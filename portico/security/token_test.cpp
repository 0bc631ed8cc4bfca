#include "portico/security/token.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "portico/security/test_support.h"

namespace portico::security {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class Tokens : public testing::Test {
 protected:
  std::optional<TokenFault> fault_of(std::string_view token) {
    auto claims = verifier.verify(token);
    return claims ? std::nullopt : std::optional(claims.error());
  }
  // A token signed as it should be, with any payload.
  std::string signed_payload(std::string_view payload) {
    return raw_token(key, R"({"alg":"EdDSA","typ":"at+jwt","kid":")" + signer.kid() + "\"}", payload);
  }
  // A valid payload with one member replaced or left out.
  std::string payload_with(std::string_view name, std::string_view value) {
    std::string text = "{";
    const std::pair<std::string_view, std::string_view> members[] = {{"iss", R"("shop")"},
                                                                     {"aud", R"("shop-api")"},
                                                                     {"sub", R"("u")"},
                                                                     {"jti", R"("t")"},
                                                                     {"exp", "1700003600"}};
    for (const auto& [key, normal] : members) {
      std::string_view chosen = key == name ? value : normal;
      if (!chosen.empty()) text += fmt::format("\"{}\":{},", key, chosen);
    }
    bool extra = std::ranges::none_of(members, [&](const auto& member) { return member.first == name; });
    return text + (extra ? fmt::format("\"{}\":{}}}", name, value) : R"("x":1})");
  }

  FakeClock clock;
  SeededRandom random{11};
  SigningKey key = SigningKey::generate(Algorithm::eddsa, random);
  Signer signer{key};
  Verifier verifier{clock, shop_options(), {signer.named_key()}};
};

TEST_F(Tokens, Hs256AsInRfc7515) {
  auto secret = *base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  auto hmac = VerificationKey::hmac(Secret(secret));
  ASSERT_TRUE(hmac);
  EXPECT_TRUE(hmac->verify(
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
      *base64url_decode("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")));
}

TEST_F(Tokens, EveryAlgorithmRoundTrips) {
  const SigningKey keys[] = {SigningKey::generate(Algorithm::es256, random), key,
                             *SigningKey::hmac(Secret(secret_32))};
  for (const SigningKey& each : keys) {
    Signer signer(each, "kid");
    Verifier verifier(clock, shop_options(), {signer.named_key()});
    Claims claims = user_claims(clock);
    claims.session = "s-1";
    claims.service = "gateway";
    claims.audience = {"other", "shop-api"};
    claims.not_before = clock.now() - seconds(10);
    claims.extra = {{"userId", "u-1"}, {"name", "Zoë \"quoted\" \n"}};
    auto back = verifier.verify(signer.sign(claims));
    ASSERT_TRUE(back) << name_of(back.error());
    EXPECT_EQ(*back, claims);
    EXPECT_EQ(back->find_extra("userId"), "u-1");
    EXPECT_EQ(back->find_extra("nothing"), "");
  }
}

TEST_F(Tokens, HeaderSaysTypeAndKey) {
  std::string token = signer.sign(user_claims(clock));
  EXPECT_EQ(
      *base64url_decode(token.substr(0, token.find('.'))),
      fmt::format(R"({{"alg":"EdDSA","typ":"at+jwt","kid":"{}"}})", key.verification_key().thumbprint()));
}

TEST_F(Tokens, PayloadHoldsTheClaimsOfTheShop) {
  std::string token = signer.sign(user_claims(clock));
  size_t dot = token.find('.');
  EXPECT_EQ(
      *base64url_decode(token.substr(dot + 1, token.rfind('.') - dot - 1)),
      R"({"iss":"shop","sub":"u-1","jti":"t-1","email":"ada@example.com","role":"user","aud":"shop-api",)"
      R"("iat":1700000000,"exp":1700003600,"userId":"u-1"})");
}

TEST_F(Tokens, AKeyWithoutKidServesTokensWithoutKid) {
  Signer plain(*SigningKey::hmac(Secret("user_service_jwt_secret_key"), ShortSecret::allow));
  Verifier verifier(clock, shop_options(), {plain.named_key()});
  EXPECT_TRUE(verifier.verify(plain.sign(user_claims(clock))));
}

TEST_F(Tokens, TimesCountWithTheLeewayAndNoMore) {
  Claims claims = user_claims(clock);
  claims.not_before = clock.now();
  std::string token = signer.sign(claims);
  Time start = clock.time;
  clock.time = start + hours(1) + seconds(30);
  EXPECT_EQ(fault_of(token), std::nullopt);
  clock.time = start + hours(1) + seconds(60) - std::chrono::milliseconds(1);
  EXPECT_EQ(fault_of(token), std::nullopt);
  clock.time = start + hours(1) + seconds(60);
  EXPECT_EQ(fault_of(token), TokenFault::expired);
  clock.time = start - seconds(60);
  EXPECT_EQ(fault_of(token), std::nullopt);
  clock.time = start - seconds(61);
  EXPECT_EQ(fault_of(token), TokenFault::not_yet_valid);
}

TEST_F(Tokens, IssuerAudienceAndTypeMustBeOurs) {
  Claims claims = user_claims(clock);
  claims.issuer = "todo";
  EXPECT_EQ(fault_of(signer.sign(claims)), TokenFault::wrong_issuer);
  claims = user_claims(clock);
  claims.audience = {"shop-ap", "shop-api2"};
  EXPECT_EQ(fault_of(signer.sign(claims)), TokenFault::wrong_audience);
  claims.audience = {"shop-ap", "shop-api"};
  EXPECT_EQ(fault_of(signer.sign(claims)), std::nullopt);
  EXPECT_EQ(fault_of(Signer(key, {}, "svc+jwt").sign(claims)), TokenFault::wrong_type);
  EXPECT_EQ(fault_of(Signer(key, {}, "").sign(claims)), TokenFault::wrong_type);
  EXPECT_EQ(fault_of(Signer(key, {}, "application/AT+JWT").sign(claims)), std::nullopt);
  VerifierOptions any = shop_options();
  any.type = "";
  EXPECT_TRUE(Verifier(clock, any, {signer.named_key()}).verify(Signer(key, {}, "JWT").sign(claims)));
}

TEST_F(Tokens, RequiredClaimsMustBeThere) {
  for (const char* name : {"iss", "aud", "sub", "jti", "exp"})
    EXPECT_EQ(fault_of(signed_payload(payload_with(name, ""))), TokenFault::missing_claim) << name;
  for (const char* name : {"iss", "sub", "jti"})
    EXPECT_EQ(fault_of(signed_payload(payload_with(name, R"("")"))), TokenFault::missing_claim) << name;
  EXPECT_EQ(fault_of(signed_payload(payload_with("aud", "[]"))), TokenFault::missing_claim);
  VerifierOptions without_id = shop_options();
  without_id.require_id = false;
  EXPECT_TRUE(
      Verifier(clock, without_id, {signer.named_key()}).verify(signed_payload(payload_with("jti", ""))));
}

TEST_F(Tokens, ClaimsOfWrongTypesAreMalformed) {
  ASSERT_EQ(fault_of(signed_payload(payload_with("y", "1"))), std::nullopt);
  for (const char* value : {R"("1700003600")", "-1", "0", "1e308", "-1e308", "9223372036854775808", "1e400",
                            "null", "true", "[1700003600]", "253402300800"})
    EXPECT_EQ(fault_of(signed_payload(payload_with("exp", value))), TokenFault::malformed) << value;
  for (const char* value : {"1700003600.5", "1.7000036e9", "253402300799"})
    EXPECT_EQ(fault_of(signed_payload(payload_with("exp", value))), std::nullopt) << value;
  for (const char* name : {"iss", "sub", "jti", "sid", "email", "role", "service"})
    EXPECT_EQ(fault_of(signed_payload(payload_with(name, "5"))), TokenFault::malformed) << name;
  for (const char* value : {"5", R"(["shop-api",5])", R"({"shop-api":1})"})
    EXPECT_EQ(fault_of(signed_payload(payload_with("aud", value))), TokenFault::malformed) << value;
  EXPECT_EQ(fault_of(signed_payload(payload_with("nbf", R"("0")"))), TokenFault::malformed);
}

TEST_F(Tokens, ClaimsThatNoVerifierWouldTakeAreNotSigned) {
  Claims reserved = user_claims(clock), repeated = reserved, not_utf8 = reserved;
  reserved.extra = {{"exp", "never"}};
  repeated.extra = {{"name", "a"}, {"name", "b"}};
  not_utf8.extra = {{"name", "\xff"}};
  for (const Claims& claims : {reserved, repeated, not_utf8}) {
    try {
      signer.sign(claims);
      ADD_FAILURE() << "signed";
    } catch (const Error& error) {
      EXPECT_EQ(error.reason(), "token.claims_invalid");
    }
  }
}

TEST_F(Tokens, SizeLimitHoldsAtItsEdge) {
  Claims claims = user_claims(clock);
  size_t size = signer.sign(claims).size();
  std::string pad((token_bytes_max - size) * 3 / 4 - 20, 'x');
  for (std::string reason; reason.empty(); pad += 'x') {
    claims.extra = {{"pad", pad}};
    try {
      std::string token = signer.sign(claims);
      size = token.size();
      EXPECT_EQ(fault_of(token), std::nullopt);
    } catch (const Error& error) {
      reason = error.reason();
      EXPECT_EQ(reason, "token.too_large");
    }
  }
  EXPECT_LE(size, token_bytes_max);
  EXPECT_GE(size, token_bytes_max - 2);
  EXPECT_EQ(fault_of(std::string(token_bytes_max + 1, 'a')), TokenFault::too_large);
  EXPECT_EQ(fault_of(std::string(token_bytes_max, 'a')), TokenFault::malformed);
}

TEST_F(Tokens, FaultsHaveNamesAndErrors) {
  EXPECT_EQ(name_of(TokenFault::malformed), "malformed");
  EXPECT_EQ(name_of(TokenFault::revoked), "revoked");
  for (int i = 0; i <= static_cast<int>(TokenFault::revoked); ++i) {
    auto fault = static_cast<TokenFault>(i);
    Error error = to_error(fault);
    EXPECT_EQ(error.reason(), "token." + std::string(name_of(fault)));
    EXPECT_EQ(error.code(), fault == TokenFault::wrong_audience ? Code::forbidden : Code::unauthenticated);
  }
}

TEST_F(Tokens, BrokenPromisesOfTheConfigurationStopTheProcess) {
  EXPECT_DEATH(Verifier(clock, {.issuer = "", .audience = "a"}), "broken promise");
  EXPECT_DEATH(Verifier(clock, {.issuer = "i", .audience = ""}), "broken promise");
  EXPECT_DEATH(Verifier(clock, {.issuer = "i", .audience = "a", .leeway = seconds(61)}), "broken promise");
}

}  // namespace
}  // namespace portico::security
