#include "systems/shop/order/place.h"

#include "portico/base/planted.h"

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
  auto order = std::make_shared<Draft>(draft(call, user, priced));
  if (!co_await store_pending(call, *order)) {
    // The same request beside this one was faster.
    before = co_await placed_before(call, wanted);
    if (!before) throw Error(conflict, "idempotency.running", "Another order with this key was made");
    co_return *before;
  }
  co_await sagas_.run(call, saga_, order->order.id.value, order);
  co_return view_of(order->order, order->items, order->products);
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

Draft Placing::draft(Call& call, const User& user, const std::vector<PricedItem>& priced) const {
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
  if (!call.idempotency_key.empty() && !planted(Plant::idempotency_key_dropped))
    draft.order.idempotency_key = Text<1, 255>(call.idempotency_key);
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

// False where there is an order with its Idempotency-Key already.
Task<bool> Placing::store_pending(Call& call, const Draft& draft) {
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<bool> {
    if (!co_await in_.orders.insert_once(unit, draft.order)) co_return false;
    for (const OrderItem& item : draft.items) co_await in_.items.insert(unit, item);
    co_await sagas_.start(unit, saga_, draft.order.id.value);
    co_return true;
  });
}

}  // namespace shop::order
