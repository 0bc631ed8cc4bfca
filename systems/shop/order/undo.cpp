// Undoing what placing an order has begun.
#include "systems/shop/order/place.h"

namespace shop::order {
namespace {

constexpr Duration abandoned_after = std::chrono::minutes(1);
constexpr size_t recovered_at_once_max = 100;

}  // namespace

Task<void> Placing::undo(Call& call, Order order, std::vector<OrderItem> items, std::string reason,
                         bool out_of_stock) {
  // Enough time of its own: the customer's deadline may be what has failed.
  Call cleanup = call.detached_as(call.service(), call.runtime().steady() + std::chrono::seconds(10));
  try {
    co_await return_stock(cleanup, neighbours_.products, items);
    Text<1, 500> text = shortened(std::move(reason), 500);
    co_await store_.write(cleanup, [&](Unit& unit) -> Task<void> {
      // A cart that could not be ordered may be tried again: its key names no order then.
      auto key = is_cart_key(order.idempotency_key) ? std::nullopt : order.idempotency_key;
      co_await in_.orders.change(unit, order.id, set(&Order::status, OrderStatus::cancelled),
                                 set(&Order::failure_reason, text), set(&Order::idempotency_key, key),
                                 set(&Order::updated_at, call.now()),
                                 where(&Order::status) == OrderStatus::pending);
      ItemStatus status = out_of_stock ? ItemStatus::out_of_stock : ItemStatus::cancelled;
      co_await in_.items.update_all(unit, where(&OrderItem::order_id) == order.id,
                                    {set(&OrderItem::status, status)});
    });
  } catch (const Error& error) {
    cleanup.log().failure(cleanup, "order left for recovery", error, {{"orderId", order.id.value}});
  }
}

Task<void> return_stock(Call& call, const Client<product::Api>& products, std::vector<OrderItem> items) {
  for (const OrderItem& item : items) {
    product::StockChange change{
        .id = item.product_id, .quantity = int64_t(item.quantity), .order_id = item.order_id};
    co_await products.change_stock(call, std::move(change));
  }
}

Task<void> Placing::recover(Call& call) {
  Query query{.filter = where(&Order::status) == OrderStatus::pending &&
                        where(&Order::created_at) < call.now() - abandoned_after,
              .limit = recovered_at_once_max};
  Page<Order> abandoned = co_await in_.orders.list(call, query);
  for (const Order& order : abandoned.items) {
    Query of_order{.filter = where(&OrderItem::order_id) == order.id, .limit = items_max};
    Page<OrderItem> items = co_await in_.items.list(call, of_order);
    co_await undo(call, order, std::move(items.items), "The order was interrupted", false);
  }
}

}  // namespace shop::order
