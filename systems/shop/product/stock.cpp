#include "systems/shop/product/stock.h"

#include "portico/base/planted.h"
#include "systems/shop/product/rules.h"

namespace shop::product {

void Stock::serve(Service& service) { service.bind(&Api::change_stock, this, &Stock::change); }

Task<void> record_movement(Unit& unit, const Collections& in, StockMovement movement) {
  movement.id = unit.call().new_id<StockMovement>();
  movement.takes = movement.delta < 0;
  movement.created_at = unit.call().now();
  co_await in.movements.insert(unit, std::move(movement));
}

// The planted bug of that name: others change the stock between reading and writing it.
Task<Product> move_after_reading(Unit& unit, const Collections& in, StockMovement movement) {
  std::optional<Product> read = co_await in.products.find(unit.call(), movement.product_id);
  if (!read || read->stock + movement.delta < 0) throw insufficient_stock(*read, -movement.delta);
  const int64_t left = read->stock + movement.delta;
  auto product = co_await in.products.update(unit, read->id, set(&Product::stock, Int<0, stock_max>(left)));
  co_await record_movement(unit, in, std::move(movement));
  co_return *product;
}

// What is refused is refused before anything was changed: undoing a change costs the neighbours' time.
Task<Product> move_stock(Unit& unit, const Collections& in, StockMovement movement) {
  const Id<Product> id = movement.product_id;
  const int64_t delta = movement.delta;
  if (planted(Plant::stock_check_not_atomic)) co_return co_await move_after_reading(unit, in, movement);
  std::optional<Product> product = co_await in.products.update(
      unit, id, add(&Product::stock, delta), set(&Product::updated_at, unit.call().now()),
      where(&Product::stock) >= -delta && where(&Product::stock) <= stock_max - delta);
  if (!product) {
    std::optional<Product> present = co_await in.products.find(unit, id);
    if (!present) throw Error(not_found, "product.unknown", "Product " + id.value + " not found");
    if (delta > 0) throw Error(conflict, "stock.full", "The stock would exceed its limit");
    throw insufficient_stock(*present, -delta);
  }
  co_await record_movement(unit, in, std::move(movement));
  if (delta < 0 && product->stock == 0) unit.publish(ProductOutOfStock{product->id, product->name});
  co_return *product;
}

Task<std::optional<Product>> move_for_order(Unit& unit, const Collections& in, StockChange input) {
  bool takes = input.quantity < 0;
  Filter of_order =
      where(&StockMovement::order_id) == *input.order_id && where(&StockMovement::product_id) == input.id;
  Query movements{.filter = of_order, .sort = {ascending(&StockMovement::takes)}, .limit = 2};
  Page<StockMovement> known = co_await in.movements.list(unit, movements);
  const StockMovement* opposite = nullptr;
  for (const StockMovement& movement : known.items) {
    if (movement.takes == takes && !takes && planted(Plant::give_back_repeats))
      co_return co_await move_stock(unit, in, {.product_id = input.id, .delta = input.quantity});
    if (movement.takes == takes) co_return co_await in.products.find(unit, input.id);
    opposite = &movement;
  }
  if (takes && opposite) throw Error(conflict, "stock.released", "The order has already been cancelled");
  StockMovement movement{.product_id = input.id,
                         .order_id = input.order_id,
                         .delta = takes      ? int64_t(input.quantity)
                                  : opposite ? -opposite->delta
                                             : 0,
                         .kind = MovementKind::order};
  if (movement.delta != 0) co_return co_await move_stock(unit, in, std::move(movement));
  co_await record_movement(unit, in, std::move(movement));
  co_return co_await in.products.find(unit, input.id);
}

Task<Product> Stock::change(Call& call, StockChange input) {
  if (input.quantity == 0) throw Error::invalid_input({{"/quantity", "must not be 0"}});
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<Product> {
    if (!input.order_id)
      co_return co_await move_stock(
          unit, in_, {.product_id = input.id, .delta = input.quantity, .kind = MovementKind::correction});
    std::optional<Product> product = co_await move_for_order(unit, in_, input);
    if (!product) throw Error(not_found, "product.unknown", "Product " + input.id.value + " not found");
    co_return *product;
  });
}

}  // namespace shop::product
