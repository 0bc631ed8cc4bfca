// Filters: every operation, alone and combined, and texts that would like to be statements.
#include <fmt/format.h>

#include "tests/store_conformance/store_suite.h"

namespace portico::conformance {
namespace {

using Ids = std::vector<std::string>;

std::vector<Product> shelf() {
  std::vector<Product> shelf = {product("a", "Lamp", 0, 100), product("b", "Desk lamp", 5, 200),
                                product("c", "CHAIR", 10, 300), product("d", "100% wool_rug", 15, 400)};
  shelf[0].tags = {"home", "light"};
  shelf[1].tags = {"office", "light"};
  shelf[2].tags = {"off"};
  shelf[1].rank = 1;
  shelf[2].rank = 2;
  shelf[3].note = "";
  shelf[3].size = Size::large;
  return shelf;
}

TEST_P(StoreConformance, FiltersByComparison) {
  open();
  insert(shelf());
  EXPECT_EQ(matching({}), (Ids{"a", "b", "c", "d"}));
  EXPECT_EQ(matching(where(&Product::stock) == 5), (Ids{"b"}));
  EXPECT_EQ(matching(where(&Product::stock) != 5), (Ids{"a", "c", "d"}));
  EXPECT_EQ(matching(where(&Product::stock) < 5), (Ids{"a"}));
  EXPECT_EQ(matching(where(&Product::stock) <= 5), (Ids{"a", "b"}));
  EXPECT_EQ(matching(where(&Product::stock) > 5), (Ids{"c", "d"}));
  EXPECT_EQ(matching(where(&Product::stock) >= 5), (Ids{"b", "c", "d"}));
  EXPECT_EQ(matching(where(&Product::price) > Money{250}), (Ids{"c", "d"}));
  EXPECT_EQ(matching(where(&Product::name) >= "L"), (Ids{"a"}));
  EXPECT_EQ(matching(where(&Product::size) == Size::large), (Ids{"d"}));
  EXPECT_EQ(matching(where(&Product::id) > Id<Product>{"b"}), (Ids{"c", "d"}));
}

TEST_P(StoreConformance, FiltersByPresence) {
  open();
  insert(shelf());
  EXPECT_EQ(matching(where(&Product::rank) == std::nullopt), (Ids{"a", "d"}));
  EXPECT_EQ(matching(where(&Product::rank) != std::nullopt), (Ids{"b", "c"}));
  EXPECT_EQ(matching(where(&Product::rank) == Int<0, 100>(1)), (Ids{"b"}));
  // What is absent differs from every value, but is neither less nor greater.
  EXPECT_EQ(matching(where(&Product::rank) != Int<0, 100>(1)), (Ids{"a", "c", "d"}));
  EXPECT_EQ(matching(where(&Product::rank) < Int<0, 100>(9)), (Ids{"b", "c"}));
  EXPECT_EQ(matching(where(&Product::rank) > Int<0, 100>(0)), (Ids{"b", "c"}));
  EXPECT_EQ(matching(where(&Product::note) == Text<0, 1000>("")), (Ids{"d"}));
  EXPECT_EQ(matching(where(&Product::note) == std::nullopt), (Ids{"a", "b", "c"}));
}

TEST_P(StoreConformance, FiltersByOneOf) {
  open();
  insert(shelf());
  EXPECT_EQ(matching(where(&Product::stock).one_of({5, 15, 99})), (Ids{"b", "d"}));
  EXPECT_EQ(matching(where(&Product::stock).one_of({})), Ids{});
  EXPECT_EQ(matching(where(&Product::size).one_of({Size::medium, Size::large})), (Ids{"d"}));
  EXPECT_EQ(matching(where(&Product::rank).one_of({std::nullopt, Int<0, 100>(2)})), (Ids{"a", "c", "d"}));
  EXPECT_EQ(matching(where(&Product::rank).one_of({std::nullopt})), (Ids{"a", "d"}));
  std::vector<Id<Product>> many;
  for (int i = 0; i < 999; ++i) many.push_back({fmt::format("none{}", i)});
  many.push_back({"c"});
  EXPECT_EQ(matching(where(&Product::id).one_of(many)), (Ids{"c"}));
  many.push_back({"one too many"});
  Call c = call();
  run([&]() -> Task<void> {
    EXPECT_EQ(co_await reason_of(products_->count(c, where(&Product::id).one_of(many))), "query.too_large");
  }());
}

TEST_P(StoreConformance, FiltersByPartOfAText) {
  open();
  insert(shelf());
  EXPECT_EQ(matching(where(&Product::name).contains("lamp")), (Ids{"a", "b"}));
  EXPECT_EQ(matching(where(&Product::name).contains("LAMP")), (Ids{"a", "b"}));
  EXPECT_EQ(matching(where(&Product::name).contains("chair")), (Ids{"c"}));
  EXPECT_EQ(matching(where(&Product::name).contains("%")), (Ids{"d"}));
  EXPECT_EQ(matching(where(&Product::name).contains("_")), (Ids{"d"}));
  EXPECT_EQ(matching(where(&Product::name).contains("0% w")), (Ids{"d"}));
  EXPECT_EQ(matching(where(&Product::name).contains("l_mp")), Ids{});
  EXPECT_EQ(matching(where(&Product::name).contains("\\")), Ids{});
  EXPECT_EQ(matching(where(&Product::name).contains("")), (Ids{"a", "b", "c", "d"}));
  EXPECT_EQ(matching(where(&Product::note).contains("x")), Ids{});
}

TEST_P(StoreConformance, FiltersByElementOfAList) {
  open();
  insert(shelf());
  EXPECT_EQ(matching(where(&Product::tags).has("light")), (Ids{"a", "b"}));
  EXPECT_EQ(matching(where(&Product::tags).has("off")), (Ids{"c"}));
  EXPECT_EQ(matching(where(&Product::tags).has("Light")), Ids{});
  EXPECT_EQ(matching(where(&Product::tags).has("")), Ids{});
  EXPECT_EQ(matching(where(&Product::tags).has("%")), Ids{});
  EXPECT_EQ(matching(where(&Product::tags) == List<Text<1, 40>, 0, 20>{"off"}), (Ids{"c"}));
}

TEST_P(StoreConformance, CombinesFilters) {
  open();
  insert(shelf());
  const Filter light = where(&Product::tags).has("light");
  const Filter cheap = where(&Product::price) < Money{150};
  const Filter large = where(&Product::size) == Size::large;
  EXPECT_EQ(matching(light && cheap), (Ids{"a"}));
  EXPECT_EQ(matching(light || large), (Ids{"a", "b", "d"}));
  EXPECT_EQ(matching((light && cheap) || large), (Ids{"a", "d"}));
  EXPECT_EQ(matching(light && (cheap || large)), (Ids{"a"}));
  EXPECT_EQ(matching(Filter{} && light), (Ids{"a", "b"}));
  EXPECT_EQ(matching(Filter{} || light), (Ids{"a", "b", "c", "d"}));
  EXPECT_EQ(matching(light && version_is(1)), (Ids{"a", "b"}));
  EXPECT_EQ(matching(light && version_is(2)), Ids{});
  Filter none{.op = Filter::Op::any_of}, all{.op = Filter::Op::all_of};
  EXPECT_EQ(matching(none), Ids{});
  EXPECT_EQ(matching(all).size(), 4u);
}

TEST_P(StoreConformance, BoundsFilters) {
  open();
  insert(shelf());
  Filter wide = where(&Product::stock) == 5;
  for (int i = 0; i < 150; ++i) wide = std::move(wide) || where(&Product::stock) == 100 + i;
  EXPECT_EQ(matching(wide), (Ids{"b"}));
  for (int i = 0; i < 100; ++i) wide = std::move(wide) || where(&Product::stock) == 300 + i;
  Filter deep = where(&Product::stock) == 5;
  for (int i = 0; i < 50; ++i)
    deep = Filter{.op = i % 2 ? Filter::Op::any_of : Filter::Op::all_of, .children = {std::move(deep)}};
  Call c = call();
  run([&]() -> Task<void> {
    EXPECT_EQ(co_await reason_of(products_->count(c, wide)), "query.too_large");
    EXPECT_EQ(co_await reason_of(products_->count(c, deep)), "query.too_large");
  }());
}

TEST_P(StoreConformance, RefusesFiltersThatMakeNoSense) {
  open();
  Call c = call();
  run([&]() -> Task<void> {
    EXPECT_EQ(co_await reason_of(products_->count(c, where(&Product::rank) < std::nullopt)), "query.member");
    EXPECT_EQ(co_await reason_of(products_->count(c, where(&Product::stock).contains("1"))), "query.member");
    EXPECT_EQ(co_await reason_of(products_->count(c, where(&Product::name).has("x"))), "query.member");
    EXPECT_EQ(co_await reason_of(
                  products_->count(c, {.op = Filter::Op::equal, .member = "x\" OR 1=1", .value = 1})),
              "query.member");
  }());
}

TEST_P(StoreConformance, TakesTextsForWhatTheyAre) {
  open();
  const Ids hostile = {"'",
                       "''",
                       "\"",
                       "\\",
                       ";",
                       "--",
                       "' OR '1'='1",
                       "\" OR \"\"=\"",
                       "'); DROP TABLE products; --",
                       "?1",
                       "$1",
                       ":name",
                       "{\"$gt\": \"\"}",
                       "\n\t\r",
                       "%s%n",
                       "🦉",
                       "NULL",
                       "\x7f"};
  for (size_t i = 0; i < hostile.size(); ++i) {
    Product each = product(fmt::format("p{:02}", i), hostile[i]);
    each.tags = {Text<1, 40>(hostile[i])};
    each.note = Text<0, 1000>(hostile[i]);
    insert({each});
  }
  for (size_t i = 0; i < hostile.size(); ++i) {
    const std::string id = fmt::format("p{:02}", i);
    EXPECT_EQ(matching(where(&Product::name) == Text<0, 255>(hostile[i])), Ids{id}) << hostile[i];
    EXPECT_EQ(matching(where(&Product::tags).has(hostile[i])), Ids{id}) << hostile[i];
    EXPECT_EQ(matching(where(&Product::note) == Text<0, 1000>(hostile[i])), Ids{id}) << hostile[i];
    const Ids containing = matching(where(&Product::name).contains(hostile[i]));
    EXPECT_NE(std::ranges::find(containing, id), containing.end()) << hostile[i];
  }
  EXPECT_EQ(matching({}).size(), hostile.size());
  Call c = call();
  run([&]() -> Task<void> {
    for (const std::string& text : hostile)
      EXPECT_FALSE(co_await products_->find(c, Id<Product>{text})) << text;
  }());
}

}  // namespace
}  // namespace portico::conformance
