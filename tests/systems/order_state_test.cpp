// What becomes of an order: who may see and move it, and how.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/systems/process.h"
#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

using ::testing::HasSubstr;

Reply move(const std::string& id, const std::string& status, const Account& by) {
  return shop().put("order", "/api/orders/" + id + "/status", R"({"status":")" + status + R"("})",
                    bearer(by.token));
}

std::string new_order(const Account& buyer, const std::string& product, int quantity = 1) {
  Reply order = shop().order(buyer, {{product, quantity}});
  EXPECT_EQ(order.status, 201) << order;
  return order.text("/data/order/id");
}

TEST(OrderState, OnlyTheOwnerAndTheAdministratorReadAnOrder) {
  const Account& owner = shop().user("owner");
  std::string id = new_order(owner, shop().product("1.00", 5));
  EXPECT_EQ(shop().get("order", "/api/orders/" + id, bearer(owner.token)).status, 200);
  EXPECT_EQ(shop().get("order", "/api/orders/" + id, bearer(shop().admin().token)).status, 200);
  Reply foreign = shop().get("order", "/api/orders/" + id, bearer(shop().user("stranger").token));
  EXPECT_EQ(foreign.status, 403) << foreign;
  EXPECT_EQ(shop().get("order", "/api/orders/" + id).status, 401);
  EXPECT_EQ(shop().get("order", "/api/orders/unknown", bearer(owner.token)).status, 404);
}

TEST(OrderState, OnlyTheAdministratorMovesAnOrderAndOnlyForward) {
  const Account& owner = shop().user("owner");
  const Account& admin = shop().admin();
  std::string id = new_order(owner, shop().product("1.00", 5));
  EXPECT_EQ(move(id, "processing", owner).status, 403);
  Reply jump = move(id, "delivered", admin);
  EXPECT_EQ(jump.status, 409) << jump;
  EXPECT_THAT(jump.error(), HasSubstr("confirmed"));
  EXPECT_THAT(jump.error(), HasSubstr("delivered"));
  for (const char* status : {"processing", "shipped", "delivered"}) {
    Reply moved = move(id, status, admin);
    ASSERT_EQ(moved.status, 200) << moved;
    EXPECT_EQ(moved.text("/data/order/status"), status);
  }
  for (const char* status : {"pending", "confirmed", "processing", "shipped", "delivered", "cancelled"})
    EXPECT_EQ(move(id, status, admin).status, 409) << status;
  EXPECT_EQ(move(id, "lost", admin).status, 400);
  EXPECT_EQ(move("unknown", "shipped", admin).status, 404);
}

TEST(OrderState, CancellingGivesTheStockBackOnce) {
  Account owner = shop().sign_up("canceller");
  std::string product = shop().product("2.00", 5);
  std::string id = new_order(owner, product, 2);
  EXPECT_EQ(shop().stock(product), 3);
  std::string path = "/api/orders/" + id + "/cancel";
  EXPECT_EQ(shop().post("order", path, "{}", bearer(shop().user("stranger").token)).status, 403);
  Reply cancelled = shop().post("order", path, R"({"reason":"Changed my mind"})", bearer(owner.token));
  ASSERT_EQ(cancelled.status, 200) << cancelled;
  EXPECT_EQ(cancelled.text("/data/order/status"), "cancelled");
  EXPECT_EQ(cancelled.text("/data/order/failureReason"), "Changed my mind");
  EXPECT_TRUE(wait_until([&] { return shop().stock(product) == 5; })) << shop().stock(product);
  EXPECT_EQ(shop().post("order", path, "{}", bearer(owner.token)).status, 409);

  // A later cancellation of another order has come through: no second restock of the first is on its way.
  std::string other = new_order(owner, product, 1);
  ASSERT_EQ(shop().post("order", "/api/orders/" + other + "/cancel", "{}", bearer(owner.token)).status, 200);
  EXPECT_TRUE(wait_until([&] { return shop().stock(product) == 5; })) << shop().stock(product);
}

TEST(OrderState, WhatIsShippedIsNotCancelled) {
  const Account& owner = shop().user("owner");
  std::string id = new_order(owner, shop().product("1.00", 5));
  ASSERT_EQ(move(id, "processing", shop().admin()).status, 200);
  ASSERT_EQ(move(id, "shipped", shop().admin()).status, 200);
  Reply refused = shop().post("order", "/api/orders/" + id + "/cancel", "{}", bearer(owner.token));
  EXPECT_EQ(refused.status, 409) << refused;
}

TEST(OrderState, TheAdministratorListsAllOrdersAndFiltersThem) {
  Account owner = shop().sign_up("listed");
  std::string id = new_order(owner, shop().product("1.00", 5));
  HeaderLines admin = bearer(shop().admin().token);
  Reply own = shop().get("order", "/api/admin/orders?userId=" + owner.id, admin);
  ASSERT_EQ(own.status, 200) << own;
  ASSERT_EQ(own.size("/data/orders"), 1u);
  EXPECT_EQ(own.text("/data/orders/0/id"), id);
  EXPECT_EQ(shop()
                .get("order", "/api/admin/orders?userId=" + owner.id + "&status=shipped", admin)
                .size("/data/orders"),
            0u);
  EXPECT_EQ(shop().get("order", "/api/admin/orders?from=2999-01-01T00:00:00Z", admin).size("/data/orders"),
            0u);
  EXPECT_EQ(shop().get("order", "/api/admin/orders", bearer(owner.token)).status, 403);
}

}  // namespace
}  // namespace portico::test
