// What must hold when all has been well for a while: what the shop answers, what its stores say, and what its
// clients remember agree.
#include <fmt/format.h>

#include "portico/host/verify.h"
#include "portico/store/for_each.h"
#include "systems/shop/notification/collections.h"
#include "systems/shop/order/collections.h"
#include "systems/shop/product/collections.h"
#include "systems/shop/simulated_clients.h"

namespace shop {

using namespace portico;
using order::Order;
using order::OrderItem;
using order::OrderStatus;
using sim::World;

namespace {

constexpr Duration rest_max = std::chrono::minutes(30);  // after the last fault nothing is open any more
// Reservations that nobody wanted have expired, and deliveries that waited for a neighbour were tried again
// (RetryPolicy::outage_cap).
constexpr Duration after_rest = std::chrono::seconds(90);

}  // namespace

// The stores of a shop at rest.
struct RestingShop {
  explicit RestingShop(StoppedSystem& stores)
      : products(stores.store("product")),
        orders(stores.store("order")),
        notifications(stores.store("notification")),
        sagas(stores.store("order").collection<SagaRecord>({index(&SagaRecord::due_at)})),
        parked(*stores.bus("notification").parked) {}
  product::Collections products;
  order::Collections orders;
  notification::Collections notifications;
  Collection<SagaRecord> sagas;
  Collection<ParkedDelivery> parked;

  // What the bus says of sending a notification.
  Task<std::string> delivery_of(Call& call, std::string notification) {
    Query query{.filter = where(&ParkedDelivery::group) == "notification.worker", .limit = Query::limit_max};
    Page<ParkedDelivery> rows = co_await parked.list(call, query);
    for (const ParkedDelivery& row : rows.items)
      if (row.body.find(notification) != std::string::npos) co_return schema::to_json(row);
    co_return "it has none";
  }
};

Task<bool> Shoppers::sagas_open() {
  net::Request request{.target = "/internal/sagas"};
  request.headers.set("x-internal-key", simulated_key);
  auto answer = co_await world_.ask("order", std::move(request));
  co_return !answer || answer->status != 200 || answer->body.find("\"sagas\":[]") == std::string::npos;
}

Task<void> Shoppers::check(World&) {
  const Instant until = world_.client().steady() + rest_max;
  while (co_await sagas_open()) {
    if (world_.client().steady() > until) {
      world_.violate("liveness.sagas", "sagas are open half an hour after the last fault");
      co_return;
    }
    co_await world_.client().sleep(std::chrono::seconds(5));
  }
  co_await world_.client().sleep(after_rest);
  co_await check_orders();
  co_await check_mails();
}

Task<void> Shoppers::check_orders() {
  for (auto& intent : intents_) {
    if (intent->order_id.empty()) continue;
    Answer answer = co_await ask(&clients_[intent->shopper], GET, "/api/orders/" + intent->order_id);
    if (!answer || answer->status != 200) {
      world_.violate("order.acknowledged",
                     fmt::format("order {} was confirmed and reads as {}", intent->order_id,
                                 answer ? std::to_string(answer->status) : "no answer"));
      continue;
    }
    std::string status = read<std::string>(answer->body, {"data", "order", "status"});
    const bool may_be_cancelled = intent->cancel_asked;
    if (intent->cancelled ? status != "cancelled"
                          : status != "confirmed" && !(may_be_cancelled && status == "cancelled"))
      world_.violate("order.acknowledged",
                     fmt::format("order {} was {} and is {}", intent->order_id,
                                 intent->cancelled ? "cancelled" : "confirmed", status));
  }
}

// One mail an order.
Task<void> Shoppers::check_mails() {
  Answer answer = co_await ask(&clients_.front(), GET, "/dev/mail?limit=200");
  if (!answer || answer->status != 200) {
    world_.violate("notification.mails", "the mails cannot be read");
    co_return;
  }
  for (auto& intent : intents_) {
    if (intent->order_id.empty()) continue;
    const std::string subject = "\"subject\":\"Order confirmation " + intent->order_id + "\"";
    size_t count = 0;
    for (size_t at = answer->body.find(subject); at != std::string::npos;
         at = answer->body.find(subject, at + 1))
      ++count;
    if (count > 1)
      world_.violate("notification.once",
                     fmt::format("order {} was mailed {} times", intent->order_id, count));
  }
}

Task<void> Shoppers::check_at_rest(World& world) {
  VerifyReport report =
      co_await verify(world.control(), world.observer(), world.system(), world.stores_at_rest());
  for (const Verdict& verdict : report.verdicts)
    if (!verdict.ok && verdict.severity == Severity::violation)
      world.violate(verdict.name, verdict.findings.empty() ? verdict.text : verdict.findings.front());
  StoppedSystem stores(world.system(), world.stores_at_rest());
  RestingShop resting(stores);
  co_await stores.open();
  Call call(world.control(), world.observer(), "simulation",
            world.control().steady() + std::chrono::minutes(1));
  co_await compare(call, resting);
  co_await stores.close();
}

Task<void> Shoppers::compare(Call& call, RestingShop& resting) {
  std::map<std::string, int64_t> sold;
  std::map<std::string, int64_t> by_key, without_key;
  std::set<std::string> cancelled_by_client;
  for (auto& intent : intents_)
    if (intent->cancel_asked) cancelled_by_client.insert(intent->order_id);
  co_await for_each(call, resting.orders.orders, {}, [&](const Order& row) -> Task<void> {
    const bool keyed = row.idempotency_key.has_value() && row.idempotency_key->starts_with("key-");
    if (keyed) ++by_key[*row.idempotency_key];
    if (row.status == OrderStatus::pending)
      world_.violate("order.half_done", "order " + row.id.value + " is still pending");
    Text<1, 200> confirmation = "order-confirmation:" + row.id.value;
    auto told = co_await resting.notifications.notifications.find(
        call, where(&notification::Notification::idempotency_key) == confirmation);
    if (row.status == OrderStatus::cancelled) {
      Text<1, 200> cancellation = "order-cancelled:" + row.id.value;
      auto cancelled = co_await resting.notifications.notifications.find(
          call, where(&notification::Notification::idempotency_key) == cancellation);
      if (cancelled_by_client.contains(row.id.value) && !cancelled)
        world_.violate("notification.cancellations",
                       "the cancellation of " + row.id.value + " was never told");
      if (told && !cancelled_by_client.contains(row.id.value))
        world_.violate("order.undone_after_confirmation",
                       "order " + row.id.value + " was confirmed to its user and undone");
      co_return;
    }
    if (told && told->status == notification::DeliveryStatus::pending)
      world_.violate("liveness.notifications", "the confirmation of " + row.id.value + " still waits: " +
                                                   co_await resting.delivery_of(call, told->id.value));
    std::map<std::string, int64_t> items;
    co_await for_each(call, resting.orders.items, where(&OrderItem::order_id) == row.id,
                      [&](const OrderItem& item) { items[item.product_id.value] += item.quantity; });
    for (const auto& [product, quantity] : items) sold[product] += quantity;
    if (!row.idempotency_key) ++without_key[signature_of(row.user_id.value, items)];
  });
  const bool doubled = world_.faults_applied()["duplicate"] > 0;
  for (const auto& [signature, count] : without_key)
    if (!doubled && count > maybe_placed_[signature])
      world_.violate("order.once", fmt::format("{} requests without a key made {} orders of {}",
                                               maybe_placed_[signature], count, signature));
  for (const auto& [key, count] : by_key)
    if (count > 1) world_.violate("order.once", fmt::format("{} orders have the key {}", count, key));
  for (const Good& good : stage_.goods) {
    auto product = co_await resting.products.products.find(call, Id<product::Product>{good.id});
    const int64_t least = good.stock + restocked_[good.id] - sold[good.id];
    const int64_t most = least + maybe_restocked_[good.id];
    const int64_t stock = product ? int64_t(product->stock) : -1;
    if (stock < least || (stock > most && !doubled))
      world_.violate("stock.conserved",
                     fmt::format("product {} has {} pieces, not {} to {}", good.id, stock, least, most));
  }
  co_await for_each(call, resting.products.reservations,
                    where(&product::Reservation::state) == product::ReservationState::held,
                    [&](const product::Reservation& row) {
                      world_.violate("stock.reserved",
                                     "the reservation of " + row.id.value + " is still held");
                    });
  if (co_await resting.sagas.find(call, Filter{}))
    world_.violate("liveness.sagas", "sagas are open after everything has come to rest");
}

}  // namespace shop
