// That the invariants hold after what the shop does, and that each notices what it is there for.
#include <gmock/gmock.h>

#include "systems/shop/notification/collections.h"
#include "systems/shop/order/collections.h"
#include "systems/shop/product/collections.h"
#include "systems/shop/test_support.h"

namespace shop {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct NotificationRows : notification::Collections {
  explicit NotificationRows(Store& store)
      : notification::Collections(store), places(bus::places_in(store)), parked(bus::parked_in(store)) {}
  Collection<bus::BusPlace> places;
  Collection<ParkedDelivery> parked;
};

// A shop that has sold something and taken something back, stopped.
class Invariants : public ::testing::Test {
 protected:
  Invariants() {
    user::SignedIn admin = shop_.sign_up_admin("ada@shop.test");
    Ask by_admin{.token = admin.token};
    category_ = at<std::string>(
        shop_.ask("product", POST, "/api/categories", R"({"name":"Things"})", {.internal = true}),
        {"data", "category", "id"});
    product_ = make_product("19.99", 10);
    std::string change = R"({"stock":15,"name":"Better lamp"})";
    EXPECT_EQ(shop_.ask("product", PUT, "/api/products/" + product_, change, by_admin).status, 200);
    EXPECT_EQ(shop_
                  .ask("product", PUT, "/api/products/" + product_ + "/stock", R"({"quantity":-2})",
                       {.internal = true})
                  .status,
              200);
    buyer_ = shop_.sign_up("jane@shop.test");
    order_ = order(3);
    std::string cancelled = order(2);
    EXPECT_EQ(shop_.ask("order", POST, "/api/orders/" + cancelled + "/cancel", "{}", {buyer_.token}).status,
              200);
    reserve_and_release();
    shop_.settle();
    shop_.stop();
  }

  std::string make_product(std::string price, int stock) {
    net::Response answer = shop_.ask("product", POST, "/api/products",
                                     R"({"name":"Lamp","price":)" + price + R"(,"stock":)" +
                                         std::to_string(stock) + R"(,"categoryId":")" + category_ + R"("})",
                                     {.internal = true});
    return at<std::string>(answer, {"data", "product", "id"});
  }
  std::string order(int quantity) {
    std::string body =
        R"({"items":[{"productId":")" + product_ + R"(","quantity":)" + std::to_string(quantity) + "}]}";
    net::Response answer = shop_.ask("order", POST, "/api/orders", body, {buyer_.token});
    EXPECT_EQ(answer.status, 201) << answer.body;
    return at<std::string>(answer, {"data", "order", "id"});
  }
  // Names the product twice: stock moves once a product.
  void reserve_and_release() {
    std::string line = R"({"productId":")" + product_ + R"(","quantity":1})";
    std::string body = R"({"orderId":"tentative","items":[)" + line + "," + line + "]}";
    net::Response answer = shop_.ask("product", POST, "/api/products/reservations", body, {.internal = true});
    EXPECT_EQ(answer.status, 201) << answer.body;
    std::string id = at<std::string>(answer, {"data", "reservation", "id"});
    EXPECT_EQ(
        shop_.ask("product", DELETE, "/api/products/reservations/" + id, "", {.internal = true}).status / 100,
        2);
  }
  // The names of what is violated, and of warnings.
  std::vector<std::string> violated() {
    VerifyReport report = shop_.verify_data();
    std::vector<std::string> names;
    for (const Verdict& verdict : report.verdicts) {
      if (verdict.ok) continue;
      names.push_back(verdict.name);
      if (verdict.severity == Severity::violation) {
        EXPECT_FALSE(report.ok);
      }
      for (const std::string& finding : verdict.findings) findings_ += finding + "\n";
    }
    return names;
  }
  template <class Collections, class Work>
  void damage(std::string service, Work work) {
    shop_.in_store<Collections>(std::move(service), work);
  }

  TestShop shop_;
  std::string category_, product_, order_, findings_;
  user::SignedIn buyer_;
};

TEST_F(Invariants, HoldAfterOrdersCorrectionsAndReservations) {
  VerifyReport report = shop_.verify_data();
  EXPECT_TRUE(report.ok);
  int64_t orders = 0, products = 0;
  for (const Verdict& verdict : report.verdicts) {
    EXPECT_TRUE(verdict.ok) << verdict.name << ": " << ::testing::PrintToString(verdict.findings);
    if (verdict.name == "order.stock") orders = verdict.checked;
    if (verdict.name == "stock.balance") products = verdict.checked;
  }
  EXPECT_EQ(orders, 2);
  EXPECT_EQ(products, 1);
}

TEST_F(Invariants, HoldForAShopThatWasStoppedInTheMiddle) {
  shop_.start();
  order(1);
  shop_.stop();  // its confirmation may still wait
  EXPECT_THAT(violated(), IsEmpty()) << findings_;
}

TEST_F(Invariants, NoticeStockThatDoesNotComeFromItsMovements) {
  damage<product::Collections>("product", [&](Unit& unit, product::Collections& in) -> Task<void> {
    co_await in.products.change(unit, Id<product::Product>{product_}, add(&product::Product::stock, 1));
  });
  EXPECT_THAT(violated(), ElementsAre("stock.balance"));
  EXPECT_THAT(findings_, HasSubstr("a stock of 11, its movements make 10"));
  damage<product::Collections>("product", [&](Unit& unit, product::Collections& in) -> Task<void> {
    co_await in.products.change(unit, Id<product::Product>{product_}, add(&product::Product::stock, -15));
  });
  EXPECT_THAT(violated(), ElementsAre("stock.not_negative", "stock.balance"));
}

TEST_F(Invariants, NoticeAnOrderThatHasTakenTooMuchOrNothing) {
  damage<product::Collections>("product", [&](Unit& unit, product::Collections& in) -> Task<void> {
    co_await in.movements.update_all(unit,
                                     where(&product::StockMovement::order_id) == Id<order::Order>{order_},
                                     {add(&product::StockMovement::delta, -3)});
    co_await in.products.change(unit, Id<product::Product>{product_}, add(&product::Product::stock, -3));
  });
  EXPECT_THAT(violated(), ElementsAre("order.stock"));
  EXPECT_THAT(findings_, HasSubstr("is confirmed: taken are 6 of"));
}

TEST_F(Invariants, NoticeACancelledOrderThatKeepsItsStock) {
  damage<order::Collections>("order", [&](Unit& unit, order::Collections& in) -> Task<void> {
    co_await in.orders.change(unit, Id<order::Order>{order_},
                              set(&order::Order::status, order::OrderStatus::cancelled));
    co_await in.items.update_all(unit, where(&order::OrderItem::order_id) == Id<order::Order>{order_},
                                 {set(&order::OrderItem::status, order::ItemStatus::cancelled)});
  });
  EXPECT_THAT(violated(), ElementsAre("order.stock"));
}

TEST_F(Invariants, NoticeStockTakenForAnOrderThatIsNotThere) {
  damage<order::Collections>("order", [&](Unit& unit, order::Collections& in) -> Task<void> {
    co_await in.orders.remove(unit, Id<order::Order>{order_});
  });
  EXPECT_THAT(violated(), ElementsAre("stock.orders"));
}

TEST_F(Invariants, NoticeATotalOrAnItemThatDoesNotAgree) {
  damage<order::Collections>("order", [&](Unit& unit, order::Collections& in) -> Task<void> {
    co_await in.orders.change(unit, Id<order::Order>{order_}, add(&order::Order::total_amount, 1));
  });
  EXPECT_THAT(violated(), ElementsAre("order.items"));
  EXPECT_THAT(findings_, HasSubstr("costs 59.98, its items 59.97"));
  damage<order::Collections>("order", [&](Unit& unit, order::Collections& in) -> Task<void> {
    co_await in.orders.change(unit, Id<order::Order>{order_}, add(&order::Order::total_amount, -1));
    co_await in.items.update_all(unit, where(&order::OrderItem::order_id) == Id<order::Order>{order_},
                                 {set(&order::OrderItem::status, order::ItemStatus::pending)});
  });
  EXPECT_THAT(violated(), ElementsAre("order.items"));
}

TEST_F(Invariants, NoticeAnOrderThatNobodyHasFinished) {
  damage<order::Collections>("order", [&](Unit& unit, order::Collections& in) -> Task<void> {
    co_await in.orders.change(unit, Id<order::Order>{order_},
                              set(&order::Order::status, order::OrderStatus::pending),
                              set(&order::Order::created_at, Time{}));
    co_await in.items.update_all(unit, where(&order::OrderItem::order_id) == Id<order::Order>{order_},
                                 {set(&order::OrderItem::status, order::ItemStatus::pending)});
  });
  EXPECT_THAT(violated(), ElementsAre("order.pending"));
}

TEST_F(Invariants, NoticeAnOrderConfirmedNeverOrTwice) {
  notification::Notification sent;
  damage<notification::Collections>(
      "notification", [&](Unit& unit, notification::Collections& in) -> Task<void> {
        Text<1, 200> key = "order-confirmation:" + order_;
        auto found =
            co_await in.notifications.find(unit, where(&notification::Notification::idempotency_key) == key);
        sent = *found;
        sent.id.value += "2";
        sent.idempotency_key = "another";
        co_await in.notifications.insert(unit, sent);
      });
  EXPECT_THAT(violated(), ElementsAre("notification.confirmations"));
  EXPECT_THAT(findings_, HasSubstr("once more"));
  findings_.clear();
  damage<notification::Collections>("notification",
                                    [&](Unit& unit, notification::Collections& in) -> Task<void> {
                                      co_await in.notifications.remove_all(unit, {});
                                    });
  EXPECT_THAT(violated(), ElementsAre("notification.confirmations"));
  EXPECT_THAT(findings_, HasSubstr("never confirmed"));
}

TEST_F(Invariants, HoldWhenTheUserHasRemovedTheConfirmation) {
  shop_.start();
  std::string id = at<std::vector<notification::Notification>>(
                       shop_.ask("notification", GET, "/api/notifications/user/" + buyer_.user.id.value, "",
                                 {buyer_.token}),
                       {"data"})
                       .back()
                       .id.value;
  EXPECT_EQ(shop_.ask("notification", DELETE, "/api/notifications/" + id, "", {buyer_.token}).status, 200);
  shop_.stop();
  EXPECT_THAT(violated(), IsEmpty()) << findings_;
}

TEST_F(Invariants, NoticeWhatNobodyWillSend) {
  damage<notification::Collections>(
      "notification", [&](Unit& unit, notification::Collections& in) -> Task<void> {
        co_await in.notifications.update_all(
            unit, {}, {set(&notification::Notification::status, notification::DeliveryStatus::pending)});
      });
  EXPECT_THAT(violated(), ElementsAre("notification.sending"));
}

TEST_F(Invariants, NoticeAGroupAheadOfItsPublisherAndWarnOfDeadLetters) {
  damage<NotificationRows>("notification", [&](Unit& unit, NotificationRows& in) -> Task<void> {
    co_await in.places.update_all(unit, {}, {add(&bus::BusPlace::place, 1000)});
  });
  EXPECT_THAT(violated(), ElementsAre("bus.places"));
  damage<NotificationRows>("notification", [&](Unit& unit, NotificationRows& in) -> Task<void> {
    co_await in.places.update_all(unit, {}, {add(&bus::BusPlace::place, -1000)});
  });
  damage<NotificationRows>("notification", [&](Unit& unit, NotificationRows& in) -> Task<void> {
    ParkedDelivery dead{.id = bus::parked_id("notification.orders", "order", 1),
                        .group = "notification.orders",
                        .source = "order",
                        .sequence = 1,
                        .event_id = "e",
                        .type = "order.cancelled.v1",
                        .state = DeliveryState::dead,
                        .reason = "stock.full"};
    co_await in.parked.insert(unit, dead);
  });
  VerifyReport report = shop_.verify_data();
  EXPECT_TRUE(report.ok);
  EXPECT_THAT(violated(), ElementsAre("bus.dead_letters"));
  EXPECT_THAT(findings_, HasSubstr("stock.full"));
}

}  // namespace
}  // namespace shop
