// The rules of orders: pure functions.
#pragma once

#include <expected>
#include <vector>

#include "systems/shop/order/api.h"

namespace shop::order {

// One line a product, in the order of their first appearance; quantities of the same product add up.
std::vector<WantedItem> merged(const std::vector<WantedItem>& items);

// An order line at the price of now.
struct PricedItem {
  Product product;
  int64_t quantity = 1;
};

// Sum of price times quantity; nothing where it exceeds what an order can hold.
std::optional<Money> total_of(const std::vector<PricedItem>& items);

// pending -> confirmed -> processing -> shipped -> delivered; cancelled from the first three.
bool may_become(OrderStatus from, OrderStatus to);

// The order with its items, each with the product as it is given in `products` (by id) or null.
OrderView view_of(const Order& order, const std::vector<OrderItem>& items,
                  const std::vector<std::optional<Product>>& products);

std::vector<OrderLine> lines_of(const std::vector<OrderItem>& items);

// The Idempotency-Key of ordering a cart as it stands: the same until it is changed or ordered, so that a
// checkout asked for twice buys once. No client can send such a key.
std::string cart_key(const std::vector<CartItem>& items);
bool is_cart_key(const std::optional<Text<1, 255>>& key);

// At most `bytes_max` bytes of UTF-8, cut between characters.
std::string shortened(std::string text, size_t bytes_max);

// What the customer reads: "Your order #… has been created successfully. Total: $59.98"
std::string confirmation_text(const Order& order);
// The variables of the mail that says so, with as many items as fit a notification.
Json confirmation_data(const Order& order, const std::vector<OrderItem>& items);

}  // namespace shop::order
