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
