// A service that is down: what still works, and how fast the rest says no.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/systems/process.h"
#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

// A shop of its own, because its breakers open. Calls time out after two seconds, so that a stopped process
// is soon noticed.
class Outage : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { own_ = Shop::start({{"call.timeout", "2s"}}); }
  static void TearDownTestSuite() { own_.reset(); }
  static Shop& own() { return *own_; }

  // Down until the end of the scope, whatever happens in it.
  struct Down {
    explicit Down(std::string service) : name(std::move(service)) { own().stop_service(name); }
    ~Down() { own().start_service(name); }
    std::string name;
  };

  static size_t mails_about(const Account& user, const std::string& order_id) {
    Reply mails = own().mails_to(user.email);
    size_t count = 0;
    for (size_t i = 0; i < mails.size("/data/mails"); ++i)
      count += mails.text("/data/mails/" + std::to_string(i) + "/text").find(order_id) != std::string::npos;
    return count;
  }

  // What the order service says about itself and the breaker before the product service.
  static void expect_towards_product(const std::string& status, const std::string& breaker) {
    Reply health = own().get("order", "/health");
    EXPECT_EQ(health.status, 200) << health;
    EXPECT_EQ(health.text("/success"), "true");
    EXPECT_EQ(health.text("/status"), status) << health;
    EXPECT_EQ(health.text("/neighbours/product"), breaker) << health;
    const std::string sample = R"(call_breaker_open{service="order",target="product"} )";
    EXPECT_THAT(own().get("order", "/metrics").body, HasSubstr(sample + (breaker == "open" ? "2" : "0")));
  }

 private:
  inline static std::unique_ptr<Shop> own_;
};

TEST_F(Outage, WithoutTheNotificationServiceAnOrderIsConfirmedAndTheMessageComesLater) {
  Account buyer = own().sign_up("no.notification");
  std::string product = own().product("12.50", 5);
  std::string order_id;
  {
    Down down("notification");
    Reply order = own().order(buyer, {{product, 2}});
    ASSERT_EQ(order.status, 201) << order;
    EXPECT_EQ(order.text("/data/order/status"), "confirmed");
    order_id = order.text("/data/order/id");
    EXPECT_EQ(own().stock(product), 3);
    EXPECT_TRUE(wait_until(
        [] { return own().log().find("notification failed (non-critical)") != std::string::npos; }));
  }
  EXPECT_TRUE(wait_until([&] { return mails_about(buyer, order_id) > 0; })) << own().mails_to(buyer.email);
  EXPECT_EQ(mails_about(buyer, order_id), 1u);
  Reply list = own().get("notification", "/api/notifications/user/" + buyer.id, bearer(buyer.token));
  int about = 0;
  for (size_t i = 0; i < list.size("/data"); ++i)
    about += list.text("/data/" + std::to_string(i) + "/description").find(order_id) != std::string::npos;
  EXPECT_EQ(about, 1) << list;
}

TEST_F(Outage, WithoutTheProductServiceOrdersAreReadWithoutProductsAndRefusedFast) {
  Account buyer = own().sign_up("no.products");
  std::string product = own().product("3.00", 5);
  Reply before = own().order(buyer, {{product, 1}});
  ASSERT_EQ(before.status, 201) << before;
  expect_towards_product("healthy", "closed");
  {
    Down down("product");
    const auto asked = std::chrono::steady_clock::now();
    Reply read = own().get("order", "/api/orders/" + before.text("/data/order/id"), bearer(buyer.token));
    EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(5));
    ASSERT_EQ(read.status, 200) << read;
    EXPECT_TRUE(read.at("/data/order/items/0/product").is_null()) << read;
    EXPECT_EQ(read.text("/data/order/items/0/name"), "Lamp");
    Reply list = own().get("order", "/api/orders", bearer(buyer.token));
    EXPECT_EQ(list.status, 200) << list;
    EXPECT_EQ(list.size("/data/orders"), 1u);

    const auto ordered = std::chrono::steady_clock::now();
    Reply refused = own().order(buyer, {{product, 1}});
    EXPECT_LT(std::chrono::steady_clock::now() - ordered, std::chrono::seconds(5));
    EXPECT_THAT(refused.status, AnyOf(503, 504)) << refused;  // 504: the stopped process lets it wait
    EXPECT_EQ(refused.text("/success"), "false");

    // After enough failures the breaker answers at once.
    std::vector<std::thread> running;
    std::string url = own().url("order") + "/api/orders";
    for (int i = 0; i < 30; ++i)
      running.emplace_back(
          [&] { Http().send("POST", url, order_body({{product, 1}}), bearer(buyer.token)); });
    for (std::thread& thread : running) thread.join();
    auto started = std::chrono::steady_clock::now();
    Reply fast = own().order(buyer, {{product, 1}});
    auto took = std::chrono::steady_clock::now() - started;
    EXPECT_EQ(fast.status, 503) << fast;
    EXPECT_LT(took, std::chrono::milliseconds(500));
    EXPECT_TRUE(fast.has("retry-after")) << fast;
    expect_towards_product("degraded", "open");
    EXPECT_EQ(own().get("order", "/readyz").status, 200);
    started = std::chrono::steady_clock::now();
    EXPECT_EQ(own().orders_of(buyer), 1u);
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::milliseconds(500));
  }
  // The breaker tries again after its wait.
  EXPECT_TRUE(wait_until([&] { return own().order(buyer, {{product, 1}}).status == 201; }, 30'000));
  EXPECT_EQ(own().stock(product), 3);
  EXPECT_TRUE(wait_until([&] {
    own().order(buyer, {{product, 1}});
    return own().get("order", "/health").text("/neighbours/product") == "closed";
  }));
  expect_towards_product("healthy", "closed");
}

TEST_F(Outage, WithoutTheUserServiceNothingIsOrderedButTheCatalogueIsRead) {
  Account buyer = own().sign_up("no.users");
  std::string product = own().product("3.00", 5);
  {
    Down down("user");
    Reply refused = own().order(buyer, {{product, 1}});
    EXPECT_THAT(refused.status, AnyOf(503, 504)) << refused;
    EXPECT_EQ(own().get("product", "/api/products/" + product).status, 200);
    EXPECT_EQ(own().get("order", "/api/orders", bearer(buyer.token)).status, 200);
  }
  EXPECT_EQ(own().stock(product), 5);
  EXPECT_EQ(own().orders_of(buyer), 0u);
}

TEST_F(Outage, TheGatewayAnswersForAStoppedServiceInTheShapeOfTheSystem) {
  if (mode() != Mode::split) GTEST_SKIP() << "in one process the services live and die with the gateway";
  Down down("notification");
  Reply board = own().get("gateway", "/health");
  EXPECT_EQ(board.text("/services/notification/status"), "unreachable") << board;
  EXPECT_EQ(board.text("/services/order/status"), "healthy") << board;
  EXPECT_EQ(board.text("/status"), "degraded") << board;
}

TEST_F(Outage, AKilledServiceIsStartedAgainWithItsData) {
  if (mode() != Mode::split) GTEST_SKIP() << "in one process the services live and die with the gateway";
  std::string product = own().product("3.00", 5);
  own().kill_service("product");
  EXPECT_TRUE(wait_until([&] { return own().get("product", "/api/products/" + product).status == 200; }));
  EXPECT_EQ(own().stock(product), 5);
}

}  // namespace
}  // namespace portico::test
