#include "systems/shop/invariants.h"

#include <fmt/format.h>

#include "portico/schema/json.h"
#include "portico/store/for_each.h"
#include "systems/shop/notification/collections.h"
#include "systems/shop/order/collections.h"
#include "systems/shop/product/collections.h"
#include "systems/shop/user/collections.h"

namespace shop {

using namespace portico;
using notification::DeliveryStatus;
using notification::Notification;
using order::ItemStatus;
using order::Order;
using order::OrderItem;
using order::OrderStatus;
using product::Product;
using product::StockMovement;

namespace {

constexpr size_t products_at_once = 50'000;  // summed up in one walk through the movements
constexpr Duration pending_max = std::chrono::minutes(30);
constexpr std::string_view confirmation_key = "order-confirmation:";

// Quantities by product.
using Quantities = std::map<std::string, int64_t>;

std::string text_of(const Quantities& quantities) {
  std::string text;
  for (const auto& [product, quantity] : quantities)
    text += fmt::format("{}{} of {}", text.empty() ? "" : ", ", quantity, product);
  return text.empty() ? "nothing" : text;
}

bool is_placed(OrderStatus status) {
  return status != OrderStatus::pending && status != OrderStatus::cancelled;
}

bool agrees(ItemStatus item, OrderStatus order) {
  switch (order) {
    case OrderStatus::pending:
      return item == ItemStatus::pending;
    case OrderStatus::cancelled:
      return item == ItemStatus::cancelled || item == ItemStatus::out_of_stock;
    default:
      return item == ItemStatus::confirmed;
  }
}

// The stores of the shop and the checks of them.
class Checks {
 public:
  explicit Checks(StoppedSystem& stores)
      : stores_(stores),
        users_(stores.store("user")),
        products_(stores.store("product")),
        orders_(stores.store("order")),
        notifications_(stores.store("notification")),
        sagas_(stores.store("order").collection<SagaRecord>({index(&SagaRecord::due_at)})) {}

  Task<void> stock_not_negative(Call& call, Findings& findings);
  Task<void> stock_balance(Call& call, Findings& findings);
  Task<void> stock_of_known_orders(Call& call, Findings& findings);
  Task<void> order_stock(Call& call, Findings& findings);
  Task<void> order_items(Call& call, Findings& findings);
  Task<void> order_pending(Call& call, Findings& findings);
  Task<void> order_keys(Call& call, Findings& findings);
  Task<void> confirmations(Call& call, Findings& findings);
  Task<void> sending(Call& call, Findings& findings);
  Task<void> sagas(Call& call, Findings& findings);

 private:
  Task<bool> is_under_way(Call& call, Id<Order> order);
  Task<void> compare(Call& call, Quantities stock, Findings* findings);
  Task<std::vector<OrderItem>> items_of(Call& call, Id<Order> order);
  Task<Quantities> taken_for(Call& call, Id<Order> order);
  Task<bool> is_held_for(Call& call, Id<Order> order);
  Task<bool> is_confirmed_to_user(Call& call, Id<Order> order);
  Task<void> check_key(Call& call, Notification row, Findings* findings);

  StoppedSystem& stores_;
  user::Collections users_;
  product::Collections products_;
  order::Collections orders_;
  notification::Collections notifications_;
  Collection<SagaRecord> sagas_;
};

Task<void> Checks::stock_not_negative(Call& call, Findings& findings) {
  co_await for_each(call, products_.products, {}, [&](const Product& row) {
    findings.checked();
    if (row.stock < 0)
      findings.add(fmt::format("product {} has a stock of {}", row.id.value, int64_t(row.stock)));
  });
}

// The sums are made of a bounded number of products at once, in as many walks as that takes.
Task<void> Checks::stock_balance(Call& call, Findings& findings) {
  Quantities stock;
  co_await for_each(call, products_.products, {}, [&](const Product& row) -> Task<void> {
    findings.checked();
    stock[row.id.value] = row.stock;
    if (stock.size() == products_at_once) co_await compare(call, std::exchange(stock, {}), &findings);
  });
  if (!stock.empty()) co_await compare(call, std::move(stock), &findings);
}

Task<void> Checks::compare(Call& call, Quantities stock, Findings* findings) {
  Quantities sums;
  co_await for_each(call, products_.movements, {}, [&](const StockMovement& row) {
    if (stock.contains(row.product_id.value)) sums[row.product_id.value] += row.delta;
  });
  for (const auto& [product, present] : stock)
    if (present != sums[product])
      findings->add(fmt::format("product {} has a stock of {}, its movements make {}", product, present,
                                sums[product]));
}

Task<Quantities> Checks::taken_for(Call& call, Id<Order> order) {
  Quantities taken;
  Filter of_order = where(&StockMovement::order_id) == order;
  co_await for_each(call, products_.movements, std::move(of_order),
                    [&](const StockMovement& row) { taken[row.product_id.value] -= row.delta; });
  std::erase_if(taken, [](const auto& entry) { return entry.second == 0; });
  co_return taken;
}

// It ends by itself unless an order takes it over.
Task<bool> Checks::is_held_for(Call& call, Id<Order> order) {
  std::optional<product::Reservation> reservation =
      co_await products_.reservations.find(call, where(&product::Reservation::order_id) == order);
  co_return reservation && reservation->state == product::ReservationState::held;
}

Task<std::vector<OrderItem>> Checks::items_of(Call& call, Id<Order> order) {
  Query query{.filter = where(&OrderItem::order_id) == order, .limit = order::items_max + 1};
  Page<OrderItem> page = co_await orders_.items.list(call, std::move(query));
  co_return std::move(page.items);
}

Task<void> Checks::stock_of_known_orders(Call& call, Findings& findings) {
  co_await for_each(
      call, products_.movements, where(&StockMovement::takes) == true,
      [&](const StockMovement& row) -> Task<void> {
        if (!row.order_id) co_return;
        findings.checked();
        if (co_await orders_.orders.find(call, *row.order_id)) co_return;
        if (co_await is_held_for(call, *row.order_id)) co_return;
        Quantities taken = co_await taken_for(call, *row.order_id);
        if (taken.contains(row.product_id.value))
          findings.add(fmt::format("{} of {} are taken for order {}, which does not exist",
                                   taken[row.product_id.value], row.product_id.value, row.order_id->value));
      });
}

// An open saga still has something to do or to undo.
Task<bool> Checks::is_under_way(Call& call, Id<Order> order) {
  co_return (co_await sagas_.find(call, where(&SagaRecord::key) == order.value)).has_value();
}

Task<void> Checks::sagas(Call& call, Findings& findings) {
  co_await for_each(call, sagas_, {}, [&](const SagaRecord& row) {
    findings.checked();
    if (row.stuck) findings.add(fmt::format("{} fails: {}", row.id.value, row.reason));
  });
}

Task<void> Checks::order_stock(Call& call, Findings& findings) {
  co_await for_each(call, orders_.orders, {}, [&](const Order& row) -> Task<void> {
    if (row.status == OrderStatus::pending) co_return;
    findings.checked();
    Quantities wanted;
    if (is_placed(row.status))
      for (const OrderItem& item : co_await items_of(call, row.id))
        wanted[item.product_id.value] += item.quantity;
    Quantities taken = co_await taken_for(call, row.id);
    if (taken == wanted) co_return;
    if (row.status == OrderStatus::cancelled && co_await is_under_way(call, row.id)) co_return;
    findings.add(fmt::format("order {} is {}: taken are {}, not {}", row.id.value,
                             schema::label_of(row.status), text_of(taken), text_of(wanted)));
  });
}

Task<void> Checks::order_items(Call& call, Findings& findings) {
  co_await for_each(call, orders_.orders, {}, [&](const Order& row) -> Task<void> {
    findings.checked();
    Money sum;
    std::vector<OrderItem> items = co_await items_of(call, row.id);
    if (items.empty()) findings.add(fmt::format("order {} has no items", row.id.value));
    for (const OrderItem& item : items) {
      sum.minor += item.price.minor * item.quantity;
      if (!agrees(item.status, row.status))
        findings.add(fmt::format("order {} is {}, its item {} {}", row.id.value, schema::label_of(row.status),
                                 item.id.value, schema::label_of(item.status)));
    }
    if (sum.minor != row.total_amount.minor)
      findings.add(fmt::format("order {} costs {}, its items {}", row.id.value, to_string(row.total_amount),
                               to_string(sum)));
  });
}

// Against the last time that an order has changed: the system may have been stopped for long since.
Task<void> Checks::order_pending(Call& call, Findings& findings) {
  Time latest;
  co_await for_each(call, orders_.orders, {},
                    [&](const Order& row) { latest = std::max(latest, row.updated_at); });
  co_await for_each(
      call, orders_.orders, where(&Order::status) == OrderStatus::pending, [&](const Order& row) {
        findings.checked();
        if (row.created_at < latest - pending_max)
          findings.add(fmt::format("order {} is pending since {}", row.id.value, to_string(row.created_at)));
      });
}

Task<void> Checks::order_keys(Call& call, Findings& findings) {
  co_await for_each(call, orders_.orders, {}, [&](const Order& row) -> Task<void> {
    if (!row.idempotency_key) co_return;
    findings.checked();
    int64_t same = co_await orders_.orders.count(
        call, where(&Order::user_id) == row.user_id && where(&Order::idempotency_key) == row.idempotency_key);
    if (same != 1)
      findings.add(fmt::format("order {} shares its idempotency key with {} others of its user", row.id.value,
                               same - 1));
  });
}

Task<bool> Checks::is_confirmed_to_user(Call& call, Id<Order> order) {
  Text<1, 200> key = std::string(confirmation_key) + order.value;
  if (co_await notifications_.notifications.find(call, where(&Notification::idempotency_key) == key))
    co_return true;
  co_return (co_await notifications_.removed_keys.find(call, where(&notification::RemovedKey::key) == key))
      .has_value();
}

Task<void> Checks::confirmations(Call& call, Findings& findings) {
  co_await for_each(call, orders_.orders, {}, [&](const Order& row) -> Task<void> {
    if (!is_placed(row.status)) co_return;
    findings.checked();
    if (co_await is_under_way(call, row.id) || co_await is_confirmed_to_user(call, row.id)) co_return;
    findings.add(fmt::format("order {} was never confirmed to its user", row.id.value));
  });
  Filter confirming = where(&Notification::template_name) == Text<1, 60>("order-confirmation");
  co_await for_each(call, notifications_.notifications, std::move(confirming),
                    [&](const Notification& row) { return check_key(call, row, &findings); });
}

// Two confirmations of one order have different keys, for a user has a key but once.
Task<void> Checks::check_key(Call& call, Notification row, Findings* findings) {
  std::string number;
  std::string_view path[] = {"orderNumber"};
  const std::string data = row.metadata ? row.metadata->text : "{}";
  if (!schema::read_json_at(data, path, schema::type_of<std::string>(), &number).empty()) co_return;
  if (row.idempotency_key == std::string(confirmation_key) + number) co_return;
  std::optional<Order> confirmed = co_await orders_.orders.find(call, Id<Order>{number});
  if (confirmed && confirmed->user_id == row.user_id)
    findings->add(fmt::format("notification {} confirms order {} once more", row.id.value, number));
}

Task<void> Checks::sending(Call& call, Findings& findings) {
  InFlight queued = co_await stores_.in_flight(call, "notification", "notification", "notification.worker");
  co_await for_each(call, notifications_.notifications,
                    where(&Notification::status) == DeliveryStatus::pending, [&](const Notification& row) {
                      findings.checked();
                      if (!queued.may_hold(row.id.value))
                        findings.add(fmt::format("notification {} is pending, but not queued", row.id.value));
                    });
}

}  // namespace

std::vector<Invariant> invariants(StoppedSystem& stores) {
  auto checks = std::make_shared<Checks>(stores);
  std::vector<Invariant> all;
  auto add = [&](std::string name, std::string text, Task<void> (Checks::*check)(Call&, Findings&)) {
    all.push_back({std::move(name), std::move(text), [checks, check](Call& call, Findings& findings) {
                     return ((*checks).*check)(call, findings);
                   }});
  };
  add("stock.not_negative", "No product has a stock below zero.", &Checks::stock_not_negative);
  add("stock.balance", "The stock of a product is the sum of its movements.", &Checks::stock_balance);
  add("stock.orders", "Stock is taken for good only for orders that exist.", &Checks::stock_of_known_orders);
  add("order.stock", "A placed order has taken its items once, a cancelled one nothing.",
      &Checks::order_stock);
  add("order.items", "The items of an order make its total and agree with its status.", &Checks::order_items);
  add("order.pending", "No order was pending for more than 30 minutes.", &Checks::order_pending);
  add("order.keys", "An idempotency key names one order of a user.", &Checks::order_keys);
  add("notification.confirmations", "Each placed order was confirmed to its user once.",
      &Checks::confirmations);
  add("notification.sending", "What waits to be sent is in the queue.", &Checks::sending);
  add("order.sagas", "No order waits for a step that keeps failing.", &Checks::sagas);
  all.back().severity = Severity::warning;
  return all;
}

}  // namespace shop
