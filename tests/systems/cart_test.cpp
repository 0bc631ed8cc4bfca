// The cart: prices of the catalogue, one row a product, emptied only by what was ordered.
#include <gtest/gtest.h>

#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

Reply add(const Account& user, const std::string& product, const std::string& quantity) {
  return shop().post("order", "/api/cart",
                     R"({"productId":)" + json_text(product) + R"(,"quantity":)" + quantity + "}",
                     bearer(user.token));
}

Reply read(const Account& user) { return shop().get("order", "/api/cart", bearer(user.token)); }

TEST(Cart, TheSameProductAddsUpAtThePriceOfTheCatalogue) {
  Account user = shop().sign_up("cart");
  std::string lamp = shop().product("19.99", 10, "Lamp"), book = shop().product("5.50", 10, "Book");
  Reply added = add(user, lamp, "1");
  ASSERT_EQ(added.status, 201) << added;
  EXPECT_EQ(added.cents("/data/item/price"), 1999);
  EXPECT_EQ(add(user, lamp, "2").number("/data/item/quantity"), 3);
  ASSERT_EQ(add(user, book, "1").status, 201);
  ASSERT_EQ(
      shop().put("product", "/api/products/" + book, R"({"price":6})", bearer(shop().admin().token)).status,
      200);
  Reply cart = read(user);
  ASSERT_EQ(cart.status, 200) << cart;
  ASSERT_EQ(cart.size("/data/cart/items"), 2u);
  EXPECT_EQ(cart.cents("/data/cart/items/0/subtotal"), 3 * 1999);
  EXPECT_EQ(cart.cents("/data/cart/items/1/price"), 600);
  EXPECT_EQ(cart.cents("/data/cart/total"), 3 * 1999 + 600);
}

TEST(Cart, WhatIsNotThereOrNotANumberIsRefused) {
  const Account& user = shop().user("cart.refused");
  std::string product = shop().product("1.00", 10);
  EXPECT_EQ(add(user, "unknown", "1").status, 404);
  for (const char* quantity : {"0", "-1", "1.5", "1000001", "\"1\"", "null", "[]"})
    EXPECT_EQ(add(user, product, quantity).status, 400) << quantity;
  EXPECT_EQ(read(user).size("/data/cart/items"), 0u);
  EXPECT_EQ(shop().get("order", "/api/cart").status, 401);
}

TEST(Cart, ForeignRowsAreNotTouched) {
  Account owner = shop().sign_up("cart.owner"), other = shop().sign_up("cart.other");
  std::string product = shop().product("1.00", 10);
  std::string row = add(owner, product, "2").text("/data/item/id");
  Reply foreign = shop().put("order", "/api/cart/" + row, R"({"quantity":9})", bearer(other.token));
  EXPECT_EQ(foreign.status, 403) << foreign;
  EXPECT_EQ(shop().remove("order", "/api/cart/product/" + product, bearer(other.token)).status, 404);
  EXPECT_EQ(shop().remove("order", "/api/cart", bearer(other.token)).status, 200);
  EXPECT_EQ(read(owner).number("/data/cart/items/0/quantity"), 2);

  Reply changed = shop().put("order", "/api/cart/" + row, R"({"quantity":4})", bearer(owner.token));
  ASSERT_EQ(changed.status, 200) << changed;
  EXPECT_EQ(changed.number("/data/item/quantity"), 4);
  EXPECT_EQ(shop().put("order", "/api/cart/unknown", R"({"quantity":4})", bearer(owner.token)).status, 404);
  EXPECT_EQ(shop().remove("order", "/api/cart/product/" + product, bearer(owner.token)).status, 200);
  EXPECT_EQ(read(owner).size("/data/cart/items"), 0u);
}

TEST(Cart, CheckoutEmptiesItOnlyWhenTheOrderStands) {
  Account user = shop().sign_up("checkout");
  HeaderLines token = bearer(user.token);
  Reply empty = shop().post("order", "/api/cart/checkout", "", token);
  EXPECT_EQ(empty.status, 400) << empty;

  std::string plenty = shop().product("2.25", 10, "Plenty"), rare = shop().product("1.00", 1, "Rare");
  ASSERT_EQ(add(user, plenty, "2").status, 201);
  ASSERT_EQ(add(user, rare, "2").status, 201);
  Reply refused = shop().post("order", "/api/cart/checkout", "", token);
  EXPECT_EQ(refused.status, 409) << refused;
  EXPECT_EQ(read(user).size("/data/cart/items"), 2u);
  EXPECT_EQ(shop().stock(plenty), 10);

  ASSERT_EQ(shop().remove("order", "/api/cart/product/" + rare, token).status, 200);
  Reply order = shop().post("order", "/api/cart/checkout", "", token);
  ASSERT_EQ(order.status, 201) << order;
  EXPECT_EQ(order.text("/data/order/status"), "confirmed");
  EXPECT_EQ(order.cents("/data/order/totalAmount"), 450);
  EXPECT_EQ(read(user).size("/data/cart/items"), 0u);
  EXPECT_EQ(shop().stock(plenty), 8);
  EXPECT_EQ(shop().orders_of(user), 1u);
}

}  // namespace
}  // namespace portico::test
