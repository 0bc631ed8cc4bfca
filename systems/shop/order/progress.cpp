// What becomes of an order that was placed.
#include "systems/shop/order/orders.h"

namespace shop::order {

Task<OrderView> Orders::change_status(Call& call, StatusChange input) {
  if (input.status == OrderStatus::cancelled) {
    Cancellation cancellation{.id = input.id};
    co_return co_await cancel(call, std::move(cancellation));
  }
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    std::optional<Order> order = co_await in_.orders.find(unit, input.id);
    if (!order) throw Error(not_found, "order.unknown", "Order " + input.id.value + " not found");
    if (!may_become(order->status, input.status))
      throw Error(conflict, "order.transition",
                  "An order cannot go from " + std::string(schema::label_of(order->status)) + " to " +
                      std::string(schema::label_of(input.status)));
    co_await in_.orders.change(unit, input.id, set(&Order::status, input.status),
                               set(&Order::updated_at, call.now()), where(&Order::status) == order->status);
    if (input.status == OrderStatus::shipped) unit.publish(OrderShipped{order->id, order->user_id});
  });
  co_return co_await read(call, {input.id});
}

Task<OrderView> Orders::cancel(Call& call, Cancellation input) {
  Order order = co_await own(call, input.id);
  Query query{.filter = where(&OrderItem::order_id) == order.id, .limit = items_max};
  Page<OrderItem> items = co_await in_.items.list(call, query);
  std::string reason = input.reason ? std::string(*input.reason) : "Cancelled on request";
  Text<1, 500> text = reason;
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    std::optional<Order> present = co_await in_.orders.find(unit, order.id);
    if (present && present->status == OrderStatus::pending)
      throw Error(conflict, "order.transition", "The order is still being placed");
    if (!present || !may_become(present->status, OrderStatus::cancelled))
      throw Error(
          conflict, "order.transition",
          "An order that is " + std::string(schema::label_of(present->status)) + " cannot be cancelled");
    co_await in_.orders.change(unit, order.id, set(&Order::status, OrderStatus::cancelled),
                               set(&Order::failure_reason, text), set(&Order::updated_at, call.now()));
    co_await in_.items.update_all(unit, where(&OrderItem::order_id) == order.id,
                                  {set(&OrderItem::status, ItemStatus::cancelled)});
    OrderCancelled event{.order_id = order.id,
                         .customer_id = order.user_id,
                         .reason = reason,
                         .refund_amount = order.total_amount,
                         .items = lines_of(items.items)};
    unit.publish(event);
    co_await sagas_.start(unit, cancelling_, order.id.value);
  });
  co_await sagas_.run(call, cancelling_, order.id.value, std::make_shared<Cancelled>(order.id));
  co_return co_await read(call, {input.id});
}

Task<std::shared_ptr<Orders::Cancelled>> Orders::load_cancelled(Call&, std::string id) {
  co_return std::make_shared<Cancelled>(Id<Order>{std::move(id)});
}

Task<void> Orders::return_stock(Call& call, Cancelled& order) {
  co_await neighbours_.products.release(call, {{order.id.value}});
}

}  // namespace shop::order
