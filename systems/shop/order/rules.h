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

// What the customer reads: "Your order #… has been created successfully. Total: $59.98"
std::string confirmation_text(const Order& order);

}  // namespace shop::order
