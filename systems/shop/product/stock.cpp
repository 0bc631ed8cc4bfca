#include "systems/shop/product/stock.h"

#include "systems/shop/product/rules.h"

namespace shop::product {

void Stock::serve(Service& service) { service.bind(&Api::change_stock, this, &Stock::change); }

Task<Product> move_stock(Unit& unit, const Collections& in, Id<Product> id, int64_t delta) {
  std::optional<Product> product = co_await in.products.update(
      unit, id, add(&Product::stock, delta), set(&Product::updated_at, unit.call().now()),
      where(&Product::stock) >= -delta && where(&Product::stock) <= stock_max - delta);
  if (!product) {
    std::optional<Product> present = co_await in.products.find(unit, id);
    if (!present) throw Error(not_found, "product.unknown", "Product " + id.value + " not found");
    if (delta > 0) throw Error(conflict, "stock.full", "The stock would exceed its limit");
    throw insufficient_stock(*present, -delta);
  }
  if (delta < 0 && product->stock == 0) unit.publish(ProductOutOfStock{product->id, product->name});
  co_return *product;
}

Task<Product> Stock::change(Call& call, StockChange input) {
  int64_t delta = input.quantity;
  if (delta == 0) throw Error::invalid_input({{"/quantity", "must not be 0"}});
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<Product> {
    if (input.order_id) {
      bool takes = delta < 0;
      std::optional<StockMovement> made = co_await in_.movements.find(
          unit, where(&StockMovement::order_id) == *input.order_id &&
                    where(&StockMovement::product_id) == input.id && where(&StockMovement::takes) == takes);
      if (made) {
        std::optional<Product> product = co_await in_.products.find(unit, input.id);
        if (product) co_return *product;
      }
      StockMovement movement{.id = call.new_id<StockMovement>(),
                             .product_id = input.id,
                             .order_id = *input.order_id,
                             .delta = delta,
                             .takes = takes,
                             .created_at = call.now()};
      co_await in_.movements.insert(unit, movement);
    }
    co_return co_await move_stock(unit, in_, input.id, delta);
  });
}

}  // namespace shop::product
