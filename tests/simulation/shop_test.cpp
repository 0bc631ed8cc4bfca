// The shop in simulated processes: customers buy while everything fails, and any process dies at any point of
// one purchase.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "portico/runtime/sync.h"
#include "portico/schema/json.h"
#include "portico/sim/run.h"
#include "systems/shop/order/api.h"
#include "systems/shop/product/api.h"
#include "systems/shop/system.h"
#include "systems/shop/user/api.h"

namespace portico::sim {
namespace {

constexpr int customers = 3;
constexpr int64_t stock_at_first = 40;
const std::string password = "password123";

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "portico-sim-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string email_of(int customer) { return "customer" + std::to_string(customer) + "@shop.example"; }

// Three customers and one product; its id is remembered.
Task<std::string> fill(World& world) {
  Call call = world.services().call(std::chrono::minutes(1));
  auto users = world.services().client<shop::user::Api>("user");
  for (int i = 0; i < customers; ++i) {
    shop::user::Registration registration{
        .first_name = "Jane", .last_name = "Doe", .email = email_of(i), .password = password};
    co_await users.register_user(call, std::move(registration));
  }
  auto products = world.services().client<shop::product::Api>("product");
  shop::product::NewCategory category{.name = "Things"};
  const auto made = co_await products.create_category(call, std::move(category));
  shop::product::NewProduct wanted{
      .name = "Thing", .price = Money{1000}, .category_id = made.id, .stock = stock_at_first};
  const auto product = co_await products.create(call, std::move(wanted));
  co_return product.id.value;
}

net::Request json_request(net::Verb verb, std::string target, std::string body, const std::string& token) {
  net::Request request{.verb = verb, .target = std::move(target), .body = std::move(body)};
  if (!request.body.empty()) request.headers.set("content-type", "application/json");
  if (!token.empty()) request.headers.set("authorization", "Bearer " + token);
  return request;
}

template <class T>
std::optional<T> at(const net::Response& answer, std::vector<std::string_view> path) {
  T value{};
  if (!schema::read_json_at(answer.body, path, schema::type_of<T>(), &value).empty()) return std::nullopt;
  return value;
}

class Purchases : public Workload {
 public:
  Purchases(World& world, int buyers, int orders_each)
      : random_(make_seeded_random(world.random().next())), buyers_(buyers), orders_each_(orders_each) {}

  Task<void> load(World& world) override {
    std::vector<Task<void>> tasks;
    for (int i = 0; i < buyers_; ++i) tasks.push_back(shop_as(world, i));
    co_await all(std::move(tasks));
    co_await world.client().sleep(std::chrono::seconds(3));  // what follows from an order is under faults too
  }

  Task<void> check(World& world) override {
    Call call = world.services().call(std::chrono::seconds(20));
    auto products = world.services().client<shop::product::Api>("product");
    for (const auto& [id, token] : placed_) {
      auto answer = co_await world.ask("gateway", json_request(GET, "/api/orders/" + id, "", token));
      if (!answer || answer->status != 200)
        world.violate("an_order_is_kept", id + (answer ? " " + answer->body : ""));
      else if (at<std::vector<shop::order::ItemView>>(*answer, {"data", "order", "items"})->size() != 1)
        world.violate("an_order_is_whole", id + " " + answer->body);
    }
    const auto product = co_await products.read(call, ById<shop::product::Product>{{world.notes()}});
    if (product.stock < 0 || product.stock > stock_at_first - int64_t(placed_.size()))
      world.violate("sold_goods_leave_the_stock",
                    std::to_string(int64_t(product.stock)) + " left, sold " + std::to_string(placed_.size()));
  }

 private:
  Task<std::string> sign_in(World& world, int customer) {
    const std::string body = R"({"email":")" + email_of(customer) + R"(","password":")" + password + R"("})";
    for (int tries = 0; tries < 20; ++tries) {
      auto answer = co_await world.ask("gateway", json_request(POST, "/api/users/login", body, ""));
      world.count(answer ? "login " + std::to_string(answer->status) : "login failed");
      if (answer && answer->status == 200)
        if (auto token = at<std::string>(*answer, {"data", "token"})) co_return *token;
      co_await world.client().sleep(Duration(random_->below(1'000'000)));
    }
    co_return std::string();
  }

  Task<void> shop_as(World& world, int customer) {
    const std::string token = co_await sign_in(world, customer);
    if (token.empty()) co_return;
    for (int i = 0; i < orders_each_; ++i) {
      const std::string body = R"({"items":[{"productId":")" + world.notes() + R"(","quantity":1}]})";
      for (int tries = 0; tries < 4; ++tries) {
        net::Request request = json_request(POST, "/api/orders", body, token);
        request.headers.set("idempotency-key", std::to_string(customer) + "-" + std::to_string(i));
        auto answer = co_await world.ask("gateway", std::move(request), std::chrono::seconds(10));
        world.count(answer ? "order " + std::to_string(answer->status) : "order failed");
        if (answer && answer->status == 201) {
          if (auto id = at<std::string>(*answer, {"data", "order", "id"})) placed_.emplace(*id, token);
          break;
        }
        co_await world.client().sleep(Duration(random_->below(1'000'000)));
      }
      co_await world.client().sleep(Duration(random_->below(3'000'000)));
    }
  }

  std::unique_ptr<Random> random_;
  const int buyers_, orders_each_;
  std::map<std::string, std::string> placed_;  // order, and the token of its customer
};

Scenario scenario_of(const SystemSpec& system, int buyers, int orders_each) {
  return {.name = "shop",
          .system = &system,
          .settings = {{"security.internal_key", "9f2c41d07be8a6535d1f0c97e4b28a36"}},
          .prepare = fill,
          .make = [=](World& world) { return std::make_unique<Purchases>(world, buyers, orders_each); },
          .sometimes = {}};
}

int64_t count_of(const std::vector<Count>& counts, std::string_view name) {
  for (const Count& count : counts)
    if (count.name == name) return count.count;
  return 0;
}

class Shop : public testing::TestWithParam<Topology> {
 protected:
  RunOptions options(uint64_t seed) {
    return {.topology = GetParam(), .seed = seed, .keys = keys_.path(), .snapshot = &snapshot_};
  }
  const TemporaryFolder keys_;
  const SystemSpec system_ = shop::make_shop();
  const Scenario scenario_ = scenario_of(system_, customers, 8);
  const Snapshot snapshot_ = prepare(scenario_, GetParam(), keys_.path());
};

TEST_P(Shop, SellsWithoutFaults) {
  const RunResult result = run(scenario_, options(1));
  EXPECT_TRUE(result.violations.empty()) << schema::to_json(result);
  EXPECT_EQ(count_of(result.operations, "order 201"), customers * 8) << schema::to_json(result);
}

TEST_P(Shop, KeepsItsPromisesUnderFaults) {
  int64_t sold = 0, crashes = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    RunOptions faulty = options(seed);
    faulty.faults = make_faults(seed, {.processes = process_names(system_, GetParam())});
    const RunResult result = run(scenario_, faulty);
    EXPECT_TRUE(result.violations.empty()) << schema::to_json(result) << schema::to_json(faulty.faults);
    crashes += result.crashes;
    sold += count_of(result.operations, "order 201");
  }
  EXPECT_GT(sold, 20 * 10);
  EXPECT_GT(crashes, 10);
}

TEST_P(Shop, TheSameSeedDoesTheSame) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    RunOptions faulty = options(seed);
    faulty.faults = make_faults(seed, {.processes = process_names(system_, GetParam())});
    const std::string hash = run(scenario_, faulty).event_hash;
    EXPECT_EQ(hash, run(scenario_, faulty).event_hash) << "seed " << seed;
    RecordProperty("hash_" + std::to_string(seed), hash);  // to compare runs of this program
  }
}

// One purchase, with every process crashed before and after each of its operations on the disk and each of
// its requests, until there are no more of them.
TEST_P(Shop, AnyProcessMayDieAtAnyPointOfAPurchase) {
  const Scenario purchase = scenario_of(system_, 1, 1);
  constexpr PowerCut powers[] = {PowerCut::lose_all, PowerCut::lose_some, PowerCut::tear, PowerCut::keep_all};
  int points = 0;
  for (const std::string& process : process_names(system_, GetParam()))
    for (const FaultKind kind : {FaultKind::crash_at_io, FaultKind::crash_at_send})
      for (int64_t place = 1;; ++place) {
        RunOptions crashed = options(1);
        crashed.faults = {
            {.id = 1, .kind = kind, .target = process, .value = place, .power = powers[place % 4]}};
        const RunResult result = run(purchase, crashed);
        EXPECT_TRUE(result.violations.empty()) << schema::to_json(result) << schema::to_json(crashed.faults);
        if (result.crashes == 0) break;
        EXPECT_EQ(result.crashes, 1);
        ++points;
      }
  EXPECT_GT(points, GetParam() == Topology::split ? 80 : 50);
}

INSTANTIATE_TEST_SUITE_P(Topologies, Shop, testing::Values(Topology::single, Topology::split),
                         [](const auto& info) {
                           return info.param == Topology::single ? "single" : "split";
                         });

}  // namespace
}  // namespace portico::sim
