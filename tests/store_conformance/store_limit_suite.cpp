// Limits: deadlines, waiting units, units that hold on, and a store that closes.
#include <fmt/format.h>

#include "tests/store_conformance/store_suite.h"

namespace portico::conformance {
namespace {

TEST_P(StoreConformance, WaitsForTheWriterAtMostToTheDeadline) {
  open();
  run([&]() -> Task<void> {
    Call holder = call();
    std::unique_ptr<Unit> held = co_await store_->begin(holder);
    co_await products_->insert(*held, product("p1"));
    Call hurried = call(std::chrono::milliseconds(50));
    EXPECT_EQ(co_await reason_of(store_->begin(hurried)), "deadline.passed");
    EXPECT_LE(hurried.remaining().count(), 0);
    EXPECT_EQ(co_await reason_of(store_->begin(hurried)), "deadline.passed");
    // Nobody else has lost anything by it.
    co_await held->commit();
    held.reset();
    Call c = call();
    co_await store_->write(c, [&](Unit& unit) { return products_->insert(unit, product("p2")); });
    EXPECT_EQ(co_await products_->count(c), 2);
  }());
}

TEST_P(StoreConformance, RefusesMoreWaitersThanAllowed) {
  open({.waiting_max = 2});
  run([&]() -> Task<void> {
    Call c = call();
    std::unique_ptr<Unit> held = co_await store_->begin(c);
    std::atomic<int> done{0}, busy{0};
    Gate all_asked;
    // Two may wait; the others are refused at once, which lets the holder go on.
    auto others = bench_.parallel(5, [&](size_t part) -> Task<void> {
      if (part == 0) {
        co_await all_asked.wait();
        held.reset();
        co_return;
      }
      Call own = call();
      std::optional<Error> failure;
      try {
        co_await store_->write(
            own, [&](Unit& unit) { return products_->insert(unit, product(fmt::format("p{}", part))); });
      } catch (const Error& error) {
        failure = error;
      }
      if (!failure) {
        ++done;
        co_return;
      }
      EXPECT_EQ(failure->reason(), "store.busy");
      EXPECT_EQ(failure->code(), unavailable);
      EXPECT_GT(failure->retry_after_seconds(), 0);
      if (++busy == 2) all_asked.open();
    });
    co_await std::move(others);
    EXPECT_EQ(done, 2);
    EXPECT_EQ(busy, 2);
    EXPECT_EQ(co_await products_->count(c), 2);
  }());
}

TEST_P(StoreConformance, EndsAUnitThatHoldsOnTooLong) {
  open({.unit_time_max = std::chrono::milliseconds(100)});
  run([&]() -> Task<void> {
    Call slow = call(), quick = call();
    std::unique_ptr<Unit> held = co_await store_->begin(slow);
    co_await products_->insert(*held, product("slow"));
    // The next in line gets the writer although the holder never lets go.
    co_await store_->write(quick, [&](Unit& unit) { return products_->insert(unit, product("quick")); });
    EXPECT_EQ(co_await reason_of(products_->insert(*held, product("late"))), "store.unit_time");
    EXPECT_EQ(co_await reason_of(held->commit()), "store.unit_dead");
    held.reset();
    EXPECT_FALSE(co_await products_->find(quick, Id<Product>{"slow"}));
    EXPECT_TRUE(co_await products_->find(quick, Id<Product>{"quick"}));
  }());
}

TEST_P(StoreConformance, CommittingAnOverdueUnitFails) {
  open({.unit_time_max = std::chrono::milliseconds(50)});
  Gate held, passed;
  run(bench_.parallel(2, [&](size_t part) -> Task<void> {
    Call c = call();
    if (part == 0) {
      const std::string reason = co_await reason_of(store_->write(c, [&](Unit& unit) -> Task<void> {
        co_await products_->insert(unit, product("slow"));
        held.open();
        co_await passed.wait();
      }));
      EXPECT_EQ(reason, "store.unit_time");
    } else {
      co_await held.wait();
      co_await store_->write(c, [&](Unit& unit) { return products_->insert(unit, product("quick")); });
      passed.open();
    }
  }));
  EXPECT_EQ(stored("slow"), "-");
  EXPECT_EQ(stored("quick"), "Lamp");
}

TEST_P(StoreConformance, FinishesWhatIsInFlightWhenItCloses) {
  open();
  std::atomic<int> written{0}, closed{0};
  run(bench_.parallel(33, [&](size_t part) -> Task<void> {
    if (part == 32) {
      co_await store_->close();
      co_return;
    }
    Call own = call();
    for (int i = 0; i < 10; ++i) {
      const std::string reason = co_await reason_of(store_->write(own, [this, part, i](Unit& unit) {
        return products_->insert(unit, product(fmt::format("p{}-{}", part, i)));
      }));
      EXPECT_TRUE(reason.empty() || reason == "store.closed") << reason;
      ++(reason.empty() ? written : closed);
    }
  }));
  EXPECT_EQ(written + closed, 320);
  run([&]() -> Task<void> {
    Call c = call();
    EXPECT_EQ(co_await reason_of(products_->count(c)), "store.closed");
    EXPECT_EQ(co_await reason_of(store_->begin(c)), "store.closed");
    EXPECT_EQ(co_await reason_of(store_->check(c)), "store.closed");
    co_await store_->close();
  }());
  open();
  Call c = call();
  run([&]() -> Task<void> { EXPECT_EQ(co_await products_->count(c), written); }());
}

TEST_P(StoreConformance, IsClosedBeforeItIsOpened) {
  store_ = make_store();
  products_ = store_->collection<Product>();
  Call c = call();
  run([&]() -> Task<void> {
    EXPECT_EQ(co_await reason_of(products_->count(c)), "store.closed");
    EXPECT_EQ(co_await reason_of(store_->begin(c)), "store.closed");
    EXPECT_EQ(co_await reason_of(store_->check(c)), "store.closed");
  }());
}

TEST_P(StoreConformance, RefusesCallsWhoseDeadlineHasPassed) {
  open();
  Call late = call(Duration(0));
  run([&]() -> Task<void> {
    EXPECT_EQ(co_await reason_of(store_->begin(late)), "deadline.passed");
    EXPECT_EQ(co_await reason_of(products_->count(late)), "deadline.passed");
    EXPECT_EQ(co_await reason_of(products_->find(late, Id<Product>{"p1"})), "deadline.passed");
    EXPECT_EQ(co_await reason_of(products_->list(late, {})), "deadline.passed");
  }());
}

TEST_P(StoreConformance, ReportsReadiness) {
  open();
  Call c = call();
  run([&]() -> Task<void> { EXPECT_EQ(co_await reason_of(store_->check(c)), ""); }());
  EXPECT_EQ(store_->engine(), GetParam().engine);
}

}  // namespace
}  // namespace portico::conformance
