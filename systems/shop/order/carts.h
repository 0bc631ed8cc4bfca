// Carts: what a user means to order.
#pragma once

#include "portico/service/service.h"
#include "systems/shop/order/place.h"

namespace shop::order {

class Carts {
 public:
  Carts(Store& store, const Collections& collections, const OrderNeighbours& neighbours, Placing& placing)
      : store_(store), in_(collections), neighbours_(neighbours), placing_(placing) {}
  void serve(Service& service);

 private:
  Task<CartItem> add(Call& call, WantedItem input);
  Task<Cart> read(Call& call);
  Task<CartItem> change_quantity(Call& call, QuantityChange input);
  Task<Nothing> remove(Call& call, ByProductId input);
  Task<Nothing> clear(Call& call);
  Task<OrderView> checkout(Call& call);
  Task<std::vector<CartItem>> items_of(Call& call);

  Store& store_;
  const Collections& in_;
  const OrderNeighbours& neighbours_;
  Placing& placing_;
};

}  // namespace shop::order
