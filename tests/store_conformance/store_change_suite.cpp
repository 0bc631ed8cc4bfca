// Changes: conditional and atomic updates, removals, versions, unique members.
#include <fmt/format.h>

#include "tests/store_conformance/store_suite.h"

namespace portico::conformance {
namespace {

TEST_P(StoreConformance, UpdatesOneRowAndReturnsIt) {
  open();
  insert({product("p1"), product("p2")});
  Call c = call();
  run([&]() -> Task<void> {
    const auto after = co_await store_->write(c, [&](Unit& unit) {
      return products_->update(unit, Id<Product>{"p1"}, set(&Product::name, "Desk"), add(&Product::stock, -3),
                               add(&Product::price, 50), set(&Product::tags, {"a", "b"}),
                               set(&Product::note, Text<0, 1000>("new")), set(&Product::size, Size::large));
    });
    EXPECT_TRUE(after.has_value());
    if (!after) co_return;
    EXPECT_EQ(after->name, "Desk");
    EXPECT_EQ(after->stock, 7);
    EXPECT_EQ(after->price.minor, 1050);
    EXPECT_EQ(after->tags.size(), 2u);
    EXPECT_EQ(after->note, "new");
    EXPECT_EQ(after->size, Size::large);
    const auto found = co_await products_->find(c, Id<Product>{"p1"});
    EXPECT_TRUE(found && *found == *after);
  }());
  EXPECT_EQ(stored("p2"), "Lamp");
}

TEST_P(StoreConformance, UpdatesOnlyWhereEveryFilterMatches) {
  open();
  insert({product("p1", "Lamp", 2)});
  Call c = call();
  run([&]() -> Task<void> {
    auto take = [&](int64_t quantity) {
      return store_->write(c, [this, quantity](Unit& unit) {
        return products_->update(unit, Id<Product>{"p1"}, add(&Product::stock, -quantity),
                                 where(&Product::stock) >= quantity);
      });
    };
    EXPECT_FALSE(co_await take(3));
    EXPECT_TRUE(co_await take(2));
    EXPECT_FALSE(co_await take(1));
    const auto nobody = co_await store_->write(c, [&](Unit& unit) {
      return products_->update(unit, Id<Product>{"none"}, set(&Product::name, "x"));
    });
    EXPECT_FALSE(nobody);
  }());
}

TEST_P(StoreConformance, ClearsAnOptionalMember) {
  open();
  Product lamp = product("p1");
  lamp.note = "note";
  lamp.rank = 3;
  insert({lamp});
  Call c = call();
  run([&]() -> Task<void> {
    const auto after = co_await store_->write(c, [&](Unit& unit) {
      return products_->update(unit, Id<Product>{"p1"}, set(&Product::note, std::nullopt));
    });
    EXPECT_TRUE(after && !after->note && after->rank == 3);
  }());
}

TEST_P(StoreConformance, AddingToAnAbsentNumberLeavesItAbsent) {
  open();
  insert({product("p1")});
  Call c = call();
  run([&]() -> Task<void> {
    const auto after = co_await store_->write(
        c, [&](Unit& unit) { return products_->update(unit, Id<Product>{"p1"}, add(&Product::rank, 3)); });
    EXPECT_TRUE(after && !after->rank);
  }());
}

TEST_P(StoreConformance, UpdatesAndRemovesAllThatMatch) {
  open();
  for (int i = 0; i < 10; ++i) insert({product(fmt::format("p{}", i), "Lamp", i)});
  Call c = call();
  run([&]() -> Task<void> {
    EXPECT_EQ(co_await store_->write(c,
                                     [&](Unit& unit) {
                                       return products_->update_all(unit, where(&Product::stock) < 4,
                                                                    {set(&Product::name, "Low")});
                                     }),
              4);
    EXPECT_EQ(co_await products_->count(c, where(&Product::name) == "Low"), 4);
    EXPECT_EQ(co_await store_->write(
                  c, [&](Unit& unit) { return products_->remove_all(unit, where(&Product::stock) >= 8); }),
              2);
    EXPECT_TRUE(
        co_await store_->write(c, [&](Unit& unit) { return products_->remove(unit, Id<Product>{"p0"}); }));
    EXPECT_FALSE(
        co_await store_->write(c, [&](Unit& unit) { return products_->remove(unit, Id<Product>{"p0"}); }));
    EXPECT_EQ(co_await products_->count(c), 7);
    EXPECT_EQ(co_await store_->write(c, [&](Unit& unit) { return products_->remove_all(unit, {}); }), 7);
    EXPECT_EQ(co_await products_->count(c), 0);
  }());
}

TEST_P(StoreConformance, CountsVersions) {
  open();
  insert({product("p1")});
  Call c = call();
  run([&]() -> Task<void> {
    const Id<Product> id{"p1"};
    auto row = co_await products_->find_versioned(c, id);
    EXPECT_TRUE(row && row->version == 1);
    auto rename = [&](int64_t version) {
      return store_->write(c, [this, id, version](Unit& unit) {
        return products_->update(unit, id, set(&Product::name, "New"), version_is(version));
      });
    };
    EXPECT_TRUE(co_await rename(1));
    EXPECT_FALSE(co_await rename(1));
    row = co_await products_->find_versioned(c, id);
    EXPECT_TRUE(row && row->version == 2 && row->value.name == "New");
    co_await store_->write(
        c, [&](Unit& unit) { return products_->update_all(unit, {}, {set(&Product::name, "All")}); });
    row = co_await products_->find_versioned(c, id);
    EXPECT_TRUE(row && row->version == 3);
    EXPECT_FALSE(co_await products_->find_versioned(c, Id<Product>{"none"}));
  }());
}

TEST_P(StoreConformance, RefusesChangesThatMakeNoSense) {
  open();
  insert({product("p1")});
  Call c = call();
  run([&]() -> Task<void> {
    auto attempt = [&](std::vector<Change> changes) {
      return reason_of(
          store_->write(c, [this, changes](Unit& unit) { return products_->update_all(unit, {}, changes); }));
    };
    EXPECT_EQ(co_await attempt({set(&Product::id, {"p9"})}), "query.member");
    EXPECT_EQ(co_await attempt({add(&Product::name, 1)}), "query.member");
    EXPECT_EQ(co_await attempt({set(&Product::name, "a"), set(&Product::name, "b")}), "query.member");
    EXPECT_EQ(co_await attempt({{Change::Op::set, "no such member", "a"}}), "query.member");
  }());
}

TEST_P(StoreConformance, KeepsUniqueMembersUnique) {
  open();
  Call c = call();
  auto add_account = [&](std::string id, std::string email, std::string tenant,
                         std::optional<Text<1, 40>> badge) -> std::string {
    std::string members = "none";
    run([&]() -> Task<void> {
      try {
        co_await store_->write(c, [&](Unit& unit) {
          return accounts_->insert(unit, {{id}, Email(email), Text<1, 40>(tenant), badge});
        });
      } catch (const Error& error) {
        members = error.reason() == "store.duplicate" ? error.details().at(0).second : error.reason();
      }
    }());
    return members;
  };
  EXPECT_EQ(add_account("a1", "x@example.com", "t1", "b1"), "none");
  EXPECT_EQ(add_account("a2", "x@example.com", "t2", std::nullopt), "none");
  EXPECT_EQ(add_account("a3", "x@example.com", "t1", std::nullopt), "tenant,email");
  EXPECT_EQ(add_account("a4", "y@example.com", "t1", "b1"), "badge");
  EXPECT_EQ(add_account("a5", "z@example.com", "t1", std::nullopt), "none");
  run([&]() -> Task<void> {
    EXPECT_EQ(co_await accounts_->count(c, where(&Account::badge) == std::nullopt), 2);
    EXPECT_EQ(co_await reason_of(store_->write(c,
                                               [&](Unit& unit) {
                                                 return accounts_->update(
                                                     unit, Id<Account>{"a5"},
                                                     set(&Account::badge, Text<1, 40>("b1")));
                                               })),
              "store.duplicate");
  }());
}

// A clash of key or unique members inserts nothing, and unlike insert() leaves the unit alive.
TEST_P(StoreConformance, InsertsOnce) {
  open();
  Call c = call();
  int inserted = 0;
  auto once = [&](std::string id, std::string email, std::optional<Text<1, 40>> badge) {
    return store_->write(c, [this, id, email, badge, number = ++inserted](Unit& unit) -> Task<bool> {
      const bool is_new =
          co_await accounts_->insert_once(unit, {{id}, Email(email), Text<1, 40>("t1"), badge});
      co_await products_->insert(unit, product(fmt::format("beside-{}", number)));
      co_return is_new;
    });
  };
  run([&]() -> Task<void> {
    EXPECT_TRUE(co_await once("a1", "x@example.com", "b1"));
    EXPECT_FALSE(co_await once("a1", "y@example.com", "b2"));
    EXPECT_FALSE(co_await once("a2", "x@example.com", "b2"));
    EXPECT_FALSE(co_await once("a3", "z@example.com", "b1"));
    EXPECT_TRUE(co_await once("a4", "z@example.com", std::nullopt));
    EXPECT_TRUE(co_await once("a5", "v@example.com", std::nullopt));
    const auto first = co_await accounts_->find(c, Id<Account>{"a1"});
    EXPECT_EQ(first->email, Email("x@example.com"));
    EXPECT_EQ(co_await accounts_->count(c), 3);
    EXPECT_EQ(co_await products_->count(c), 6);
  }());
}

TEST_P(StoreConformance, ChangesARowWithoutReadingIt) {
  open();
  insert({product("p1", "Lamp", 2)});
  Call c = call();
  run([&]() -> Task<void> {
    auto take = [&](std::string id, int64_t quantity) {
      return store_->write(c, [this, id, quantity](Unit& unit) {
        return products_->change(unit, Id<Product>{id}, add(&Product::stock, -quantity),
                                 where(&Product::stock) >= quantity);
      });
    };
    EXPECT_FALSE(co_await take("p1", 3));
    EXPECT_TRUE(co_await take("p1", 2));
    EXPECT_FALSE(co_await take("p1", 1));
    EXPECT_FALSE(co_await take("none", 1));
    const auto row = co_await products_->find_versioned(c, Id<Product>{"p1"});
    EXPECT_EQ(row->value.stock, 0);
    EXPECT_EQ(row->version, 2);
  }());
}

}  // namespace
}  // namespace portico::conformance
