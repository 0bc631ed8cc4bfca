// What the product service stores.
#pragma once

#include "portico/store/store.h"
#include "systems/shop/product/api.h"

namespace shop::product {

// Why stock has moved.
enum class MovementKind { opening, correction, order, reservation };
PORTICO_DESCRIBE_ENUM(MovementKind, opening, correction, order, reservation)

// One change of a product's stock: a product's stock is the sum of its movements. On behalf of an order
// unique by order, product and direction, so that a repeated change is made once.
struct StockMovement {
  Id<StockMovement> id;
  Id<Product> product_id;
  std::optional<Id<order::Order>> order_id;
  int64_t delta = 0;
  bool takes = false;  // taken, or put in; for an order: given back
  MovementKind kind = MovementKind::order;
  Time created_at;
};
PORTICO_DESCRIBE(StockMovement, id, product_id, order_id, delta, takes, kind, created_at)

// Before it, only what moved for orders was recorded: what a product has beyond that becomes its opening.
Migration opening_movements();

struct Collections {
  explicit Collections(Store& store)
      : categories(store.collection<Category>({unique(&Category::name)})),
        products(store.collection<Product>({index(&Product::category_id), index(&Product::created_at)})),
        movements(store.collection<StockMovement>(
            {unique(&StockMovement::order_id, &StockMovement::product_id, &StockMovement::takes)})),
        reservations(store.collection<Reservation>({index(&Reservation::state, &Reservation::expires_at)})) {
    store.migration(opening_movements());
  }

  Collection<Category> categories;
  Collection<Product> products;
  Collection<StockMovement> movements;
  Collection<Reservation> reservations;
};

}  // namespace shop::product
