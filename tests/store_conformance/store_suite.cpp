#include "tests/store_conformance/store_suite.h"

#include <fmt/format.h>

#include <future>

namespace portico::conformance {
namespace {

// What parallel coroutines share until the last has ended.
struct Joint {
  std::atomic<size_t> left{0};
  std::mutex mutex;
  std::exception_ptr failure;
  Gate done;
};

Task<void> run_one(std::shared_ptr<Joint> joint, std::function<Task<void>(size_t)> work, size_t index) {
  std::exception_ptr failure;
  try {
    co_await work(index);
  } catch (const std::exception&) {
    failure = std::current_exception();
  }
  {
    std::lock_guard lock(joint->mutex);
    if (failure && !joint->failure) joint->failure = failure;
  }
  if (--joint->left == 0) joint->done.open();
}

Task<void> report(Task<void> task, std::promise<void>& done) {
  std::exception_ptr failure;
  try {
    co_await std::move(task);
  } catch (const std::exception&) {
    failure = std::current_exception();
  }
  if (failure)
    done.set_exception(failure);
  else
    done.set_value();
}

}  // namespace

uint64_t test_seed() {
  static const uint64_t seed = [] {
    const int given = GTEST_FLAG_GET(random_seed);
    const uint64_t value = given ? uint64_t(given) : 1 + RealRuntime::make()->random().below(99'999);
    fmt::print("--gtest_random_seed={}\n", value);
    return value;
  }();
  return seed;
}

Bench::Bench(bool simulated) {
  if (simulated) {
    auto runtime = SimRuntime::make(test_seed());
    simulated_ = runtime.get();
    runtime_ = std::move(runtime);
    return;
  }
  auto runtime = RealRuntime::make({.reactors = 2});
  real_ = runtime.get();
  runtime_ = std::move(runtime);
  reactors_ = std::thread([this] { real_->run(); });
}

Bench::~Bench() {
  if (!real_) return;
  real_->stop();
  reactors_.join();
}

void Bench::run(Task<void> task) {
  if (simulated_) return simulated_->run(std::move(task));
  std::promise<void> done;
  runtime_->spawn("test", report(std::move(task), done));
  done.get_future().get();
}

Task<void> Bench::parallel(size_t count, std::function<Task<void>(size_t)> work) {
  if (count == 0) co_return;
  auto joint = std::make_shared<Joint>();
  joint->left = count;
  for (size_t i = 0; i < count; ++i)
    runtime_->spawn("part", run_one(joint, work, i), i % runtime_->reactor_count());
  co_await joint->done.wait();
  if (joint->failure) std::rethrow_exception(joint->failure);
}

StoreConformance::StoreConformance()
    : bench_(GetParam().simulated),
      log_(bench_.runtime(), {}, [](std::string_view) {}),
      observer_{log_, metrics_, tracer_} {}

StoreConformance::~StoreConformance() {
  if (store_) close();
}

void StoreConformance::SetUp() { database_ = GetParam().make_database(); }

std::unique_ptr<Store> StoreConformance::make_store(StoreLimits limits) {
  return database_->make_store(bench_.runtime(), observer_, limits);
}

void StoreConformance::open(StoreLimits limits) {
  store_ = make_store(limits);
  products_ = store_->collection<Product>({index(&Product::price), index(&Product::rank)});
  accounts_ = store_->collection<Account>(
      {unique(&Account::tenant, &Account::email), unique(&Account::badge), index(&Account::email)});
  run(store_->open());
}

void StoreConformance::close() {
  run(store_->close());
  store_.reset();
}

Call StoreConformance::call(Duration time) {
  return Call(bench_.runtime(), observer_, "test", bench_.runtime().steady() + time);
}

void StoreConformance::insert(std::vector<Product> products) {
  Call c = call();
  run(store_->write(c, [&](Unit& unit) -> Task<void> {
    for (const Product& each : products) co_await products_->insert(unit, each);
  }));
}

std::vector<std::string> StoreConformance::ids(Query query) {
  std::vector<std::string> out;
  Call c = call();
  run([&]() -> Task<void> {
    const Page<Product> page = co_await products_->list(c, std::move(query));
    for (const Product& each : page.items) out.push_back(each.id.value);
  }());
  return out;
}

std::vector<std::string> StoreConformance::matching(Filter filter) {
  return ids({.filter = std::move(filter), .limit = 100});
}

std::string StoreConformance::stored(std::string id) {
  std::string name = "-";
  Call c = call();
  run([&]() -> Task<void> {
    const std::optional<Product> found = co_await products_->find(c, Id<Product>{id});
    if (found) name = found->name;
  }());
  return name;
}

Product product(std::string id, std::string name, int64_t stock, int64_t price_minor) {
  Product made;
  made.id.value = std::move(id);
  made.name = Text<0, 255>(std::move(name));
  made.price.minor = price_minor;
  made.stock = stock;
  return made;
}

}  // namespace portico::conformance
