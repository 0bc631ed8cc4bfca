// Members that a client must not set have no effect when it sends them all the same.
#include <gtest/gtest.h>

#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

// Everything the entities know, with values that would show.
constexpr const char* protected_members =
    R"("id":"chosen-id","_id":"chosen-id","userId":"chosen-user","user_id":"chosen-user","role":"admin",)"
    R"("status":"delivered","totalAmount":0.01,"total_amount":0.01,"price":0.01,"currency":"ZZZ",)"
    R"("failureReason":"chosen","idempotencyKey":"chosen-key","createdAt":"2001-01-01T00:00:00.000Z",)"
    R"("updatedAt":"2001-01-01T00:00:00.000Z","passwordHash":"x","password_hash":"x","sessions":99,)"
    R"("isRead":true,"readAt":"2001-01-01T00:00:00.000Z","sentAt":"2001-01-01T00:00:00.000Z",)"
    R"("externalId":"chosen","errorMessage":"chosen","version":99,"active":false,"state":"committed",)"
    R"("__proto__":{"role":"admin"},"constructor":{"prototype":{"role":"admin"}})";

std::string with_protected(const std::string& members) {
  return "{" + members + "," + protected_members + "}";
}

void expect_untouched(const Reply& reply, const std::string& at) {
  EXPECT_NE(reply.text(at + "/id"), "chosen-id") << reply;
  EXPECT_NE(reply.text(at + "/createdAt").substr(0, 4), "2001") << reply;
  EXPECT_NE(reply.text(at + "/updatedAt").substr(0, 4), "2001") << reply;
}

TEST(MassAssignment, RegistrationAndProfile) {
  Reply reply = shop().post("user", "/api/users/register",
                            with_protected(R"("firstName":"Max","lastName":"Mass","email":"mass@shop.test",)"
                                           R"("password":"long enough 1")"));
  ASSERT_EQ(reply.status, 201) << reply;
  EXPECT_EQ(reply.text("/data/user/role"), "user");
  expect_untouched(reply, "/data/user");
  std::string id = reply.text("/data/user/id");
  HeaderLines token = bearer(reply.text("/data/token"));

  Reply changed = shop().put("user", "/api/users/profile",
                             with_protected(R"("firstName":"Maximilian","email":"other@shop.test")"), token);
  ASSERT_EQ(changed.status, 200) << changed;
  EXPECT_EQ(changed.text("/data/user/id"), id);
  EXPECT_EQ(changed.text("/data/user/role"), "user");
  EXPECT_EQ(changed.text("/data/user/email"), "mass@shop.test");
  expect_untouched(changed, "/data/user");
  EXPECT_EQ(shop().get("order", "/api/admin/orders", token).status, 403);
}

TEST(MassAssignment, CatalogueAndStock) {
  std::string member = R"("name":"Mass product","stock":5,"categoryId":")" + shop().category() + "\"";
  // The price of the protected members is one that a product may have; what counts is the last of two.
  Reply created = shop().post("product", "/api/products",
                              "{" + member +
                                  R"(,"price":2.5,"id":"chosen-id","active":false,)"
                                  R"("createdAt":"2001-01-01T00:00:00Z"})",
                              internal_key());
  ASSERT_EQ(created.status, 201) << created;
  expect_untouched(created, "/data/product");
  EXPECT_EQ(created.text("/data/product/active"), "true");
  std::string id = created.text("/data/product/id"), other = shop().product("7.00", 7);

  // The path says which one; an id in the body is not another way to say it.
  Reply changed = shop().put("product", "/api/products/" + id,
                             R"({"id":")" + other + R"(","name":"Renamed"})", bearer(shop().admin().token));
  ASSERT_EQ(changed.status, 200) << changed;
  EXPECT_EQ(changed.text("/data/product/id"), id);
  EXPECT_EQ(shop().get("product", "/api/products/" + other).text("/data/product/name"), "Lamp");
  Reply moved = shop().put("product", "/api/products/" + id + "/stock",
                           R"({"id":")" + other + R"(","quantity":-1,"stock":1000})", internal_key());
  ASSERT_EQ(moved.status, 200) << moved;
  EXPECT_EQ(shop().stock(id), 4);
  EXPECT_EQ(shop().stock(other), 7);
}

TEST(MassAssignment, OrdersAndCarts) {
  Account user = shop().sign_up("mass.order");
  const Account& victim = shop().user("mass.victim");
  std::string product = shop().product("10.00", 50);
  std::string item =
      R"({"productId":")" + product + R"(","quantity":2,"price":0.01,"name":"x","status":"confirmed"})";
  Reply order =
      shop().post("order", "/api/orders", with_protected(R"("items":[)" + item + "]"), bearer(user.token));
  ASSERT_EQ(order.status, 201) << order;
  expect_untouched(order, "/data/order");
  EXPECT_EQ(order.text("/data/order/userId"), user.id);
  EXPECT_EQ(order.text("/data/order/status"), "confirmed");
  EXPECT_EQ(order.text("/data/order/currency"), "USD");
  EXPECT_EQ(order.cents("/data/order/totalAmount"), 2000);
  EXPECT_EQ(order.cents("/data/order/items/0/price"), 1000);
  EXPECT_EQ(order.text("/data/order/items/0/name"), "Lamp");

  Reply row = shop().post("order", "/api/cart",
                          R"({"productId":")" + product + R"(","quantity":1,"price":0.01,"userId":")" +
                              victim.id + R"(","id":"chosen-id"})",
                          bearer(user.token));
  ASSERT_EQ(row.status, 201) << row;
  EXPECT_EQ(row.text("/data/item/userId"), user.id);
  EXPECT_EQ(row.cents("/data/item/price"), 1000);
  expect_untouched(row, "/data/item");
  Reply changed = shop().put("order", "/api/cart/" + row.text("/data/item/id"),
                             R"({"quantity":2,"userId":")" + victim.id + R"(","price":0.01,"productId":"x"})",
                             bearer(user.token));
  ASSERT_EQ(changed.status, 200) << changed;
  EXPECT_EQ(changed.text("/data/item/userId"), user.id);
  EXPECT_EQ(changed.text("/data/item/productId"), product);
  EXPECT_EQ(changed.cents("/data/item/price"), 1000);

  std::string id = order.text("/data/order/id");
  std::string other = shop().order(victim, {{product, 1}}).text("/data/order/id");
  Reply moved = shop().put("order", "/api/orders/" + id + "/status",
                           R"({"id":")" + other + R"(","status":"processing","totalAmount":0})",
                           bearer(shop().admin().token));
  ASSERT_EQ(moved.status, 200) << moved;
  EXPECT_EQ(moved.text("/data/order/id"), id);
  EXPECT_EQ(moved.cents("/data/order/totalAmount"), 2000);
  EXPECT_EQ(shop().get("order", "/api/orders/" + other, bearer(victim.token)).text("/data/order/status"),
            "confirmed");
  // Nor does an id in the body of a cancellation reach a foreign order.
  Reply cancelled = shop().post("order", "/api/orders/" + id + "/cancel", R"({"id":")" + other + R"("})",
                                bearer(user.token));
  ASSERT_EQ(cancelled.status, 200) << cancelled;
  EXPECT_EQ(shop().get("order", "/api/orders/" + other, bearer(victim.token)).text("/data/order/status"),
            "confirmed");
}

TEST(MassAssignment, Notifications) {
  const Account& user = shop().user("mass.notified");
  Reply created =
      shop().post("notification", "/api/notifications",
                  R"({"userId":")" + user.id +
                      R"(","title":"t","description":"d","notificationType":"in_app","id":"chosen-id",)"
                      R"("isRead":true,"readAt":"2001-01-01T00:00:00Z","status":"sent","externalId":"e",)"
                      R"("sentAt":"2001-01-01T00:00:00Z","createdAt":"2001-01-01T00:00:00Z"})",
                  internal_key());
  ASSERT_EQ(created.status, 201) << created;
  expect_untouched(created, "/data");
  EXPECT_EQ(created.text("/data/isRead"), "false");
  EXPECT_EQ(created.text("/data/status"), "pending");
  EXPECT_TRUE(created.at("/data/readAt").is_null());
  EXPECT_TRUE(created.at("/data/sentAt").is_null());
  EXPECT_TRUE(created.at("/data/externalId").is_null());
}

}  // namespace
}  // namespace portico::test
