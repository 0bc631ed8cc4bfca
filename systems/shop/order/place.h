// Placing an order: a saga over four services, undone when it cannot be brought to its end.
#pragma once

#include "portico/host/system.h"
#include "systems/shop/order/collections.h"
#include "systems/shop/order/neighbours.h"
#include "systems/shop/order/rules.h"

namespace shop::order {

// An order on its way, with what it was made of.
struct Draft {
  Order order;
  std::vector<OrderItem> items;
  std::vector<std::optional<Product>> products;  // as they are after the step that last changed them
};

class Placing {
 public:
  Placing(ServiceParts& parts, const Collections& collections, const OrderNeighbours& neighbours);

  // D-F1 of the shop. Throws what the caller is to be told: 401, 404 and 409 naming the product, 503.
  Task<OrderView> place(Call& call, std::vector<WantedItem> wanted);

  // Gives a saga to orders that were left pending without one, by a program that knew no sagas.
  Task<void> adopt(Call& call);

 private:
  // place.cpp
  Task<std::vector<PricedItem>> price(Call& call, const std::vector<WantedItem>& wanted);
  Draft draft(Call& call, const User& user, const std::vector<PricedItem>& items) const;
  Task<bool> store_pending(Call& call, const Draft& draft);
  // repeat.cpp
  Task<std::optional<OrderView>> placed_before(Call& call, const std::vector<WantedItem>& wanted);

  // steps.cpp: the saga "order.place"
  Task<std::shared_ptr<Draft>> load(Call& call, std::string id);
  Task<void> reserve(Call& call, Draft& draft);
  Task<void> release(Call& call, Draft& draft);
  Task<void> commit(Call& call, Draft& draft);
  Task<void> confirm(Unit& unit, Draft& draft);
  Task<void> notify(Call& call, Draft& draft);
  Task<void> cancel(Unit& unit, Draft& draft, const Error& why);

  Store& store_;
  Sagas& sagas_;
  const Collections& in_;
  const OrderNeighbours& neighbours_;
  const int64_t hold_seconds_;  // of a reservation
  const SagaTable& saga_;
};

}  // namespace shop::order
