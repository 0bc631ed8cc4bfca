// What the product service stores.
#pragma once

#include "portico/store/store.h"
#include "systems/shop/product/api.h"

namespace shop::product {

// One change of a product's stock on behalf of an order; unique by both, so that a repeated change is made
// once.
struct StockMovement {
  Id<StockMovement> id;
  Id<Product> product_id;
  Id<order::Order> order_id;
  int64_t delta = 0;
  bool takes = false;  // taken for the order, or given back
  Time created_at;
};
PORTICO_DESCRIBE(StockMovement, id, product_id, order_id, delta, takes, created_at)

struct Collections {
  explicit Collections(Store& store)
      : categories(store.collection<Category>({unique(&Category::name)})),
        products(store.collection<Product>({index(&Product::category_id), index(&Product::created_at)})),
        movements(store.collection<StockMovement>(
            {unique(&StockMovement::order_id, &StockMovement::product_id, &StockMovement::takes)})),
        reservations(store.collection<Reservation>({index(&Reservation::state, &Reservation::expires_at)})) {}

  Collection<Category> categories;
  Collection<Product> products;
  Collection<StockMovement> movements;
  Collection<Reservation> reservations;
};

}  // namespace shop::product
