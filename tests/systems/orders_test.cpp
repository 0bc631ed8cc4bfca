// Placing orders: totals, stock, refusals, repetition.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/systems/process.h"
#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

using ::testing::HasSubstr;

// Notifications of the user, once there are `count` of them that are no longer waiting; the welcome is not
// counted.
std::vector<boost::json::value> confirmations(const Account& user, const std::string& order_id,
                                              size_t count) {
  std::vector<boost::json::value> found;
  wait_until([&] {
    found.clear();
    Reply list = shop().get("notification", "/api/notifications/user/" + user.id, bearer(user.token));
    if (!list.at("/data").is_array()) return false;
    bool settled = true;
    for (const boost::json::value& entry : list.at("/data").get_array()) {
      if (std::string(entry.at("description").as_string()).find(order_id) == std::string::npos) continue;
      found.push_back(entry);
      settled = settled && entry.at("status").as_string() != "pending";
    }
    return found.size() >= count && settled;
  });
  return found;
}

TEST(Orders, TwoProductsAreConfirmedPaidToTheCentTakenFromStockAndAnnouncedOnce) {
  Account buyer = shop().sign_up("two.products");
  std::string lamp = shop().product("19.99", 10, "Lamp"), book = shop().product("0.07", 100, "Book");
  Reply order = shop().order(buyer, {{lamp, 3}, {book, 7}});
  ASSERT_EQ(order.status, 201) << order;
  EXPECT_EQ(order.text("/success"), "true");
  EXPECT_EQ(order.text("/data/order/status"), "confirmed");
  EXPECT_EQ(order.text("/data/order/userId"), buyer.id);
  EXPECT_EQ(order.cents("/data/order/totalAmount"), 3 * 1999 + 7 * 7);
  EXPECT_THAT(order.body, HasSubstr(R"("totalAmount":60.46)"));
  ASSERT_EQ(order.size("/data/order/items"), 2u);
  EXPECT_EQ(order.text("/data/order/items/0/product/name"), "Lamp");
  EXPECT_EQ(order.cents("/data/order/items/0/price"), 1999);
  EXPECT_EQ(order.number("/data/order/items/0/quantity"), 3);
  EXPECT_EQ(order.text("/data/order/items/1/product/id"), book);
  EXPECT_EQ(shop().stock(lamp), 7);
  EXPECT_EQ(shop().stock(book), 93);

  std::string id = order.text("/data/order/id");
  Reply read = shop().get("order", "/api/orders/" + id, bearer(buyer.token));
  ASSERT_EQ(read.status, 200) << read;
  EXPECT_EQ(read.at("/data/order/items"), order.at("/data/order/items"));

  auto sent = confirmations(buyer, id, 1);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].at("status").as_string(), "sent") << sent[0];
  EXPECT_THAT(std::string(sent[0].at("description").as_string()), HasSubstr("60.46"));
  Reply mails = shop().mails_to(buyer.email);
  ASSERT_EQ(mails.status, 200) << mails;
  int about_the_order = 0;
  for (size_t i = 0; i < mails.size("/data/mails"); ++i)
    about_the_order += mails.text("/data/mails/" + std::to_string(i) + "/text").find(id) != std::string::npos;
  EXPECT_EQ(about_the_order, 1) << mails;
}

TEST(Orders, ThePriceIsTheOneOfTheMomentAndTheSameProductTwiceIsOneItem) {
  const Account& buyer = shop().user("price");
  std::string product = shop().product("10.00", 10);
  Reply order = shop().order(buyer, {{product, 1}, {product, 2}});
  ASSERT_EQ(order.status, 201) << order;
  EXPECT_EQ(order.size("/data/order/items"), 1u);
  EXPECT_EQ(order.number("/data/order/items/0/quantity"), 3);
  Reply raised =
      shop().put("product", "/api/products/" + product, R"({"price":11.5})", bearer(shop().admin().token));
  ASSERT_EQ(raised.status, 200) << raised;
  Reply read = shop().get("order", "/api/orders/" + order.text("/data/order/id"), bearer(buyer.token));
  EXPECT_EQ(read.cents("/data/order/items/0/price"), 1000) << read;
  EXPECT_EQ(read.cents("/data/order/items/0/product/price"), 1150) << read;
  EXPECT_EQ(read.cents("/data/order/totalAmount"), 3000);
}

TEST(Orders, AnUnknownProductIsNamedAndNothingIsStored) {
  Account buyer = shop().sign_up("unknown.product");
  std::string lamp = shop().product("5.00", 10);
  Reply reply = shop().order(buyer, {{lamp, 1}, {"no-such-product", 1}});
  EXPECT_EQ(reply.status, 404) << reply;
  EXPECT_THAT(reply.error(), HasSubstr("no-such-product"));
  EXPECT_EQ(reply.text("/success"), "false");
  EXPECT_EQ(shop().orders_of(buyer), 0u);
  EXPECT_EQ(shop().stock(lamp), 10);
}

TEST(Orders, TooLittleStockNamesProductAvailableAndRequested) {
  Account buyer = shop().sign_up("too.little");
  std::string lamp = shop().product("5.00", 10, "Plenty"), rare = shop().product("5.00", 2, "Rare thing");
  Reply reply = shop().order(buyer, {{lamp, 1}, {rare, 3}});
  EXPECT_EQ(reply.status, 409) << reply;
  EXPECT_EQ(reply.error(), "Insufficient stock for product Rare thing. Available: 2, Requested: 3");
  EXPECT_EQ(reply.text("/product"), "Rare thing");
  EXPECT_EQ(reply.text("/available"), "2");
  EXPECT_EQ(reply.text("/requested"), "3");
  EXPECT_EQ(shop().orders_of(buyer), 0u);
  EXPECT_EQ(shop().stock(lamp), 10);
  EXPECT_EQ(shop().stock(rare), 2);
}

TEST(Orders, AProductTakenOutOfTheCatalogueCannotBeOrderedButStaysInOldOrders) {
  const Account& buyer = shop().user("removed");
  std::string product = shop().product("4.00", 5);
  Reply order = shop().order(buyer, {{product, 1}});
  ASSERT_EQ(order.status, 201) << order;
  ASSERT_EQ(shop().remove("product", "/api/products/" + product, bearer(shop().admin().token)).status, 204);
  EXPECT_EQ(shop().order(buyer, {{product, 1}}).status, 404);
  Reply read = shop().get("order", "/api/orders/" + order.text("/data/order/id"), bearer(buyer.token));
  ASSERT_EQ(read.status, 200) << read;
  EXPECT_TRUE(read.at("/data/order/items/0/product").is_null()) << read;
  EXPECT_EQ(read.text("/data/order/items/0/name"), "Lamp");
}

TEST(Orders, ListedNewestFirstInPagesAndByStatus) {
  Account buyer = shop().sign_up("pages");
  std::string product = shop().product("1.00", 10);
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(shop().order(buyer, {{product, 1}}).text("/data/order/id"));
  Reply page = shop().get("order", "/api/orders?limit=2", bearer(buyer.token));
  ASSERT_EQ(page.status, 200) << page;
  ASSERT_EQ(page.size("/data/orders"), 2u);
  EXPECT_EQ(page.text("/data/orders/0/id"), ids[2]);
  EXPECT_EQ(page.text("/data/orders/1/id"), ids[1]);
  EXPECT_EQ(page.number("/data/pagination/total"), 3);
  Reply second = shop().get("order", "/api/orders?limit=2&page=2", bearer(buyer.token));
  ASSERT_EQ(second.size("/data/orders"), 1u) << second;
  EXPECT_EQ(second.text("/data/orders/0/id"), ids[0]);
  EXPECT_EQ(shop().get("order", "/api/orders?status=shipped", bearer(buyer.token)).size("/data/orders"), 0u);
}

TEST(Idempotency, ARepeatedKeyAnswersTheSameOrderAndBuysOnce) {
  Account buyer = shop().sign_up("again");
  std::string product = shop().product("2.50", 10);
  HeaderLines key = {"Idempotency-Key: the-same-click"};
  Reply first = shop().order(buyer, {{product, 2}}, key);
  ASSERT_EQ(first.status, 201) << first;
  Reply second = shop().order(buyer, {{product, 2}}, key);
  EXPECT_EQ(second.status, 201) << second;
  EXPECT_EQ(second.text("/data/order/id"), first.text("/data/order/id"));
  EXPECT_EQ(shop().stock(product), 8);
  EXPECT_EQ(shop().orders_of(buyer), 1u);

  Reply other = shop().order(buyer, {{product, 3}}, key);
  EXPECT_EQ(other.status, 422) << other;
  // The key is the user's own: somebody else's order is not answered.
  Reply foreign = shop().order(shop().user("someone.else"), {{product, 2}}, key);
  EXPECT_EQ(foreign.status, 201) << foreign;
  EXPECT_NE(foreign.text("/data/order/id"), first.text("/data/order/id"));
  EXPECT_EQ(shop().order(buyer, {{product, 1}}, {"Idempotency-Key: " + std::string(256, 'k')}).status, 400);
}

TEST(Correlation, AnIdIsEchoedCreatedAndReplacedWhenItIsNotAcceptable) {
  for (const char* where : {"gateway", "product"}) {
    Reply echoed = shop().get(where, "/api/products", {"X-Correlation-Id: mine-123.a_b"});
    EXPECT_EQ(echoed.header("x-correlation-id"), "mine-123.a_b");
    Reply created = shop().get(where, "/api/products");
    EXPECT_EQ(created.header("x-correlation-id").size(), 36u);
    Reply replaced = shop().get(where, "/api/products", {"X-Correlation-Id: <script>alert(1)</script>"});
    EXPECT_EQ(replaced.header("x-correlation-id").size(), 36u);
    Reply refused = shop().get(where, "/api/products/none", {"X-Correlation-Id: in-error"});
    EXPECT_EQ(refused.text("/correlationId"), "in-error") << refused;
  }
}

TEST(Correlation, OnePurchaseIsFollowedThroughTheServicesByOneId) {
  const Account& buyer = shop().user("followed");
  std::string product = shop().product("1.00", 5);
  HeaderLines headers = bearer(buyer.token);
  headers.push_back("X-Correlation-Id: follow-me-42");
  Reply order = shop().post("gateway", "/api/orders", order_body({{product, 1}}), headers);
  ASSERT_EQ(order.status, 201) << order;
  EXPECT_EQ(order.header("x-correlation-id"), "follow-me-42");
  bool logged = wait_until([&] {
    std::string log = shop().log();
    return log.find(R"("service":"gateway","message":"request","correlationId":"follow-me-42")") != log.npos;
  });
  EXPECT_TRUE(logged);
}

}  // namespace
}  // namespace portico::test
