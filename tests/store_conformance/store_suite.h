// The contract of Store as tests. An engine joins by instantiating StoreConformance with its databases; every
// test runs on the real and on the simulated runtime.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "portico/runtime/sync.h"
#include "portico/schema/json.h"
#include "portico/store/store.h"

namespace portico::conformance {

// What a test narrows to reach a limit.
struct StoreLimits {
  size_t waiting_max = 4096;
  size_t batch_max = 256;
  Duration unit_time_max = std::chrono::seconds(10);
};

// One database, empty at first, that several stores can be handles of, one after the other.
class Database {
 public:
  virtual ~Database() = default;
  virtual std::unique_ptr<Store> make_store(Runtime& runtime, Observer& observer, StoreLimits limits) = 0;
  // A migration's text that gives a member of a collection another name.
  virtual std::string rename_member(std::string_view collection, std::string_view from,
                                    std::string_view to) const = 0;
};

struct StoreCase {
  std::string engine;
  std::function<std::unique_ptr<Database>()> make_database;
  bool simulated = false;
};

enum class Size { small, medium, large };
PORTICO_DESCRIBE_ENUM(Size, small, medium, large)

struct Product {
  Id<Product> id;
  Text<0, 255> name;
  Money price;
  Int<-1'000'000, 1'000'000> stock;
  List<Text<1, 40>, 0, 20> tags;
  std::optional<Text<0, 1000>> note;
  std::optional<Int<0, 100>> rank;
  Size size = Size::small;
  bool operator==(const Product&) const = default;
};
PORTICO_DESCRIBE(Product, id, name, price, stock, tags, note, rank, size)

struct Account {
  Id<Account> id;
  Email email;
  Text<1, 40> tenant;
  std::optional<Text<1, 40>> badge;
};
PORTICO_DESCRIBE(Account, id, email, tenant, badge)

struct Restocked {
  std::string reason;
  Id<Product> product;
  int quantity = 0;
};
PORTICO_DESCRIBE_EVENT(Restocked, "product.restocked.v1", reason, product, quantity)

// A runtime of either kind that a test can hand coroutines to.
class Bench {
 public:
  explicit Bench(bool simulated);
  ~Bench();
  Runtime& runtime() { return *runtime_; }
  // Runs the coroutine to its end; rethrows what it throws.
  void run(Task<void> task);
  // Runs `work(0)` to `work(count - 1)` side by side, spread over the reactors.
  Task<void> parallel(size_t count, std::function<Task<void>(size_t)> work);

 private:
  std::unique_ptr<Runtime> runtime_;
  SimRuntime* simulated_ = nullptr;
  RealRuntime* real_ = nullptr;
  std::thread reactors_;
};

class StoreConformance : public testing::TestWithParam<StoreCase> {
 protected:
  StoreConformance();
  ~StoreConformance() override;
  void SetUp() override;

  std::unique_ptr<Store> make_store(StoreLimits limits = {});
  // Opens `store` with the collections of the suite.
  void open(StoreLimits limits = {});
  void close();
  Call call(Duration time = std::chrono::seconds(60));
  void run(Task<void> task) { bench_.run(std::move(task)); }
  void insert(std::vector<Product> products);
  std::vector<std::string> ids(Query query);
  std::vector<std::string> matching(Filter filter);
  std::string stored(std::string id);  // the name of the product, "-" when there is none

  Bench bench_;
  Metrics metrics_;
  Tracer tracer_;
  Log log_;
  Observer observer_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Store> store_;
  std::optional<Collection<Product>> products_;
  std::optional<Collection<Account>> accounts_;
};

// The reason of the Error that `task` throws; "" when it throws none.
template <class T>
Task<std::string> reason_of(Task<T> task) {
  try {
    co_await std::move(task);
  } catch (const Error& error) {
    co_return error.reason();
  }
  co_return "";
}

Product product(std::string id, std::string name = "Lamp", int64_t stock = 10, int64_t price_minor = 1000);
// --gtest_random_seed, or by chance; printed, so that a failure can be repeated.
uint64_t test_seed();

}  // namespace portico::conformance
