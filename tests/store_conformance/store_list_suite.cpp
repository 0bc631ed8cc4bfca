// Lists: order, pages by cursor and by offset, totals.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "tests/store_conformance/store_suite.h"

namespace portico::conformance {
namespace {

using Ids = std::vector<std::string>;

std::vector<Product> ranked() {
  std::vector<Product> made;
  for (int i = 0; i < 30; ++i) {
    made.push_back(product(fmt::format("p{:02}", i), fmt::format("name {}", i % 7), i, 100 * (i % 5)));
    if (i % 3) made.back().rank = i % 4;
  }
  return made;
}

// All pages of a query, `limit` at a time.
Task<Ids> walk(const Collection<Product>& products, Call& call, Query query) {
  Ids all;
  for (int pages = 0; pages < 1000; ++pages) {
    const Page<Product> page = co_await products.list(call, query);
    for (const Product& each : page.items) all.push_back(each.id.value);
    if (page.next.empty()) co_return all;
    EXPECT_EQ(page.items.size(), query.limit);
    query.after = page.next;
  }
  ADD_FAILURE() << "the pages do not end";
  co_return all;
}

// The order that the contract asks for: absent first, ties by key in the direction of the last member.
Ids sorted(std::vector<Product> all, std::function<int(const Product&, const Product&)> compare,
           bool key_descending) {
  std::ranges::sort(all, [&](const Product& a, const Product& b) {
    const int order = compare(a, b);
    if (order != 0) return order < 0;
    return key_descending ? a.id > b.id : a.id < b.id;
  });
  Ids out;
  for (const Product& each : all) out.push_back(each.id.value);
  return out;
}

template <class T>
int three_way(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

TEST_P(StoreConformance, SortsInEveryDirectionAndPagesAlongIt) {
  open();
  const std::vector<Product> all = ranked();
  insert(all);
  const auto by_price = [](auto& a, auto& b) { return three_way(a.price, b.price); };
  const auto by_rank = [](auto& a, auto& b) { return three_way(a.rank, b.rank); };
  const auto by_name = [](auto& a, auto& b) { return three_way<std::string>(a.name, b.name); };
  struct Order {
    std::vector<Sort> sort;
    Ids expected;
  };
  const std::vector<Order> orders = {
      {{},
       sorted(
           all, [](auto&, auto&) { return 0; }, false)},
      {{descending(&Product::id)},
       sorted(
           all, [](auto&, auto&) { return 0; }, true)},
      {{ascending(&Product::price)}, sorted(all, by_price, false)},
      {{descending(&Product::price)},
       sorted(
           all, [&](auto& a, auto& b) { return -by_price(a, b); }, true)},
      {{ascending(&Product::rank)}, sorted(all, by_rank, false)},
      {{descending(&Product::rank)},
       sorted(
           all, [&](auto& a, auto& b) { return -by_rank(a, b); }, true)},
      {{descending(&Product::rank), ascending(&Product::name)},
       sorted(
           all, [&](auto& a, auto& b) { return by_rank(a, b) ? -by_rank(a, b) : by_name(a, b); }, false)},
      {{ascending(&Product::name), descending(&Product::rank)},
       sorted(
           all, [&](auto& a, auto& b) { return by_name(a, b) ? by_name(a, b) : -by_rank(a, b); }, true)},
      {{ascending(&Product::rank), descending(&Product::id)}, sorted(all, by_rank, true)},
  };
  Call c = call();
  for (size_t i = 0; i < orders.size(); ++i) {
    EXPECT_EQ(ids({.sort = orders[i].sort, .limit = 100}), orders[i].expected) << "order " << i;
    for (size_t limit : {1, 2, 7, 29, 30, 31})
      run([&]() -> Task<void> {
        EXPECT_EQ(co_await walk(*products_, c, {.sort = orders[i].sort, .limit = limit}), orders[i].expected)
            << "order " << i << ", limit " << limit;
      }());
  }
}

TEST_P(StoreConformance, PagesWithinAFilter) {
  open();
  insert(ranked());
  Call c = call();
  run([&]() -> Task<void> {
    const Query query{
        .filter = where(&Product::stock) >= 10, .sort = {descending(&Product::stock)}, .limit = 6};
    const Ids all = co_await walk(*products_, c, query);
    EXPECT_EQ(all.size(), 20u);
    EXPECT_EQ(all.front(), "p29");
    EXPECT_EQ(all.back(), "p10");
  }());
}

TEST_P(StoreConformance, CursorsNeitherRepeatNorHideWhileRowsComeAndGo) {
  open();
  const std::vector<Product> all = ranked();
  insert(all);
  Call c = call();
  run([&]() -> Task<void> {
    Ids seen;
    Query query{.sort = {ascending(&Product::price)}, .limit = 4};
    for (int round = 0; round < 100; ++round) {
      const Page<Product> page = co_await products_->list(c, query);
      for (const Product& each : page.items) seen.push_back(each.id.value);
      if (page.next.empty()) break;
      query.after = page.next;
      // One row comes before the cursor, one behind it, and the cursor's own row goes.
      co_await store_->write(c, [&](Unit& unit) -> Task<void> {
        co_await products_->insert(unit, product(fmt::format("new-{}-a", round), "new", 0, -1));
        co_await products_->insert(unit, product(fmt::format("new-{}-b", round), "new", 0, 1'000'000));
        co_await products_->remove(unit, page.items.back().id);
      });
    }
    const std::set<std::string> distinct(seen.begin(), seen.end());
    EXPECT_EQ(distinct.size(), seen.size());
    for (const Product& each : all) EXPECT_TRUE(distinct.contains(each.id.value)) << each.id.value;
    EXPECT_FALSE(distinct.contains("new-0-a"));
    EXPECT_TRUE(distinct.contains("new-0-b"));
  }());
}

TEST_P(StoreConformance, CursorsStandStillUnderParallelInserts) {
  open();
  insert(ranked());
  Call c = call();
  run([&]() -> Task<void> {
    co_await bench_.parallel(4, [this](size_t part) -> Task<void> {
      Call own = call();
      if (part == 0) {
        for (int i = 0; i < 100; ++i)
          co_await store_->write(own, [&](Unit& unit) {
            return products_->insert(unit, product(fmt::format("q{:03}", i), "new", i, 100 * (i % 5)));
          });
        co_return;
      }
      for (int round = 0; round < 10; ++round) {
        const Ids seen = co_await walk(*products_, own, {.sort = {descending(&Product::price)}, .limit = 5});
        const std::set<std::string> distinct(seen.begin(), seen.end());
        EXPECT_EQ(distinct.size(), seen.size());
        for (const Product& each : ranked()) EXPECT_TRUE(distinct.contains(each.id.value));
      }
    });
  }());
}

TEST_P(StoreConformance, RefusesForeignCursors) {
  open();
  insert(ranked());
  Call c = call();
  run([&]() -> Task<void> {
    const Page<Product> page =
        co_await products_->list(c, {.sort = {ascending(&Product::price)}, .limit = 3});
    const std::string good = page.next;
    auto attempt = [&](std::string after, std::vector<Sort> sort) {
      return reason_of(products_->list(c, {.sort = std::move(sort), .limit = 3, .after = std::move(after)}));
    };
    const std::vector<Sort> by_price = {ascending(&Product::price)};
    EXPECT_EQ(co_await attempt(good, by_price), "");
    EXPECT_EQ(co_await attempt(good, {descending(&Product::price)}), "cursor.invalid");
    EXPECT_EQ(co_await attempt(good, {}), "cursor.invalid");
    for (const std::string& bad : Ids{"x", "!!!!", good + "A", good.substr(0, good.size() - 1), good + "====",
                                      "'; DROP TABLE products", std::string(100'000, 'A'), "AAAA"})
      EXPECT_EQ(co_await attempt(bad, by_price), "cursor.invalid") << bad.substr(0, 40);
    for (size_t i = 0; i < good.size(); ++i) {
      std::string bent = good;
      bent[i] = bent[i] == 'A' ? 'B' : 'A';
      const std::string reason = co_await attempt(bent, by_price);
      EXPECT_TRUE(reason.empty() || reason == "cursor.invalid") << reason;
    }
    const Page<Account> other = co_await accounts_->list(c, {});
    EXPECT_EQ(other.next, "");
    EXPECT_EQ(co_await reason_of(accounts_->list(c, {.after = good})), "cursor.invalid");
  }());
}

TEST_P(StoreConformance, CountsPagesByOffset) {
  open();
  insert(ranked());
  EXPECT_EQ(ids({.limit = 3, .offset = 0}), (Ids{"p00", "p01", "p02"}));
  EXPECT_EQ(ids({.limit = 3, .offset = 28}), (Ids{"p28", "p29"}));
  EXPECT_EQ(ids({.limit = 3, .offset = 30}), Ids{});
  EXPECT_EQ(ids({.limit = 0}), Ids{});
  EXPECT_EQ(ids({.limit = Query::limit_max, .offset = Query::offset_max}), Ids{});
  Call c = call();
  run([&]() -> Task<void> {
    EXPECT_EQ(co_await reason_of(products_->list(c, {.limit = Query::limit_max + 1})), "query.limit");
    EXPECT_EQ(co_await reason_of(products_->list(c, {.offset = Query::offset_max + 1})), "query.offset");
  }());
}

TEST_P(StoreConformance, TellsTotals) {
  open();
  insert(ranked());
  Call c = call();
  run([&]() -> Task<void> {
    const Filter filter = where(&Product::stock) < 12;
    Page<Product> page = co_await products_->list(c, {.filter = filter, .limit = 5, .with_total = true});
    EXPECT_EQ(page.total, 12);
    EXPECT_EQ(page.items.size(), 5u);
    page =
        co_await products_->list(c, {.filter = filter, .limit = 5, .after = page.next, .with_total = true});
    EXPECT_EQ(page.total, 12);
    page = co_await products_->list(c, {.limit = 5});
    EXPECT_EQ(page.total, -1);
    page = co_await products_->list(c, {.filter = where(&Product::stock) > 99, .with_total = true});
    EXPECT_EQ(page.total, 0);
    EXPECT_EQ(page.next, "");
  }());
}

TEST_P(StoreConformance, ListsWithinAUnitWhatTheUnitHasDone) {
  open();
  insert(ranked());
  Call c = call();
  run([&]() -> Task<void> {
    co_await store_->write(c, [&](Unit& unit) -> Task<void> {
      co_await products_->insert(unit, product("p99", "mine", 99));
      co_await products_->remove(unit, Id<Product>{"p29"});
      const Page<Product> mine = co_await products_->list(
          unit, {.sort = {descending(&Product::stock)}, .limit = 2, .with_total = true});
      EXPECT_EQ(mine.total, 30);
      EXPECT_EQ(mine.items.at(0).id.value, "p99");
      EXPECT_EQ(mine.items.at(1).id.value, "p28");
      EXPECT_FALSE(mine.next.empty());
      EXPECT_TRUE(co_await products_->find(unit, where(&Product::name) == "mine"));
    });
  }());
}

}  // namespace
}  // namespace portico::conformance
