// The steps of placing an order. Each may be repeated.
#include "portico/base/planted.h"
#include "systems/shop/order/place.h"

namespace shop::order {
namespace {

constexpr Duration left_after = std::chrono::minutes(10);
constexpr size_t adopted_at_once_max = 100;

}  // namespace

Placing::Placing(ServiceParts& parts, const Collections& collections, const OrderNeighbours& neighbours)
    : store_(parts.store()),
      sagas_(parts.sagas()),
      in_(collections),
      neighbours_(neighbours),
      hold_seconds_(
          std::chrono::duration_cast<std::chrono::seconds>(parts.config().duration("order.reservation_hold"))
              .count()),
      saga_(sagas_.add(Saga<Draft, Placing>("order.place", version(1), this)
                           .loads(&Placing::load)
                           .step("reserve", &Placing::reserve, &Placing::release)
                           .step("commit", &Placing::commit)
                           .pivot("confirm", &Placing::confirm)
                           .later("notify", &Placing::notify)
                           .undone(&Placing::cancel))) {}

Task<std::shared_ptr<Draft>> Placing::load(Call& call, std::string id) {
  std::optional<Order> order = co_await in_.orders.find(call, Id<Order>{std::move(id)});
  if (!order) co_return nullptr;
  Query query{.filter = where(&OrderItem::order_id) == order->id, .limit = items_max};
  Page<OrderItem> items = co_await in_.items.list(call, query);
  auto draft = std::make_shared<Draft>();
  draft->order = std::move(*order);
  draft->items = std::move(items.items);
  draft->products.resize(draft->items.size());
  co_return draft;
}

Task<void> Placing::reserve(Call& call, Draft& draft) {
  product::NewReservation wanted{.order_id = draft.order.id, .expires_in_seconds = hold_seconds_};
  for (const OrderItem& item : draft.items) wanted.items.push_back({item.product_id, item.quantity});
  product::ReservationView held = co_await neighbours_.products.reserve(call, std::move(wanted));
  for (const product::HeldItem& item : held.items)
    for (std::optional<Product>& product : draft.products)
      if (product && product->id == item.product_id) {
        product->stock = item.stock;
        product->updated_at = item.updated_at;
      }
}

Task<void> Placing::release(Call& call, Draft& draft) {
  if (planted(Plant::compensation_removed)) co_return;
  co_await neighbours_.products.release(call, {{draft.order.id.value}});
}

Task<void> Placing::commit(Call& call, Draft& draft) {
  co_await neighbours_.products.commit(call, {{draft.order.id.value}});
}

Task<void> Placing::confirm(Unit& unit, Draft& draft) {
  const Time now = unit.call().now();
  bool confirmed =
      co_await in_.orders.change(unit, draft.order.id, set(&Order::status, OrderStatus::confirmed),
                                 set(&Order::updated_at, now), where(&Order::status) == OrderStatus::pending);
  if (!confirmed) throw Error(conflict, "order.cancelled", "The order was cancelled meanwhile");
  co_await in_.items.update_all(unit, where(&OrderItem::order_id) == draft.order.id,
                                {set(&OrderItem::status, ItemStatus::confirmed)});
  draft.order.status = OrderStatus::confirmed;
  draft.order.updated_at = now;
  for (OrderItem& item : draft.items) item.status = ItemStatus::confirmed;
  unit.publish(OrderCreated{.order_id = draft.order.id,
                            .customer_id = draft.order.user_id,
                            .amount = draft.order.total_amount,
                            .currency = draft.order.currency,
                            .items = lines_of(draft.items),
                            .order_date = draft.order.created_at});
}

// One notification an order, however often it is asked for: the key says which.
Task<void> Placing::notify(Call& call, Draft& draft) {
  notification::NewNotification message{
      .user_id = draft.order.user_id,
      .title = "Order Confirmation",
      .description = confirmation_text(draft.order),
      .notification_type = notification::NotificationType::email,
      .template_name = "order-confirmation",
      .data = confirmation_data(draft.order, draft.items),
      .idempotency_key = Text<1, 200>("order-confirmation:" + draft.order.id.value)};
  if (planted(Plant::notification_key_without_order))
    message.idempotency_key = Text<1, 200>("order-confirmation:" + draft.order.user_id.value);
  std::optional<Error> failure;
  try {
    co_await neighbours_.notifications.send(call, std::move(message));
  } catch (const Error& error) {
    failure = error;
  }
  if (!failure) co_return;
  call.log().write(Level::warn, call, "notification failed (non-critical)",
                   {{"orderId", draft.order.id.value}, {"error", failure->reason()}});
  throw *failure;
}

// The order that could not be placed stays, with the reason.
Task<void> Placing::cancel(Unit& unit, Draft& draft, const Error& why) {
  Text<1, 500> reason = shortened(why.message(), 500);
  // A cart that could not be ordered may be tried again: its key names no order then.
  Filter still_pending = where(&Order::status) == OrderStatus::pending;
  if (planted(Plant::race_last_writer_wins)) still_pending = {};
  auto key = is_cart_key(draft.order.idempotency_key) ? std::nullopt : draft.order.idempotency_key;
  co_await in_.orders.change(unit, draft.order.id, set(&Order::status, OrderStatus::cancelled),
                             set(&Order::failure_reason, reason), set(&Order::idempotency_key, key),
                             set(&Order::updated_at, unit.call().now()), still_pending);
  bool out_of_stock = why.reason() == "stock.insufficient";
  ItemStatus status = out_of_stock ? ItemStatus::out_of_stock : ItemStatus::cancelled;
  co_await in_.items.update_all(unit, where(&OrderItem::order_id) == draft.order.id,
                                {set(&OrderItem::status, status)});
}

Task<void> Placing::adopt(Call& call) {
  Query query{.filter = where(&Order::status) == OrderStatus::pending &&
                        where(&Order::created_at) < call.now() - left_after,
              .limit = adopted_at_once_max};
  Page<Order> left = co_await in_.orders.list(call, query);
  if (left.items.empty()) co_return;
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    for (const Order& order : left.items) co_await sagas_.start(unit, saga_, order.id.value);
  });
}

}  // namespace shop::order
