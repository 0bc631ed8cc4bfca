// Placing an order that was asked for before.
#include <algorithm>

#include "portico/runtime/sometimes.h"
#include "systems/shop/order/place.h"

namespace shop::order {

// The order of an earlier request with the same Idempotency-Key: 422 when it asked for something else, 409
// while it runs.
Task<std::optional<OrderView>> Placing::placed_before(Call& call, const std::vector<WantedItem>& wanted) {
  if (call.idempotency_key.empty()) co_return std::nullopt;
  Text<1, 255> key = call.idempotency_key;
  std::optional<Order> order =
      co_await in_.orders.find(call, where(&Order::user_id) == Id<User>{call.caller().user_id} &&
                                         where(&Order::idempotency_key) == key);
  if (!order) co_return std::nullopt;
  Query query{.filter = where(&OrderItem::order_id) == order->id, .limit = items_max};
  Page<OrderItem> items = co_await in_.items.list(call, query);
  bool same = items.items.size() == wanted.size();
  for (const OrderItem& item : items.items)
    same = same && std::any_of(wanted.begin(), wanted.end(), [&](const WantedItem& w) {
             return w.product_id == item.product_id && w.quantity == item.quantity;
           });
  if (!same)
    throw Error(invalid, "idempotency.reused", "This Idempotency-Key was used for another order")
        .with_status(422);
  if (order->status == OrderStatus::pending) sometimes("order.key_running");
  if (order->status == OrderStatus::pending)
    throw Error(conflict, "idempotency.running",
                is_cart_key(key) ? "The cart is being ordered already"
                                 : "The first request with this Idempotency-Key is still running");
  if (order->status == OrderStatus::cancelled)
    throw Error(conflict, "order.cancelled", order->failure_reason.value_or("The order was cancelled"));
  sometimes("order.replayed");
  std::vector<Id<Product>> ids;
  for (const OrderItem& item : items.items) ids.push_back(item.product_id);
  auto products = co_await read_what_is_there(call, neighbours_.products, std::move(ids));
  co_return view_of(*order, items.items, products);
}

}  // namespace shop::order
