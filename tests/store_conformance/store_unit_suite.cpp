// Units: all or nothing, one after the other, and no unit pays for another's failure.
#include <fmt/format.h>

#include "tests/store_conformance/store_suite.h"

namespace portico::conformance {
namespace {

// What a test's unit throws.
Error change_of_mind() { return Error(conflict, "test.stop"); }

TEST_P(StoreConformance, StoresNothingOfAUnitThatThrows) {
  open();
  insert({product("p1", "Lamp", 10)});
  Call c = call();
  run([&]() -> Task<void> {
    EXPECT_EQ(co_await reason_of(store_->write(c,
                                               [&](Unit& unit) -> Task<void> {
                                                 co_await products_->insert(unit, product("p2"));
                                                 co_await products_->update(unit, Id<Product>{"p1"},
                                                                            set(&Product::name, "Changed"));
                                                 unit.publish(Restocked{"x", {"p1"}, 1});
                                                 throw change_of_mind();
                                               })),
              "test.stop");
    EXPECT_TRUE((co_await store_->read_events(0, 10)).empty());
  }());
  EXPECT_EQ(stored("p1"), "Lamp");
  EXPECT_EQ(stored("p2"), "-");
}

TEST_P(StoreConformance, IsDeadAfterItsFirstError) {
  open();
  insert({product("p1")});
  Call c = call();
  run([&]() -> Task<void> {
    EXPECT_EQ(
        co_await reason_of(store_->write(
            c,
            [&](Unit& unit) -> Task<void> {
              co_await products_->insert(unit, product("p2"));
              EXPECT_EQ(co_await reason_of(products_->insert(unit, product("p1"))), "store.duplicate");
              EXPECT_EQ(co_await reason_of(products_->insert(unit, product("p3"))), "store.unit_dead");
              EXPECT_EQ(co_await reason_of(products_->find(unit, Id<Product>{"p1"})), "store.unit_dead");
              EXPECT_EQ(co_await reason_of(products_->remove(unit, Id<Product>{"p1"})), "store.unit_dead");
              EXPECT_EQ(co_await reason_of(products_->list(unit, {})), "store.unit_dead");
              std::string reason;
              try {
                unit.publish(Restocked{"x", {"p1"}, 1});
              } catch (const Error& error) {
                reason = error.reason();
              }
              EXPECT_EQ(reason, "store.unit_dead");
            })),
        "store.unit_dead");
    EXPECT_EQ(co_await products_->count(c), 1);
    EXPECT_TRUE((co_await store_->read_events(0, 10)).empty());
  }());
}

TEST_P(StoreConformance, RollsBackAUnitThatIsDropped) {
  open();
  Call c = call();
  run([&]() -> Task<void> {
    {
      std::unique_ptr<Unit> unit = co_await store_->begin(c);
      co_await products_->insert(*unit, product("p1"));
    }
    EXPECT_EQ(co_await products_->count(c), 0);
    // The writer is free again.
    co_await store_->write(c, [&](Unit& unit) { return products_->insert(unit, product("p2")); });
    EXPECT_EQ(co_await products_->count(c), 1);
  }());
}

TEST_P(StoreConformance, SeesItsOwnChangesBeforeOthersDo) {
  open();
  Call c = call();
  run([&]() -> Task<void> {
    co_await store_->write(c, [&](Unit& unit) -> Task<void> {
      co_await products_->insert(unit, product("p1"));
      EXPECT_TRUE(co_await products_->find(unit, Id<Product>{"p1"}));
      EXPECT_FALSE(co_await products_->find(c, Id<Product>{"p1"}));
      EXPECT_EQ(co_await products_->count(c), 0);
    });
    EXPECT_TRUE(co_await products_->find(c, Id<Product>{"p1"}));
  }());
}

TEST_P(StoreConformance, AllowsAUnitThatChangesNothing) {
  open();
  insert({product("p1")});
  Call c = call();
  run([&]() -> Task<void> {
    for (int i = 0; i < 100; ++i) {
      const bool found = co_await store_->write(c, [&](Unit& unit) -> Task<bool> {
        co_return (co_await products_->find(unit, Id<Product>{"p1"})).has_value();
      });
      EXPECT_TRUE(found);
    }
    co_await store_->write(c, [&](Unit& unit) { return products_->remove_all(unit, {}); });
    EXPECT_EQ(co_await products_->count(c), 0);
  }());
}

TEST_P(StoreConformance, NeverSellsMoreThanThereIs) {
  open();
  insert({product("p1", "Lamp", 100)});
  std::atomic<int> sold{0}, refused{0}, lowest{1000};
  run(bench_.parallel(64, [&](size_t) -> Task<void> {
    Call own = call();
    for (int i = 0; i < 5; ++i) {
      const auto after = co_await store_->write(own, [&](Unit& unit) {
        return products_->update(unit, Id<Product>{"p1"}, add(&Product::stock, -1),
                                 where(&Product::stock) >= 1);
      });
      ++(after ? sold : refused);
      if (after && after->stock < lowest) lowest = int(after->stock);
    }
  }));
  EXPECT_EQ(sold, 100);
  EXPECT_EQ(refused, 220);
  EXPECT_EQ(lowest, 0);
}

TEST_P(StoreConformance, NeighboursInABatchDoNotPayForAFailure) {
  open();
  run(bench_.parallel(64, [&](size_t part) -> Task<void> {
    Call own = call();
    for (int i = 0; i < 10; ++i) {
      const bool fails = (part + size_t(i)) % 3 == 0;
      const std::string reason =
          co_await reason_of(store_->write(own, [this, part, i, fails](Unit& unit) -> Task<void> {
            co_await products_->insert(unit, product(fmt::format("p{}-{}", part, i), fails ? "bad" : "good"));
            unit.publish(Restocked{fails ? "bad" : "good", {fmt::format("p{}-{}", part, i)}, i});
            if (fails && i % 2) throw change_of_mind();
            if (fails) co_await products_->insert(unit, product(fmt::format("p{}-{}", part, i)));
          }));
      EXPECT_EQ(reason, !fails ? "" : i % 2 ? "test.stop" : "store.duplicate");
      // What has returned is there.
      EXPECT_EQ((co_await products_->find(own, Id<Product>{fmt::format("p{}-{}", part, i)})).has_value(),
                !fails);
    }
  }));
  Call c = call();
  run([&]() -> Task<void> {
    EXPECT_EQ(co_await products_->count(c, where(&Product::name) == "bad"), 0);
    const int64_t good = co_await products_->count(c, where(&Product::name) == "good");
    const auto events = co_await store_->read_events(0, 10'000);
    EXPECT_EQ(int64_t(events.size()), good);
    for (const OutboxEvent& event : events) EXPECT_EQ(event.body.find("bad"), std::string::npos);
  }());
}

TEST_P(StoreConformance, RunsUnitsOneAfterTheOther) {
  open({.batch_max = 3});
  insert({product("p1", "Lamp", 0)});
  run(bench_.parallel(16, [&](size_t) -> Task<void> {
    Call own = call();
    for (int i = 0; i < 20; ++i)
      co_await store_->write(own, [&](Unit& unit) -> Task<void> {
        // Read, think, write: only safe where nobody comes in between.
        const auto row = co_await products_->find(unit, Id<Product>{"p1"});
        co_await products_->update(unit, Id<Product>{"p1"}, set(&Product::stock, row->stock + 1));
      });
  }));
  Call c = call();
  run([&]() -> Task<void> {
    const auto row = co_await products_->find_versioned(c, Id<Product>{"p1"});
    EXPECT_EQ(row->value.stock, 320);
    EXPECT_EQ(row->version, 321);
  }());
}

}  // namespace
}  // namespace portico::conformance
