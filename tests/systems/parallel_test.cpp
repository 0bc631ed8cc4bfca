// The same thing asked for several times at once: it happens once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <thread>

#include "tests/systems/process.h"
#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

constexpr int at_once = 12;

// The answers to the same request from as many clients at once.
std::vector<Reply> all_at_once(const std::function<Reply(Http& http)>& ask) {
  std::vector<Reply> replies;
  std::mutex mutex;
  std::vector<std::thread> running;
  for (int i = 0; i < at_once; ++i)
    running.emplace_back([&] {
      Http http;
      Reply reply = ask(http);
      std::lock_guard lock(mutex);
      replies.push_back(std::move(reply));
    });
  for (std::thread& thread : running) thread.join();
  return replies;
}

int count(const std::vector<Reply>& replies, int status) {
  int found = 0;
  for (const Reply& reply : replies) found += reply.status == status;
  return found;
}

void expect_only(const std::vector<Reply>& replies, std::initializer_list<int> statuses) {
  for (const Reply& reply : replies) EXPECT_THAT(statuses, ::testing::Contains(reply.status)) << reply;
}

TEST(Parallel, AnAddressIsRegisteredOnce) {
  std::string url = shop().url("user") + "/api/users/register";
  std::vector<Reply> replies = all_at_once([&](Http& http) {
    return http.send(
        "POST", url,
        R"({"firstName":"At","lastName":"Once","email":"at.once@shop.test","password":"long enough 1"})");
  });
  EXPECT_EQ(count(replies, 201), 1);
  expect_only(replies, {201, 409});
}

TEST(Parallel, AnIdempotencyKeyBuysOnce) {
  Account buyer = shop().sign_up("parallel.key");
  std::string product = shop().product("1.00", 100), url = shop().url("order") + "/api/orders";
  HeaderLines headers = bearer(buyer.token);
  headers.push_back("Idempotency-Key: parallel-click");
  std::vector<Reply> replies =
      all_at_once([&](Http& http) { return http.send("POST", url, order_body({{product, 2}}), headers); });
  expect_only(replies, {201, 409});
  EXPECT_GE(count(replies, 201), 1);
  std::string id;
  for (const Reply& reply : replies) {
    if (reply.status != 201) continue;
    if (id.empty()) id = reply.text("/data/order/id");
    EXPECT_EQ(reply.text("/data/order/id"), id);
  }
  EXPECT_EQ(shop().stock(product), 98);
  EXPECT_EQ(shop().orders_of(buyer), 1u);
}

TEST(Parallel, TheSameProductPutIntoTheCartAddsUp) {
  Account user = shop().sign_up("parallel.cart");
  std::string product = shop().product("1.00", 100), url = shop().url("order") + "/api/cart";
  std::vector<Reply> replies = all_at_once([&](Http& http) {
    return http.send("POST", url, R"({"productId":")" + product + R"(","quantity":1})", bearer(user.token));
  });
  expect_only(replies, {201});
  Reply cart = shop().get("order", "/api/cart", bearer(user.token));
  ASSERT_EQ(cart.size("/data/cart/items"), 1u) << cart;
  EXPECT_EQ(cart.number("/data/cart/items/0/quantity"), at_once);
}

TEST(Parallel, ACartIsCheckedOutOnce) {
  Account user = shop().sign_up("parallel.checkout");
  std::string product = shop().product("1.00", 100), url = shop().url("order") + "/api/cart/checkout";
  Reply added = shop().post("order", "/api/cart", R"({"productId":")" + product + R"(","quantity":3})",
                            bearer(user.token));
  ASSERT_EQ(added.status, 201) << added;
  std::vector<Reply> replies =
      all_at_once([&](Http& http) { return http.send("POST", url, "", bearer(user.token)); });
  expect_only(replies, {201, 400, 409});
  EXPECT_EQ(shop().stock(product), 97);
  EXPECT_EQ(shop().orders_of(user), 1u);
}

TEST(Parallel, AnOrderIsCancelledOnceAndItsStockComesBackOnce) {
  Account buyer = shop().sign_up("parallel.cancel");
  std::string product = shop().product("1.00", 10);
  std::string id = shop().order(buyer, {{product, 4}}).text("/data/order/id");
  std::string url = shop().url("order") + "/api/orders/" + id + "/cancel";
  std::vector<Reply> replies =
      all_at_once([&](Http& http) { return http.send("POST", url, "{}", bearer(buyer.token)); });
  EXPECT_EQ(count(replies, 200), 1);
  expect_only(replies, {200, 409});
  EXPECT_TRUE(wait_until([&] { return shop().stock(product) == 10; })) << shop().stock(product);
}

TEST(Parallel, AnOrderIsEitherShippedOrCancelled) {
  Account buyer = shop().sign_up("parallel.ship");
  const Account& admin = shop().admin();
  for (int round = 0; round < 5; ++round) {
    std::string product = shop().product("1.00", 10);
    std::string path = "/api/orders/" + shop().order(buyer, {{product, 4}}).text("/data/order/id");
    ASSERT_EQ(shop().put("order", path + "/status", R"({"status":"processing"})", bearer(admin.token)).status,
              200);
    Reply shipped, cancelled;
    std::thread other([&] {
      shipped = Http().send("PUT", shop().url("order") + path + "/status", R"({"status":"shipped"})",
                            bearer(admin.token));
    });
    cancelled = Http().send("POST", shop().url("order") + path + "/cancel", "{}", bearer(buyer.token));
    other.join();
    EXPECT_EQ(shipped.status + cancelled.status, 200 + 409) << shipped << cancelled;
    std::string status = shop().get("order", path, bearer(buyer.token)).text("/data/order/status");
    EXPECT_EQ(status, shipped.status == 200 ? "shipped" : "cancelled");
  }
}

// The reason of a refusal holds the product's name; however long it is, the order comes to its end.
TEST(Parallel, OrdersOfAProductWithALongNameOfManyBytesAreUndone) {
  std::string name;
  for (int i = 0; i < 255; ++i) name += "\xf0\x9f\x8d\xb5";  // U+1F375, four bytes
  std::string plenty = shop().product("1.00", 1000, "Plenty"), scarce = shop().product("1.00", 3, name);
  Account buyer = shop().sign_up("parallel.long");
  std::string url = shop().url("order") + "/api/orders";
  std::vector<Reply> replies = all_at_once([&](Http& http) {
    return http.send("POST", url, order_body({{plenty, 1}, {scarce, 1}}), bearer(buyer.token));
  });
  EXPECT_EQ(count(replies, 201), 3);
  expect_only(replies, {201, 409});
  Reply orders = shop().get("order", "/api/orders?status=pending", bearer(buyer.token));
  EXPECT_EQ(orders.number("/data/pagination/total"), 0) << orders;
  EXPECT_EQ(shop().stock(plenty), 997);
}

}  // namespace
}  // namespace portico::test
