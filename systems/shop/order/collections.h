// What the order service stores.
#pragma once

#include "portico/store/store.h"
#include "systems/shop/order/api.h"

namespace shop::order {

struct Collections {
  explicit Collections(Store& store)
      : orders(store.collection<Order>({index(&Order::user_id, &Order::created_at),
                                        index(&Order::status, &Order::created_at),
                                        unique(&Order::user_id, &Order::idempotency_key)})),
        items(store.collection<OrderItem>({index(&OrderItem::order_id, &OrderItem::product_id)})),
        cart(store.collection<CartItem>({unique(&CartItem::user_id, &CartItem::product_id)})) {}

  Collection<Order> orders;
  Collection<OrderItem> items;
  Collection<CartItem> cart;
};

inline constexpr size_t items_max = 100;       // of an order
inline constexpr size_t cart_items_max = 100;  // of a cart: what an order can take

}  // namespace shop::order
