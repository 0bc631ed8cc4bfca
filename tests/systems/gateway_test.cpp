// The one door: what it strips, whom it lets in, how often.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

using ::testing::HasSubstr;

// A gateway of its own with a low limit and allowed origins.
class Gateway : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    own_ = Shop::start({{"gateway.rate_limit", "5"},
                        {"gateway.rate_window", "1m"},
                        {"gateway.trusted_proxies", "127.0.0.1"},
                        {"gateway.cors_origins", "https://shop.example,http://localhost:5173"}});
  }
  static void TearDownTestSuite() { own_.reset(); }
  static Shop& own() { return *own_; }
  // A request as it comes over the trusted proxy from another address, so that tests do not share a limit.
  static HeaderLines from(const std::string& address, const HeaderLines& more = {}) {
    HeaderLines headers = more;
    headers.push_back("X-Forwarded-For: " + address);
    return headers;
  }

 private:
  inline static std::unique_ptr<Shop> own_;
};

TEST_F(Gateway, BeyondTheLimitItAnswers429WithTheTimeToComeBack) {
  for (int i = 0; i < 5; ++i) {
    Reply reply = own().get("gateway", "/api/products", from("203.0.113.1"));
    ASSERT_EQ(reply.status, 200) << reply;
    EXPECT_THAT(reply.header("ratelimit"), HasSubstr("r=" + std::to_string(4 - i)));
    EXPECT_THAT(reply.header("ratelimit-policy"), HasSubstr("q=5"));
  }
  Reply refused = own().get("gateway", "/api/products", from("203.0.113.1"));
  EXPECT_EQ(refused.status, 429) << refused;
  EXPECT_EQ(refused.text("/success"), "false");
  int wait = std::atoi(refused.header("retry-after").c_str());
  EXPECT_GE(wait, 1);
  EXPECT_LE(wait, 60);
  EXPECT_THAT(refused.header("ratelimit"), HasSubstr("r=0"));
  EXPECT_TRUE(refused.has("x-correlation-id"));
  // Another address has a limit of its own.
  EXPECT_EQ(own().get("gateway", "/api/products", from("203.0.113.2")).status, 200);
}

TEST_F(Gateway, AnAddressThatAClientMadeUpIsNotBelieved) {
  // The nearest address is what the proxy has written; what stands before came from the client.
  for (int i = 0; i < 5; ++i)
    own().get("gateway", "/api/products", from("10.0.0." + std::to_string(i) + ", 203.0.113.3"));
  EXPECT_EQ(own().get("gateway", "/api/products", from("10.0.0.99, 203.0.113.3")).status, 429);
}

TEST_F(Gateway, AllowedOriginsMayReadAndOthersMayNot) {
  std::string address = "203.0.113.4";
  Reply allowed = own().get("gateway", "/api/products", from(address, {"Origin: https://shop.example"}));
  EXPECT_EQ(allowed.header("access-control-allow-origin"), "https://shop.example");
  EXPECT_EQ(allowed.header("access-control-allow-credentials"), "true");
  EXPECT_THAT(allowed.header("vary"), HasSubstr("Origin"));
  for (const char* origin :
       {"https://evil.example", "https://shop.example.evil.example", "null", "http://shop.example"}) {
    Reply foreign = own().get("gateway", "/api/products", from(address, {std::string("Origin: ") + origin}));
    EXPECT_FALSE(foreign.has("access-control-allow-origin")) << origin;
    EXPECT_FALSE(foreign.has("access-control-allow-credentials")) << origin;
  }
}

TEST_F(Gateway, PreflightsAreAnsweredWithoutCredentials) {
  HeaderLines asked = {"Origin: http://localhost:5173", "Access-Control-Request-Method: POST",
                       "Access-Control-Request-Headers: authorization"};
  Reply allowed = own().ask("gateway", "OPTIONS", "/api/orders", "", asked);
  EXPECT_EQ(allowed.status, 204) << allowed;
  EXPECT_EQ(allowed.header("access-control-allow-origin"), "http://localhost:5173");
  EXPECT_THAT(allowed.header("access-control-allow-methods"), HasSubstr("POST"));
  EXPECT_THAT(allowed.header("access-control-allow-headers"), HasSubstr("authorization"));
  asked[0] = "Origin: https://evil.example";
  EXPECT_FALSE(own().ask("gateway", "OPTIONS", "/api/orders", "", asked).has("access-control-allow-origin"));
}

TEST(GatewayDefaults, NoOriginIsAllowedUnlessItIsConfigured) {
  Reply reply = shop().get("gateway", "/api/products", {"Origin: http://localhost:3000"});
  EXPECT_EQ(reply.status, 200) << reply;
  EXPECT_FALSE(reply.has("access-control-allow-origin"));
  EXPECT_EQ(reply.header("x-content-type-options"), "nosniff");
}

TEST(GatewayDefaults, HeadersThatClaimAnIdentityAreTakenOff) {
  const Account& user = shop().user("claims");
  const Account& admin = shop().admin();
  HeaderLines claims = {"X-Internal-Key: " + std::string(internal_key_of_samples),
                        "X-User-Id: " + admin.id,
                        "X-User-Role: admin",
                        "X-User-Email: " + admin.email,
                        "X-Service-Name: order",
                        "X-Service-Token: not.a.token",
                        "gatewayToken: x"};
  EXPECT_EQ(shop().get("gateway", "/api/orders", claims).status, 401);
  EXPECT_EQ(shop().get("gateway", "/api/admin/orders", claims).status, 401);
  std::string product = R"({"name":"x","price":1,"stock":1,"categoryId":")" + shop().category() + R"("})";
  EXPECT_EQ(shop().post("gateway", "/api/products", product, claims).status, 401);
  claims.push_back(bearer(user.token).at(0));
  Reply profile = shop().get("gateway", "/api/users/profile", claims);
  EXPECT_EQ(profile.text("/data/user/id"), user.id) << profile;
  EXPECT_EQ(shop().get("gateway", "/api/admin/orders", claims).status, 403);
  EXPECT_EQ(shop().post("gateway", "/api/products", product, claims).status, 403);
  EXPECT_EQ(shop().post("gateway", "/api/notifications", "{}", claims).status, 403);
}

TEST(GatewayDefaults, AServicesOwnTokenIsNotAcceptedFromOutside) {
  // On a port of its own a service takes only tokens that a service of the system has made.
  Reply reply = shop().get("user", "/api/users/internal/x", {"X-Service-Token: a.b.c"});
  EXPECT_EQ(reply.status, 401) << reply;
  EXPECT_EQ(shop().get("user", "/api/users/internal/x", {"X-Service-Name: order"}).status, 401);
}

TEST(GatewayDefaults, WhatIsNotThereIsAnsweredInTheShapeOfTheSystem) {
  Reply nowhere = shop().get("gateway", "/api/nothing");
  EXPECT_EQ(nowhere.status, 404) << nowhere;
  EXPECT_EQ(nowhere.text("/success"), "false");
  EXPECT_FALSE(nowhere.error().empty());
  Reply neighbour = shop().get("gateway", "/api/ordersX");
  EXPECT_EQ(neighbour.status, 404) << neighbour;
  Reply method = shop().ask("gateway", "PATCH", "/api/products", "{}");
  EXPECT_EQ(method.status, 405) << method;
  EXPECT_THAT(method.header("allow"), HasSubstr("GET"));
}

// The address of a service's own page is that of a product here, in one process as in several.
TEST(SharedGateway, AServicesOwnPagesAreNotReachedThroughTheGateway) {
  EXPECT_EQ(shop().get("product", "/api/products/health").status, 200);
  Reply reply = shop().get("gateway", "/api/products/health");
  EXPECT_EQ(reply.status, 404) << reply;
  EXPECT_EQ(reply.at("/message"), "Product health not found") << reply;
}

}  // namespace
}  // namespace portico::test
