#include "systems/shop/order/carts.h"

#include <algorithm>

#include "systems/shop/order/rules.h"

namespace shop::order {
namespace {

Id<User> owner(const Call& call) { return {call.caller().user_id}; }

}  // namespace

void Carts::serve(Service& service) {
  service.bind(&Api::add_to_cart, this, &Carts::add);
  service.bind(&Api::read_cart, this, &Carts::read);
  service.bind(&Api::change_quantity, this, &Carts::change_quantity);
  service.bind(&Api::remove_from_cart, this, &Carts::remove);
  service.bind(&Api::clear_cart, this, &Carts::clear);
  service.bind(&Api::checkout, this, &Carts::checkout);
}

Task<std::vector<CartItem>> Carts::items_of(Call& call) {
  Query query{.filter = where(&CartItem::user_id) == owner(call),
              .sort = {ascending(&CartItem::created_at)},
              .limit = cart_items_max};
  Page<CartItem> page = co_await in_.cart.list(call, query);
  co_return std::move(page.items);
}

// The price is the catalogue's; the same product adds up.
Task<CartItem> Carts::add(Call& call, WantedItem input) {
  Product product = co_await neighbours_.products.read(call, {input.product_id});
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<CartItem> {
    Filter of_user = where(&CartItem::user_id) == owner(call);
    std::optional<CartItem> present =
        co_await in_.cart.find(unit, of_user && where(&CartItem::product_id) == input.product_id);
    if (present) {
      int64_t sum = present->quantity + input.quantity;
      if (sum > Int<1, 1'000'000>::max)
        throw Error::invalid_input({{"/quantity", "is more than a cart can hold"}});
      auto added = co_await in_.cart.update(
          unit, present->id, portico::add(&CartItem::quantity, input.quantity),
          set(&CartItem::price, product.price), set(&CartItem::updated_at, call.now()));
      co_return *added;
    }
    Query query{.filter = of_user, .limit = cart_items_max};
    Page<CartItem> others = co_await in_.cart.list(unit, query);
    if (others.items.size() >= cart_items_max)
      throw Error(conflict, "cart.full",
                  "A cart holds at most " + std::to_string(cart_items_max) + " products");
    CartItem item{.id = call.new_id<CartItem>(),
                  .user_id = owner(call),
                  .product_id = input.product_id,
                  .quantity = input.quantity,
                  .price = product.price,
                  .created_at = call.now(),
                  .updated_at = call.now()};
    co_await in_.cart.insert(unit, item);
    co_return item;
  });
}

Task<Cart> Carts::read(Call& call) {
  std::vector<CartItem> items = co_await items_of(call);
  std::vector<Id<Product>> ids;
  for (const CartItem& item : items) ids.push_back(item.product_id);
  auto products = co_await read_what_is_there(call, neighbours_.products, std::move(ids));
  Cart cart;
  for (size_t i = 0; i < items.size(); ++i) {
    const std::optional<Product>& product = products[i];
    Money price = product ? product->price : items[i].price;
    Money subtotal = checked_multiply(price, items[i].quantity).value_or(Money{Money::minor_max});
    cart.items.push_back({.id = items[i].id,
                          .product_id = items[i].product_id,
                          .name = product ? std::string(product->name) : "",
                          .quantity = items[i].quantity,
                          .price = price,
                          .subtotal = subtotal,
                          .product = product});
    cart.total = checked_add(cart.total, subtotal).value_or(Money{Money::minor_max});
  }
  co_return cart;
}

Task<CartItem> Carts::change_quantity(Call& call, QuantityChange input) {
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<CartItem> {
    std::optional<CartItem> item = co_await in_.cart.find(unit, input.id);
    if (!item) throw Error(not_found, "cart_item.unknown", "Cart item " + input.id.value + " not found");
    if (item->user_id != owner(call)) throw Error(forbidden, "cart_item.foreign", "This is not your cart");
    item = co_await in_.cart.update(unit, input.id, set(&CartItem::quantity, input.quantity),
                                    set(&CartItem::updated_at, call.now()));
    co_return *item;
  });
}

Task<Nothing> Carts::remove(Call& call, ByProductId input) {
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<Nothing> {
    int64_t removed = co_await in_.cart.remove_all(
        unit, where(&CartItem::user_id) == owner(call) && where(&CartItem::product_id) == input.product_id);
    if (removed == 0)
      throw Error(not_found, "cart_item.unknown",
                  "Product " + input.product_id.value + " is not in the cart");
    co_return Nothing{};
  });
}

Task<Nothing> Carts::clear(Call& call) {
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<Nothing> {
    co_await in_.cart.remove_all(unit, where(&CartItem::user_id) == owner(call));
    co_return Nothing{};
  });
}

// The cart is emptied of what was ordered, and only when the order stands. Asked for twice at once, or again
// after a crash before it was emptied, the cart is still ordered once.
Task<OrderView> Carts::checkout(Call& call) {
  std::vector<CartItem> items = co_await items_of(call);
  if (items.empty()) throw Error(invalid, "cart.empty", "The cart is empty");
  std::vector<WantedItem> wanted;
  std::vector<Id<CartItem>> ordered;
  for (const CartItem& item : items) {
    wanted.push_back({.product_id = item.product_id, .quantity = item.quantity});
    ordered.push_back(item.id);
  }
  Call placing = call;
  placing.idempotency_key = cart_key(items);
  OrderView order = co_await placing_.place(placing, std::move(wanted));
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    co_await in_.cart.remove_all(
        unit, where(&CartItem::user_id) == owner(call) && where(&CartItem::id).one_of(ordered));
  });
  co_return order;
}

}  // namespace shop::order
