#include "portico/service/authenticator.h"

#include <gtest/gtest.h>

#include "portico/security/internal.h"
#include "portico/security/test_support.h"

namespace portico {
namespace {

using security::FakeClock;
using security::SigningKey;

struct AuthenticatorTest : ::testing::Test {
  FakeClock clock;
  security::Signer signer{*SigningKey::hmac(Secret(security::secret_32)), "first"};
  security::Signer stranger{*SigningKey::hmac(Secret(std::string(32, 'n'))), "other"};
  security::Verifier verifier{clock, security::shop_options()};
  security::InternalKeys keys{Secret("internal")};
  security::ServiceTokens tokens{clock, Secret(security::secret_32), {.system = "shop", .service = "order"}};
  std::unique_ptr<Authenticator> authenticator = make_authenticator(verifier, keys, tokens);
};

// A client that repeats an order must not take the start of a process for a refusal.
TEST_F(AuthenticatorTest, BeforeThereAreKeysATokenIsNotRefused) {
  const std::string token = signer.sign(security::user_claims(clock));
  auto early = authenticator->authenticate_token(token);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code(), Code::unavailable);
  EXPECT_EQ(early.error().reason(), "keys.missing");
  EXPECT_EQ(early.error().retry_after_seconds(), 1);

  verifier.add_key(signer.named_key());
  auto user = authenticator->authenticate_token(token);
  ASSERT_TRUE(user);
  EXPECT_EQ(user->user_id, "u-1");
  auto unknown = authenticator->authenticate_token(stranger.sign(security::user_claims(clock)));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().status(), 403);
  EXPECT_EQ(unknown.error().reason(), "token.unknown_key");
}

TEST_F(AuthenticatorTest, WhatIsNoTokenIsRefusedEvenWithoutKeys) {
  auto refused = authenticator->authenticate_token("nonsense");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status(), 403);
}

}  // namespace
}  // namespace portico
