// Backups of a running shop, what becomes of them, and what the check of a shop's data says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "tests/systems/process.h"
#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

using ::testing::HasSubstr;

// The folder of a new backup of the shop in `data`.
std::string back_up(const std::string& data, const std::string& to,
                    const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"backup", "shop", "--data", data, "--to", to};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Outcome outcome = portico(arguments);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  return outcome.out.substr(0, outcome.out.find('\n'));
}

Outcome restore(const std::string& from, const std::string& data, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"restore", "shop", "--from", from, "--data", data};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return portico(arguments);
}

void expect_sound(const std::string& data) {
  Outcome outcome = portico({"doctor", "shop", "--verify", "--data", data});
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("ok   order.stock"));
}

void overwrite(const std::string& path, int64_t from_end, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-from_end, std::ios::end);
  file << bytes;
}

// Customers who place orders and cancel some, until they are told to stop.
class Customers {
 public:
  Customers(Shop& shop, const std::string& product) : url_(shop.url("order")) {
    for (int i = 0; i < 4; ++i) {
      Account account = shop.sign_up("customer" + std::to_string(i));
      threads_.emplace_back([this, account, product] { buy(account, product); });
    }
  }
  ~Customers() { stop(); }
  // Ids of the orders that were acknowledged so far, with their customers' tokens.
  std::vector<std::pair<std::string, std::string>> placed() {
    std::lock_guard lock(mutex_);
    return placed_;
  }
  void stop() {
    stop_ = true;
    for (std::thread& thread : threads_)
      if (thread.joinable()) thread.join();
  }

 private:
  void buy(const Account& account, const std::string& product) {
    Http http;
    for (int i = 0; !stop_; ++i) {
      Reply reply =
          http.send("POST", url_ + "/api/orders", order_body({{product, 1 + i % 3}}), bearer(account.token));
      if (reply.status != 201) continue;
      std::string id = reply.text("/data/order/id");
      if (i % 4 == 0) {
        http.send("POST", url_ + "/api/orders/" + id + "/cancel", "{}", bearer(account.token));
      } else {
        std::lock_guard lock(mutex_);
        placed_.emplace_back(id, account.token);
      }
    }
  }

  const std::string url_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::vector<std::pair<std::string, std::string>> placed_;
  std::vector<std::thread> threads_;
};

TEST(Backup, OfAShopThatTakesOrdersIsWholeAndComesUp) {
  TemporaryFolder folder;
  std::string last, product;
  std::vector<std::pair<std::string, std::string>> acknowledged;
  {
    std::unique_ptr<Shop> busy = Shop::start();
    product = busy->product("9.99", 1'000'000);
    Customers customers(*busy, product);
    for (int i = 0; i < 4; ++i) {
      size_t before = customers.placed().size();
      ASSERT_TRUE(wait_until([&] { return customers.placed().size() >= before + 5; }));
      acknowledged = customers.placed();
      std::string data = folder.path() + "/data" + std::to_string(i);
      last = back_up(busy->data(), folder.path() + "/backups", {"--with-keys"});
      Outcome outcome = restore(last, data);
      EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
      expect_sound(data);
    }
    Outcome refused = portico({"doctor", "shop", "--verify", "--data", busy->data()});
    EXPECT_EQ(refused.code, 6);
    EXPECT_THAT(refused.err, HasSubstr("is running; stop it first"));
  }
  std::unique_ptr<Shop> back = Shop::start({{"host.data", folder.path() + "/data3"}});
  // With the keys, the customers are still signed in.
  for (const auto& [id, token] : acknowledged) {
    Reply reply = back->get("order", "/api/orders/" + id, bearer(token));
    EXPECT_EQ(reply.status, 200) << reply;
  }
  EXPECT_GT(acknowledged.size(), 15u);
  EXPECT_LT(back->stock(product), 1'000'000);
  EXPECT_EQ(back->order(back->user("new"), {{product, 1}}).status, 201);
}

TEST(Backup, ThatIsDamagedIsRefusedWithTheNameOfTheFile) {
  TemporaryFolder folder;
  std::string backup = back_up(shop().data(), folder.path()), data = folder.path() + "/data";
  overwrite(backup + "/order.db", 5000, "\x01");
  Outcome outcome = restore(backup, data);
  EXPECT_EQ(outcome.code, 6);
  EXPECT_THAT(outcome.err, HasSubstr("order.db is damaged"));
  std::filesystem::resize_file(backup + "/user.db", 8192);
  EXPECT_THAT(restore(backup, data).err, HasSubstr("user.db has another size"));
  std::filesystem::remove(backup + "/user.db");
  EXPECT_THAT(restore(backup, data).err, HasSubstr("user.db is missing"));
  std::filesystem::remove(backup + "/manifest.json");
  EXPECT_THAT(restore(backup, data).err, HasSubstr("is no backup"));
  EXPECT_FALSE(std::filesystem::exists(data));
  EXPECT_FALSE(std::filesystem::exists(data + ".restoring"));
}

TEST(Backup, DoesNotOverwriteADataFolder) {
  TemporaryFolder folder;
  std::string backup = back_up(shop().data(), folder.path() + "/b"), data = folder.path() + "/data";
  EXPECT_FALSE(std::filesystem::exists(backup + "/keys"));
  EXPECT_EQ(restore(backup, data).code, 0);
  std::filesystem::create_directory(data + "/keys");
  std::ofstream(data + "/keys/service-secret") << "kept";
  Outcome refused = restore(backup, data);
  EXPECT_EQ(refused.code, 6);
  EXPECT_THAT(refused.err, HasSubstr("is not empty"));
  EXPECT_EQ(restore(backup, data, {"--force"}).code, 0);
  EXPECT_EQ(content_of(data + "/keys/service-secret"), "kept");
  int aside = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    aside += entry.path().filename().string().starts_with("data.before-");
  EXPECT_EQ(aside, 1);
  // The data of a system that runs is left alone.
  Outcome running = restore(backup, shop().data(), {"--force"});
  EXPECT_EQ(running.code, 6);
  EXPECT_THAT(running.err, HasSubstr("is running"));
}

TEST(Backup, IsTakenByItselfAndCounted) {
  TemporaryFolder folder;
  std::unique_ptr<Shop> kept =
      Shop::start({{"backup.every", "500ms"}, {"backup.keep", "2"}, {"backup.folder", folder.path()}});
  auto listed = [&] {
    Outcome outcome = portico({"backup", "ls", "shop", "--json", "--set", "backup.folder=" + folder.path()});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return boost::json::parse(outcome.out).as_array();
  };
  std::string first;
  ASSERT_TRUE(wait_until([&] { return !listed().empty(); }));
  first = listed().back().at("path").as_string();
  ASSERT_TRUE(wait_until([&] { return !std::filesystem::exists(first); }));
  EXPECT_LE(listed().size(), 3u);  // one may have come before the oldest has gone
  std::string metrics = kept->get("user", "/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("backups_total{outcome=\"ok\"} "));
  EXPECT_THAT(metrics, HasSubstr("backups_total{outcome=\"failed\"} 0"));
  EXPECT_THAT(metrics, ::testing::ContainsRegex("backup_age_seconds [0-9]"));
}

TEST(Verify, NamesWhatIsBroken) {
  TemporaryFolder folder;
  shop().product("5.00", 3);
  std::string data = folder.path() + "/data";
  EXPECT_EQ(restore(back_up(shop().data(), folder.path()), data).code, 0);
  overwrite(data + "/product.db", 3 * 4096, std::string(3 * 4096, '\x01'));
  Outcome outcome = portico({"doctor", "shop", "--verify", "--json", "--data", data});
  EXPECT_EQ(outcome.code, 1) << outcome.err;
  boost::json::value report = boost::json::parse(outcome.out);
  EXPECT_FALSE(report.at("ok").as_bool());
  for (const boost::json::value& verdict : report.at("verdicts").as_array()) {
    std::string name(verdict.at("name").as_string());
    if (name == "store.product") {
      EXPECT_FALSE(verdict.at("ok").as_bool());
    }
    if (name == "store.order") {
      EXPECT_TRUE(verdict.at("ok").as_bool());
    }
  }
}

}  // namespace
}  // namespace portico::test
