// Reading orders, moving them on, cancelling them.
#pragma once

#include "portico/host/system.h"
#include "systems/shop/order/place.h"

namespace shop::order {

class Orders {
 public:
  Orders(ServiceParts& parts, const Collections& collections, const OrderNeighbours& neighbours);
  void serve(Service& service);
  Placing& placing() { return placing_; }

 private:
  Task<OrderView> place(Call& call, NewOrder input);
  Task<OrderPage> list(Call& call, OrderQuery input);
  Task<OrderView> read(Call& call, ById<Order> input);
  Task<OrderView> change_status(Call& call, StatusChange input);
  Task<OrderView> cancel(Call& call, Cancellation input);
  Task<OrderPage> list_all(Call& call, AllOrdersQuery input);

  // progress.cpp: the saga "order.cancel", begun with the cancellation itself
  struct Cancelled {
    Id<Order> id;
  };
  Task<std::shared_ptr<Cancelled>> load_cancelled(Call& call, std::string id);
  Task<void> return_stock(Call& call, Cancelled& order);

  // The order when the caller may see it; else not_found or forbidden.
  Task<Order> own(Call& call, Id<Order> id);
  Task<std::vector<OrderView>> with_items(Call& call, std::vector<Order> orders);
  Task<OrderPage> page_of(Call& call, Filter filter, int64_t page, int64_t limit);

  Store& store_;
  Sagas& sagas_;
  const Collections& in_;
  const OrderNeighbours& neighbours_;
  Placing placing_;
  const SagaTable& cancelling_;
};

}  // namespace shop::order
