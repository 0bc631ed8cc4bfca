// Databases that earlier programs have stored come up with this one, and are sound.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/systems/process.h"
#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

using ::testing::HasSubstr;

// Unpacks the databases of a shop as they were stored on that day.
void unpack(const std::string& day, const std::string& folder) {
  std::filesystem::create_directories(folder);
  const std::string archive = std::string(PORTICO_SOURCE) + "/tests/systems/data/shop-" + day + ".tar.gz";
  Outcome outcome = run({.arguments = {"/usr/bin/tar", "-xzf", archive, "-C", folder},
                         .environment = {},
                         .folder = {},
                         .output = {}});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
}

// With demo data, six orders of which one was cancelled, a correction of stock, one reservation that is held
// and one that was given back.
TEST(Upgrade, AShopFromBeforeAllStockMovementsWereRecorded) {
  TemporaryFolder folder;
  unpack("2026-11-21", folder.path());
  Outcome outcome = portico({"doctor", "shop", "--verify", "--data", folder.path()});
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("ok   order.stock                         6"));
  EXPECT_THAT(outcome.out, HasSubstr("ok   stock.balance                       8"));
  {
    std::unique_ptr<Shop> shop = Shop::start({{"host.data", folder.path()}});
    Reply reply =
        shop->post("user", "/api/users/login", R"({"email":"jane@shop.example","password":"jane-demo-1"})");
    ASSERT_EQ(reply.status, 200) << reply;
    Account jane{.token = reply.text("/data/token")};
    EXPECT_EQ(shop->orders_of(jane), 6u);
    std::string product = shop->get("product", "/api/products?search=queues").text("/data/products/0/id");
    EXPECT_EQ(shop->order(jane, {{product, 2}}).status, 201);
  }
  EXPECT_EQ(portico({"doctor", "shop", "--verify", "--data", folder.path()}).code, 0);
}

}  // namespace
}  // namespace portico::test
