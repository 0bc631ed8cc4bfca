// Edges that single rules do not show: sums beyond limits, odd headers, what logs hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/systems/process.h"
#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Hardening, QuantitiesThatAreTooLargeOnlyTogetherAreRefused) {
  Account buyer = shop().sign_up("large.sum");
  std::string product = shop().product("0.01", 900'000'000);
  Reply order = shop().order(buyer, {{product, 1'000'000}, {product, 1'000'000}});
  EXPECT_EQ(order.status, 400) << order;
  EXPECT_EQ(shop().orders_of(buyer), 0u);
  EXPECT_EQ(shop().stock(product), 900'000'000);
}

TEST(Hardening, ATotalBeyondTheLargestAmountIsRefused) {
  Account buyer = shop().sign_up("large.total");
  std::string dear = shop().product("99999999.99", 1'000'000'000);
  Reply order = shop().order(buyer, {{dear, 1'000'000}});
  EXPECT_EQ(order.status, 400) << order;
  EXPECT_EQ(shop().orders_of(buyer), 0u);
  Reply large = shop().order(buyer, {{dear, 100}});
  ASSERT_EQ(large.status, 201) << large;
  EXPECT_EQ(large.cents("/data/order/totalAmount"), 999'999'999'900);
}

TEST(Hardening, HeadersThatAreNoTextAreRefusedOrLeftOut) {
  Account buyer = shop().sign_up("odd.headers");
  std::string product = shop().product("1.00", 100);
  for (const char* key : {"\xff\xfe", "\xc3\x28", "a\tb", "\x80"}) {
    Reply reply = shop().order(buyer, {{product, 1}}, {std::string("Idempotency-Key: ") + key});
    EXPECT_TRUE(reply.status == 400 || reply.status == 201) << reply;
    Reply sent = shop().post(
        "notification", "/api/notifications",
        R"({"userId":")" + buyer.id + R"(","title":"t","description":"d","notificationType":"in_app"})",
        {internal_key().at(0), std::string("Idempotency-Key: ") + key});
    EXPECT_TRUE(sent.status == 400 || sent.status == 201) << sent;
  }
  EXPECT_EQ(shop().get("order", "/api/orders", bearer(buyer.token)).status, 200);
  Reply many = shop().get("product", "/api/products", HeaderLines(300, "X-Filler: y"));
  EXPECT_TRUE(many.status == 431 || many.status == 400) << many;
  Reply token = shop().get("order", "/api/orders", bearer(std::string(20'000, 'a')));
  EXPECT_TRUE(token.status == 431 || token.status == 403) << token;
}

TEST(Hardening, AMemberThatStandsTwiceIsRefused) {
  Reply reply = shop().post("user", "/api/users/login",
                            R"({"email":"a@shop.test","email":"b@shop.test","password":"x"})");
  EXPECT_EQ(reply.status, 400) << reply;
}

TEST(Hardening, HeadAnswersLikeGetWithoutABody) {
  for (const char* where : {"product", "gateway"}) {
    Reply reply = shop().ask(where, "HEAD", "/api/products");
    EXPECT_EQ(reply.status, 200) << reply;
    EXPECT_EQ(reply.body, "");
  }
}

TEST(Hardening, CategoriesDoNotBecomeTheirOwnAncestors) {
  auto create = [](const std::string& name) {
    return shop()
        .post("product", "/api/categories", R"({"name":")" + name + R"("})", internal_key())
        .text("/data/category/id");
  };
  std::string upper = create("Upper category"), lower = create("Lower category");
  auto move = [](const std::string& id, const std::string& below) {
    return shop()
        .put("product", "/api/categories/" + id, R"({"parentCategoryId":")" + below + R"("})",
             bearer(shop().admin().token))
        .status;
  };
  EXPECT_EQ(move(lower, upper), 200);
  EXPECT_EQ(move(upper, upper), 400);
  EXPECT_THAT(move(upper, lower), ::testing::AnyOf(400, 409));
  Reply used = shop().remove("product", "/api/categories/" + upper, bearer(shop().admin().token));
  EXPECT_EQ(used.status, 409) << used;
  EXPECT_EQ(shop().remove("product", "/api/categories/" + lower, bearer(shop().admin().token)).status, 204);
}

TEST(Hardening, EndpointsThatGuessersUseHaveALimitOfTheirOwn) {
  std::unique_ptr<Shop> own = Shop::start();
  int allowed = 0;
  Reply reply;
  for (int i = 0; i < 30; ++i) {
    reply = own->put("gateway", "/api/users/password", "{}", bearer("x"));
    if (reply.status == 429) break;
    ++allowed;
  }
  EXPECT_EQ(allowed, 20);
  EXPECT_EQ(reply.status, 429) << reply;
  EXPECT_TRUE(reply.has("retry-after"));
  EXPECT_EQ(own->get("gateway", "/api/products").status, 200);
}

TEST(Hardening, ManyWrongPasswordsSlowTheGuesserDown) {
  Account user = shop().sign_up("guessed");
  int refused = 0;
  Reply reply;
  for (int i = 0; i < 12 && refused == 0; ++i) {
    reply =
        shop().post("user", "/api/users/login", R"({"email":")" + user.email + R"(","password":"guess"})");
    refused += reply.status == 429;
  }
  EXPECT_EQ(refused, 1) << reply;
  EXPECT_TRUE(reply.has("retry-after"));
  // Meanwhile the right one does not count either.
  Reply right = shop().post("user", "/api/users/login",
                            R"({"email":")" + user.email + R"(","password":")" + user.password + R"("})");
  EXPECT_EQ(right.status, 429) << right;
}

TEST(Hardening, LogsHoldNoSecrets) {
  Account user = shop().sign_up("logged");
  shop().post("user", "/api/users/login",
              R"({"email":")" + user.email + R"(","password":"my secret guess"})");
  shop().post("user", "/api/users/forgot-password", R"({"email":")" + user.email + R"("})");
  shop().get("order", "/api/orders?token=" + user.token, bearer(user.token));
  shop().get("gateway", "/api/orders?password=hunter2-in-a-query", bearer(user.token));
  shop().get("user", "/api/users/internal/" + user.id, internal_key());
  std::string code;
  EXPECT_TRUE(wait_until([&] {
    Reply mails = shop().mails_to(user.email);
    for (size_t i = 0; i < mails.size("/data/mails"); ++i) {
      std::string text = mails.text("/data/mails/" + std::to_string(i) + "/text");
      for (size_t at = 0; at + 6 <= text.size() && code.empty(); ++at)
        if (text.find_first_not_of("0123456789", at) >= at + 6 && (at == 0 || !std::isdigit(text[at - 1])))
          code = text.substr(at, 6);
    }
    return code.size() == 6;
  }));
  Reply reset = shop().post(
      "user", "/api/users/reset-password",
      R"({"email":")" + user.email + R"(","code":")" + code + R"(","newPassword":"a new long one"})");
  EXPECT_EQ(reset.status, 200) << reset;
  std::string log = shop().log();
  for (const std::string& secret :
       {user.password, user.token, std::string("my secret guess"), std::string("hunter2-in-a-query"),
        std::string(internal_key_of_samples), std::string("a new long one"), "\"" + code + "\"", user.email})
    EXPECT_EQ(log.find(secret), std::string::npos) << secret;
  EXPECT_THAT(log, HasSubstr("request"));
}

TEST(Hardening, BetweenProcessesTheCorrelationIdReachesEveryServiceOfAnOrder) {
  if (mode() != Mode::split) GTEST_SKIP() << "in one process only the first service writes a line";
  std::string product = shop().product("1.00", 5);
  HeaderLines headers = bearer(shop().user("followed").token);
  headers.push_back("X-Correlation-Id: through-all-of-them");
  ASSERT_EQ(shop().post("gateway", "/api/orders", order_body({{product, 1}}), headers).status, 201);
  for (const char* service : {"gateway", "order", "product", "user", "notification"})
    EXPECT_TRUE(wait_until([&] {
      return shop().log().find(std::string(R"("service":")") + service +
                               R"(","message":"request","correlationId":"through-all-of-them")") !=
             std::string::npos;
    })) << service;
}

}  // namespace
}  // namespace portico::test
