#include "portico/security/internal.h"

#include <gtest/gtest.h>

#include "portico/security/test_support.h"

namespace portico::security {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(InternalKeys, TwoKeysCountDuringARotation) {
  InternalKeys keys(Secret("current-key"), Secret("previous-key"));
  EXPECT_TRUE(keys.accepts("current-key"));
  EXPECT_TRUE(keys.accepts("previous-key"));
  for (const char* wrong : {"", "current-ke", "current-key ", "Current-key", "current-keyprevious-key", "x"})
    EXPECT_FALSE(keys.accepts(wrong)) << wrong;
  EXPECT_FALSE(InternalKeys(Secret("current-key")).accepts("previous-key"));
}

TEST(InternalKeys, NoKeyAcceptsNothing) {
  InternalKeys none{Secret("")};
  EXPECT_FALSE(none.accepts(""));
  EXPECT_FALSE(none.accepts("x"));
  EXPECT_FALSE(InternalKeys(Secret("current-key")).accepts(""))
      << "the previous key is not set, which is not a key";
}

class ServiceTokensTest : public testing::Test {
 protected:
  ServiceTokens service(std::string name, std::string system = "shop") {
    return ServiceTokens(clock, Secret(secret_32), {.system = std::move(system), .service = std::move(name)});
  }
  FakeClock clock;
  ServiceTokens order = service("order"), product = service("product"), user = service("user");
};

TEST_F(ServiceTokensTest, ATargetKnowsWhoAsks) {
  auto claims = product.verify(order.token_for("product"));
  ASSERT_TRUE(claims) << name_of(claims.error());
  EXPECT_EQ(claims->subject, "order");
  EXPECT_EQ(claims->service, "order");
  EXPECT_EQ(claims->audience, std::vector<std::string>{"product"});
  EXPECT_EQ(claims->expires_at, clock.now() + minutes(5));
}

TEST_F(ServiceTokensTest, OnlyTheTargetOfTheSameSystemTakesIt) {
  EXPECT_EQ(user.verify(order.token_for("product")).error(), TokenFault::wrong_audience);
  EXPECT_EQ(service("product", "todo").verify(order.token_for("product")).error(), TokenFault::wrong_issuer);
  ServiceTokens stranger(clock, Secret(std::string(32, 'x')), {.system = "shop", .service = "product"});
  EXPECT_EQ(stranger.verify(order.token_for("product")).error(), TokenFault::unknown_key);
}

TEST_F(ServiceTokensTest, IsKeptAndRenewedAtFourFifths) {
  std::string first = order.token_for("product");
  EXPECT_NE(first, order.token_for("user"));
  Time start = clock.time;
  clock.time = start + minutes(4) - std::chrono::milliseconds(1);
  EXPECT_EQ(order.token_for("product"), first);
  clock.time = start + minutes(4);
  std::string second = order.token_for("product");
  EXPECT_NE(second, first);
  EXPECT_TRUE(product.verify(second));
  clock.time = start;  // set back: the second token is from the future now
  EXPECT_EQ(order.token_for("product"), first) << "minted anew, equal because time and claims are";
}

TEST_F(ServiceTokensTest, Expires) {
  std::string token = order.token_for("product");
  clock.time = clock.time + minutes(5) + seconds(60);
  EXPECT_EQ(product.verify(token).error(), TokenFault::expired);
}

TEST_F(ServiceTokensTest, CarriesAUserOnBehalf) {
  Claims claims = user_claims(clock);
  auto seen = product.verify(order.token_on_behalf(claims, "product"));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->subject, "u-1");
  EXPECT_EQ(seen->role, "user");
  EXPECT_EQ(seen->find_extra("userId"), "u-1");
  EXPECT_EQ(seen->service, "order");
  EXPECT_EQ(seen->issuer, "shop");
  EXPECT_EQ(seen->expires_at, clock.now() + minutes(5));
  claims.expires_at = clock.now() + minutes(1);
  EXPECT_EQ(product.verify(order.token_on_behalf(claims, "product"))->expires_at, clock.now() + minutes(1));
}

TEST_F(ServiceTokensTest, SecretsRotate) {
  ServiceTokens renewed(clock, Secret(std::string(32, 'n')), {.system = "shop", .service = "product"},
                        Secret(secret_32));
  EXPECT_TRUE(renewed.verify(order.token_for("product")));
  EXPECT_EQ(order.verify(renewed.token_for("order")).error(), TokenFault::unknown_key);
}

TEST_F(ServiceTokensTest, AnotherTokenOfTheSameSecretIsNoServiceToken) {
  // A user token signed with the secret itself, and one of the right key but another type.
  Signer direct(*SigningKey::hmac(Secret(secret_32)));
  EXPECT_EQ(product.verify(direct.sign(user_claims(clock))).error(), TokenFault::unknown_key);
  Sha256 derived = hmac_sha256(secret_32, "portico service token v1");
  std::string kid = hex(hmac_sha256(secret_32, "portico service token kid v1")).substr(0, 16);
  SigningKey key = *SigningKey::hmac(Secret(std::string(bytes_of(derived))));
  Claims claims = user_claims(clock);
  claims.audience = {"product"};
  EXPECT_EQ(product.verify(Signer(key, kid).sign(claims)).error(), TokenFault::wrong_type);
  EXPECT_EQ(product.verify(Signer(key, kid, "svc+jwt").sign(claims)).error(), TokenFault::missing_claim);
}

TEST_F(ServiceTokensTest, ShortSecretsAreRefused) {
  try {
    ServiceTokens(clock, Secret(std::string(31, 'x')), {.system = "shop", .service = "order"});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason(), "service_token.secret_short");
  }
}

TEST_F(ServiceTokensTest, ManyTargetsAreServedButNotAllKept) {
  for (size_t i = 0; i < service_token_targets_max + 10; ++i) {
    std::string name = "target-" + std::to_string(i);
    EXPECT_TRUE(service(name).verify(order.token_for(name)));
  }
}

}  // namespace
}  // namespace portico::security
