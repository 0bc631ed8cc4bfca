#include "systems/shop/order/orders.h"

namespace shop::order {

Orders::Orders(ServiceParts& parts, const Collections& collections, const OrderNeighbours& neighbours)
    : store_(parts.store()),
      sagas_(parts.sagas()),
      in_(collections),
      neighbours_(neighbours),
      placing_(parts, collections, neighbours),
      cancelling_(sagas_.add(Saga<Cancelled, Orders>("order.cancel", version(1), this)
                                 .loads(&Orders::load_cancelled)
                                 .step("return", &Orders::return_stock))) {}

void Orders::serve(Service& service) {
  service.bind(&Api::place, this, &Orders::place);
  service.bind(&Api::list, this, &Orders::list);
  service.bind(&Api::read, this, &Orders::read);
  service.bind(&Api::change_status, this, &Orders::change_status);
  service.bind(&Api::cancel, this, &Orders::cancel);
  service.bind(&Api::list_all, this, &Orders::list_all);
  service.every(
      {"orders.adopt", std::chrono::minutes(1), [this](Call& call) { return placing_.adopt(call); }});
}

Task<OrderView> Orders::place(Call& call, NewOrder input) {
  co_return co_await placing_.place(call, std::move(input.items));
}

Task<Order> Orders::own(Call& call, Id<Order> id) {
  std::optional<Order> order = co_await in_.orders.find(call, id);
  if (!order) throw Error(not_found, "order.unknown", "Order " + id.value + " not found");
  if (order->user_id.value != call.caller().user_id && call.caller().role != admin.name)
    throw Error(forbidden, "order.foreign", "This is not your order");
  co_return *order;
}

// All items of all orders in one read, all their products side by side.
Task<std::vector<OrderView>> Orders::with_items(Call& call, std::vector<Order> orders) {
  std::vector<OrderView> views;
  if (orders.empty()) co_return views;
  std::vector<Id<Order>> ids;
  for (const Order& order : orders) ids.push_back(order.id);
  std::vector<OrderItem> items;
  Query query{.filter = where(&OrderItem::order_id).one_of(ids), .limit = Query::limit_max};
  do {
    Page<OrderItem> page = co_await in_.items.list(call, query);
    for (OrderItem& item : page.items) items.push_back(std::move(item));
    query.after = page.next;
  } while (!query.after.empty());
  std::vector<Id<Product>> products;
  for (const OrderItem& item : items)
    if (std::find(products.begin(), products.end(), item.product_id) == products.end())
      products.push_back(item.product_id);
  auto known = co_await read_what_is_there(call, neighbours_.products, std::move(products));
  for (const Order& order : orders) {
    std::vector<OrderItem> own;
    for (const OrderItem& item : items)
      if (item.order_id == order.id) own.push_back(item);
    views.push_back(view_of(order, own, known));
  }
  co_return views;
}

Task<OrderPage> Orders::page_of(Call& call, Filter filter, int64_t page, int64_t limit) {
  Query query{.filter = std::move(filter),
              .sort = {descending(&Order::created_at)},
              .limit = size_t(limit),
              .offset = size_t((page - 1) * limit),
              .with_total = true};
  if (query.offset > Query::offset_max) throw Error::invalid_input({{"/page", "is too far back"}});
  Page<Order> found = co_await in_.orders.list(call, query);
  OrderPage result{.pagination = product::paginate(page, limit, found.total)};
  result.orders = co_await with_items(call, std::move(found.items));
  co_return result;
}

Task<OrderPage> Orders::list(Call& call, OrderQuery input) {
  Filter filter = where(&Order::user_id) == Id<User>{call.caller().user_id};
  if (input.status) filter = std::move(filter) && where(&Order::status) == *input.status;
  co_return co_await page_of(call, std::move(filter), input.page.value_or(1), input.limit.value_or(20));
}

Task<OrderPage> Orders::list_all(Call& call, AllOrdersQuery input) {
  Filter filter;
  if (input.status) filter = std::move(filter) && where(&Order::status) == *input.status;
  if (input.user_id) filter = std::move(filter) && where(&Order::user_id) == *input.user_id;
  if (input.from) filter = std::move(filter) && where(&Order::created_at) >= *input.from;
  if (input.to) filter = std::move(filter) && where(&Order::created_at) < *input.to;
  co_return co_await page_of(call, std::move(filter), input.page.value_or(1), input.limit.value_or(20));
}

Task<OrderView> Orders::read(Call& call, ById<Order> input) {
  std::vector<Order> one;
  one.push_back(co_await own(call, input.id));
  std::vector<OrderView> views = co_await with_items(call, std::move(one));
  co_return std::move(views.front());
}

}  // namespace shop::order
