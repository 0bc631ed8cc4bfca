// One service of the shop put back to an earlier time, until it may go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/systems/process.h"
#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Quarantine : public ::testing::Test {
 protected:
  std::unique_ptr<Shop> start() { return Shop::start({{"host.data", data_}}); }
  Outcome command(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--data", data_});
    return portico(std::move(arguments));
  }
  // Orders one and cancels it; the stock comes back by an event.
  void order_and_cancel(Shop& shop, const Account& buyer) {
    int64_t before = shop.stock(product_);
    Reply placed = shop.order(buyer, {{product_, 1}});
    ASSERT_EQ(placed.status, 201) << placed;
    EXPECT_EQ(shop.stock(product_), before - 1);
    std::string path = "/api/orders/" + placed.text("/data/order/id") + "/cancel";
    EXPECT_EQ(shop.post("order", path, "{}", bearer(buyer.token)).status, 200);
    EXPECT_TRUE(wait_until([&] { return shop.stock(product_) == before; }));
  }

  TemporaryFolder folder_;
  const std::string data_ = folder_.path() + "/data";
  std::string product_;
};

TEST_F(Quarantine, HoldsAServiceBackUntilItIsReconciledAndReleased) {
  std::string backup, known, lost;
  Account buyer;
  {
    std::unique_ptr<Shop> shop = start();
    buyer = shop->sign_up("buyer");
    product_ = shop->product("3.00", 100);
    known = shop->order(buyer, {{product_, 1}}).text("/data/order/id");
    backup = command({"backup", "shop", "--to", folder_.path()}).out;
    backup.pop_back();
    lost = shop->order(buyer, {{product_, 2}}).text("/data/order/id");
    for (int i = 0; i < 3; ++i) order_and_cancel(*shop, buyer);
    Outcome running = command({"restore", "shop", "--service", "order", "--from", backup});
    EXPECT_EQ(running.code, 6);
    EXPECT_THAT(running.err, HasSubstr("is running"));
  }
  Outcome restored = command({"restore", "shop", "--service", "order", "--from", backup});
  ASSERT_EQ(restored.code, 0) << restored.err;
  EXPECT_THAT(command({"release", "shop", "order"}).err, HasSubstr("portico reconcile shop order"));
  {
    std::unique_ptr<Shop> shop = start();
    EXPECT_EQ(shop->get("order", "/api/orders/" + known, bearer(buyer.token)).status, 200);
    EXPECT_EQ(shop->get("order", "/api/orders/" + lost, bearer(buyer.token)).status, 404);
    Reply refused = shop->order(buyer, {{product_, 1}});
    EXPECT_EQ(refused.status, 503) << refused;
    EXPECT_THAT(refused.body, HasSubstr("takes no changes yet"));
    Reply health = shop->get("order", "/health");
    EXPECT_EQ(health.status, 503);
    EXPECT_EQ(health.text("/services/quarantine"), "quarantined");
    EXPECT_EQ(shop->get("product", "/health").status, 200);
  }
  Outcome different = command({"reconcile", "shop", "order"});
  EXPECT_EQ(different.code, 1);
  EXPECT_THAT(different.out, HasSubstr("DIFF notification.orders has handled events"));
  EXPECT_THAT(different.out, HasSubstr("taken for order " + lost + ", which does not exist"));
  Outcome released = command({"release", "shop", "order"});
  EXPECT_EQ(released.code, 0) << released.err;
  EXPECT_EQ(command({"release", "shop", "order"}).code, 6);
  std::unique_ptr<Shop> shop = start();
  EXPECT_EQ(shop->get("order", "/health").status, 200);
  order_and_cancel(*shop, buyer);
}

TEST_F(Quarantine, IsOnlyForServicesOfTheSystemAndOfTheBackup) {
  EXPECT_EQ(command({"restore", "shop", "--service", "ordr", "--from", folder_.path()}).code, 2);
  EXPECT_THAT(command({"restore", "shop", "--service", "order", "--from", folder_.path()}).err,
              HasSubstr("is no backup"));
  EXPECT_FALSE(std::filesystem::exists(data_ + "/order.quarantine"));
  EXPECT_THAT(command({"reconcile", "shop", "order"}).err, HasSubstr("is in no quarantine"));
}

}  // namespace
}  // namespace portico::test
