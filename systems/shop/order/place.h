// Placing an order: seven steps over four services, undone when one fails.
#pragma once

#include "systems/shop/order/collections.h"
#include "systems/shop/order/neighbours.h"
#include "systems/shop/order/rules.h"

namespace shop::order {

class Placing {
 public:
  Placing(Store& store, const Collections& collections, const OrderNeighbours& neighbours)
      : store_(store), in_(collections), neighbours_(neighbours) {}

  // D-F1 of the shop. Throws what the caller is to be told: 401, 404 and 409 naming the product, 503.
  Task<OrderView> place(Call& call, std::vector<WantedItem> wanted);

  // Undoes orders that were left pending by a process that died; safe to repeat.
  Task<void> recover(Call& call);

 private:
  // An order on its way, with what it was made of.
  struct Draft {
    Order order;
    std::vector<OrderItem> items;
    std::vector<std::optional<Product>> products;  // as they are after the step that last changed them
  };

  Task<std::optional<OrderView>> placed_before(Call& call, const std::vector<WantedItem>& wanted);
  Task<std::vector<PricedItem>> price(Call& call, const std::vector<WantedItem>& wanted);
  Draft draft(Call& call, const User& user, const std::vector<PricedItem>& items) const;
  Task<void> store_pending(Call& call, const Draft& draft);
  Task<std::optional<Error>> take_stock(Call& call, Draft& draft);
  Task<void> notify(Call& call, const Draft& draft);
  Task<void> confirm(Call& call, Draft& draft);
  // Gives back what was taken and marks the order cancelled. `out_of_stock` marks its items so.
  Task<void> undo(Call& call, Order order, std::vector<OrderItem> items, std::string reason,
                  bool out_of_stock);

  Store& store_;
  const Collections& in_;
  const OrderNeighbours& neighbours_;
};

// Gives the stock of an order's items back to the product service; each item once, however often it is asked
// for.
Task<void> return_stock(Call& call, const Client<product::Api>& products, std::vector<OrderItem> items);

}  // namespace shop::order
