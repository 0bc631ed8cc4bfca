#include "systems/shop/order/place.h"

#include "portico/runtime/sync.h"

namespace shop::order {
Task<OrderView> Placing::place(Call& call, std::vector<WantedItem> wanted) {
  wanted = merged(wanted);
  for (const WantedItem& item : wanted)
    if (item.quantity > Int<1, 1'000'000>::max)
      throw Error::invalid_input({{"/items", "must not ask for more than 1000000 pieces of one product"}});
  User user = co_await neighbours_.users.profile(call);
  std::optional<OrderView> before = co_await placed_before(call, wanted);
  if (before) co_return *before;
  std::vector<PricedItem> priced = co_await price(call, wanted);
  Draft order = draft(call, user, priced);
  co_await store_pending(call, order);
  std::optional<Error> failure = co_await take_stock(call, order);
  if (failure) {
    bool out_of_stock = failure->reason() == "stock.insufficient";
    co_await undo(call, order.order, order.items, failure->message(), out_of_stock);
    throw *failure;
  }
  // Side by side, for neither depends on the other and each waits for a disk.
  Call notifying = call;
  std::vector<Task<void>> last;
  last.push_back(notify(notifying, order));
  last.push_back(confirm(call, order));
  co_await all(std::move(last));
  co_return view_of(order.order, order.items, order.products);
}

Task<std::vector<PricedItem>> Placing::price(Call& call, const std::vector<WantedItem>& wanted) {
  std::vector<Id<Product>> ids;
  for (const WantedItem& item : wanted) ids.push_back(item.product_id);
  std::vector<Product> products = co_await read_all(call, neighbours_.products, std::move(ids));
  std::vector<PricedItem> priced;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (products[i].stock < wanted[i].quantity)
      throw product::insufficient_stock(products[i], wanted[i].quantity);
    priced.push_back({std::move(products[i]), wanted[i].quantity});
  }
  if (priced.front().product.currency.size() != 3) priced.front().product.currency = "USD";
  for (const PricedItem& item : priced)
    if (item.product.currency != priced.front().product.currency)
      throw Error(invalid, "order.currencies", "All products of an order must have the same currency");
  co_return priced;
}

Placing::Draft Placing::draft(Call& call, const User& user, const std::vector<PricedItem>& priced) const {
  std::optional<Money> total = total_of(priced);
  if (!total) throw Error(invalid, "order.too_large", "The order's total is too large");
  Draft draft;
  draft.order = {.id = call.new_id<Order>(),
                 .user_id = user.id,
                 .status = OrderStatus::pending,
                 .total_amount = *total,
                 .currency = priced.front().product.currency,
                 .created_at = call.now(),
                 .updated_at = call.now()};
  if (!call.idempotency_key.empty()) draft.order.idempotency_key = Text<1, 255>(call.idempotency_key);
  for (const PricedItem& item : priced) {
    draft.items.push_back({.id = call.new_id<OrderItem>(),
                           .order_id = draft.order.id,
                           .product_id = item.product.id,
                           .name = item.product.name,
                           .price = item.product.price,
                           .quantity = item.quantity,
                           .status = ItemStatus::pending});
    draft.products.push_back(item.product);
  }
  return draft;
}

Task<void> Placing::store_pending(Call& call, const Draft& draft) {
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    co_await in_.orders.insert(unit, draft.order);
    for (const OrderItem& item : draft.items) co_await in_.items.insert(unit, item);
  });
}

// Item by item; the first that fails ends it, and what it failed with is given back.
Task<std::optional<Error>> Placing::take_stock(Call& call, Draft& draft) {
  std::optional<Error> failure;
  for (size_t i = 0; i < draft.items.size() && !failure; ++i) {
    const OrderItem& item = draft.items[i];
    product::StockChange change{
        .id = item.product_id, .quantity = -item.quantity, .order_id = draft.order.id};
    try {
      draft.products[i] = co_await neighbours_.products.change_stock(call, std::move(change));
    } catch (const Error& error) {
      failure = error;
    }
  }
  co_return failure;
}

// A notification that fails is logged and made up for by the event order.created.
Task<void> Placing::notify(Call& call, const Draft& draft) {
  notification::NewNotification message{
      .user_id = draft.order.user_id,
      .title = "Order Confirmation",
      .description = confirmation_text(draft.order),
      .notification_type = notification::NotificationType::email,
      .template_name = "order-confirmation",
      .data = confirmation_data(draft.order, draft.items),
      .idempotency_key = Text<1, 200>("order-confirmation:" + draft.order.id.value)};
  try {
    co_await neighbours_.notifications.send(call, std::move(message));
  } catch (const Error& error) {
    call.log().write(Level::warn, call, "notification failed (non-critical)",
                     {{"orderId", draft.order.id.value}, {"error", error.reason()}});
  }
}

Task<void> Placing::confirm(Call& call, Draft& draft) {
  draft.order.status = OrderStatus::confirmed;
  draft.order.updated_at = call.now();
  for (OrderItem& item : draft.items) item.status = ItemStatus::confirmed;
  OrderCreated event{.order_id = draft.order.id,
                     .customer_id = draft.order.user_id,
                     .amount = draft.order.total_amount,
                     .currency = draft.order.currency,
                     .items = lines_of(draft.items),
                     .order_date = draft.order.created_at};
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    bool confirmed = co_await in_.orders.change(
        unit, draft.order.id, set(&Order::status, OrderStatus::confirmed),
        set(&Order::updated_at, call.now()), where(&Order::status) == OrderStatus::pending);
    if (!confirmed) throw Error(conflict, "order.cancelled", "The order was cancelled meanwhile");
    co_await in_.items.update_all(unit, where(&OrderItem::order_id) == draft.order.id,
                                  {set(&OrderItem::status, ItemStatus::confirmed)});
    unit.publish(event);
  });
}

}  // namespace shop::order
