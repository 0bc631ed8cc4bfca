// Changes of stock: atomic, never below zero, once an order and direction.
#pragma once

#include "portico/service/service.h"
#include "systems/shop/product/collections.h"

namespace shop::product {

class Stock {
 public:
  Stock(Store& store, const Collections& collections) : store_(store), in_(collections) {}
  void serve(Service& service);

 private:
  Task<Product> change(Call& call, StockChange input);

  Store& store_;
  const Collections& in_;
};

// Adds the movement's delta to the stock of its product, records it, and publishes when nothing is left.
// Throws not_found or Error(conflict, "stock.insufficient").
Task<Product> move_stock(Unit& unit, const Collections& in, StockMovement movement);

// Records a movement of stock that the unit makes otherwise; id, direction and time are filled in. Every
// change of stock is recorded.
Task<void> record_movement(Unit& unit, const Collections& in, StockMovement movement);

// The same on behalf of an order: what it takes and what it gives back are each done once, and the two cancel
// out in whatever order they arrive. Giving back what was never taken leaves a mark that refuses a late
// taking: Error(conflict, "stock.released"). The product, nothing when it is gone.
Task<std::optional<Product>> move_for_order(Unit& unit, const Collections& in, StockChange input);

}  // namespace shop::product
