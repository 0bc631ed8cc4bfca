// Processes that are killed while orders are on their way.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "tests/systems/process.h"
#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

constexpr int pieces = 100'000, buyers = 8, rounds_max = 10, wanted_interruptions = 3;

// Buyers who order without a pause until they are told to stop.
class Rush {
 public:
  Rush(Shop& shop, const std::vector<Account>& users, const std::string& first, const std::string& second) {
    for (const Account& user : users)
      threads_.emplace_back([this, url = shop.url("order") + "/api/orders", headers = bearer(user.token),
                             body = order_body({{first, 2}, {second, 1}})] {
        Http http;
        while (!stop_) {
          Reply reply = http.send("POST", url, body, headers);
          if (reply.status != 201) continue;
          std::lock_guard lock(mutex_);
          confirmed_.insert(reply.text("/data/order/id"));
        }
      });
  }
  ~Rush() { stop(); }
  void stop() {
    stop_ = true;
    for (std::thread& thread : threads_)
      if (thread.joinable()) thread.join();
  }
  std::set<std::string> confirmed() {
    std::lock_guard lock(mutex_);
    return confirmed_;
  }

 private:
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::set<std::string> confirmed_;
  std::vector<std::thread> threads_;
};

std::set<std::string> orders_with(Shop& shop, const std::string& status) {
  std::set<std::string> ids;
  for (int page = 1;; ++page) {
    Reply reply =
        shop.get("order", "/api/admin/orders?limit=100&status=" + status + "&page=" + std::to_string(page),
                 bearer(shop.admin().token));
    EXPECT_EQ(reply.status, 200) << reply;
    const size_t count = reply.size("/data/orders");
    for (size_t i = 0; i < count; ++i) ids.insert(reply.text("/data/orders/" + std::to_string(i) + "/id"));
    if (count < 100) return ids;
  }
}

bool ready(Shop& shop) {
  for (const char* place : {"user", "product", "order"})
    if (shop.get(place, "/readyz").status != 200) return false;
  return true;
}

TEST(Restart, OrdersThatAreInterruptedAreCompletedOrUndoneAndTheStockAgrees) {
  std::unique_ptr<Shop> own = Shop::start_mortal();
  std::vector<Account> users;
  for (int i = 0; i < buyers; ++i) users.push_back(own->sign_up("buyer." + std::to_string(i)));
  const std::string first = own->product("1.00", pieces, "First"), second = own->product("2.00", pieces);
  HeaderLines key = {"Idempotency-Key: before-the-end"};
  const std::string kept = own->order(users[0], {{first, 1}}, key).text("/data/order/id");
  own->admin();

  std::set<std::string> answered;
  size_t interrupted = 0;
  int round = 0;
  for (; round < rounds_max && interrupted < wanted_interruptions; ++round) {
    Rush rush(*own, users, first, second);
    ASSERT_TRUE(wait_until([&] { return rush.confirmed().size() >= 20; }));
    own->kill_service(round % 2 ? "product" : "order");
    rush.stop();
    answered.merge(rush.confirmed());
    ASSERT_TRUE(wait_until([&] { return ready(*own); })) << own->log();
    interrupted += orders_with(*own, "pending").size();
  }
  EXPECT_GE(interrupted, wanted_interruptions) << "no order was on its way in " << round << " rounds";
  RecordProperty("interrupted", int(interrupted));
  std::printf("%zu orders were interrupted in %d rounds\n", interrupted, round);

  EXPECT_TRUE(wait_until([&] { return orders_with(*own, "pending").empty(); }, 90'000));
  const std::set<std::string> confirmed = orders_with(*own, "confirmed");
  for (const std::string& id : answered) EXPECT_TRUE(confirmed.contains(id)) << id;
  const auto taken = [&] { return int64_t(orders_with(*own, "confirmed").size()) - 1; };
  EXPECT_TRUE(wait_until([&] { return own->stock(first) == pieces - 1 - 2 * taken(); }))
      << own->stock(first) << " left after " << taken();
  EXPECT_EQ(own->stock(second), pieces - taken());

  Reply again = own->order(users[0], {{first, 1}}, key);
  EXPECT_EQ(again.status, 201) << again;
  EXPECT_EQ(again.text("/data/order/id"), kept);
}

}  // namespace
}  // namespace portico::test
