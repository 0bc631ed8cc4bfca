#include "portico/store/sql.h"

#include <gtest/gtest.h>

#include "portico/store/sqlite/rows.h"

namespace portico::store {
namespace {

struct Chair {
  Id<Chair> id;
  std::string order;  // a word of SQL
  int legs = 4;
  Money price;
  std::optional<Time> sold;
  std::vector<std::string> tags;
};
PORTICO_DESCRIBE(Chair, id, order, legs, price, sold, tags)

const CollectionInfo& chairs() {
  static const auto info = describe_collection(schema::type_of<Chair>(), 0, {}, "");
  return *info;
}
const Dialect& dialect() { return sqlite::dialect(); }

std::string filter_of(Filter filter) {
  const std::string text = count_sql(dialect(), chairs(), filter).text;
  const std::string head = "SELECT count(*) FROM \"chairs\"";
  EXPECT_TRUE(text.starts_with(head));
  return text.size() > head.size() ? text.substr(head.size() + 7) : "";
}

std::string reason_of(auto attempt) {
  try {
    attempt();
  } catch (const Error& error) {
    return error.reason();
  }
  return "";
}

TEST(Sql, QuotesNamesAndBindsValues) {
  EXPECT_EQ(filter_of({}), "");
  EXPECT_EQ(filter_of(where(&Chair::order) == "x' OR 1=1"), "\"order\" = ?1");
  EXPECT_EQ(filter_of(where(&Chair::legs) != 4), "\"legs\" <> ?1");
  EXPECT_EQ(filter_of(where(&Chair::sold) != Time{4}), "\"sold\" IS NOT ?1");
  EXPECT_EQ(filter_of(where(&Chair::sold) == std::nullopt), "\"sold\" IS NULL");
  EXPECT_EQ(filter_of(where(&Chair::sold) != std::nullopt), "\"sold\" IS NOT NULL");
  EXPECT_EQ(filter_of(where(&Chair::price) <= Money{5}), "\"price\" <= ?1");
  EXPECT_EQ(filter_of(version_is(3)), "\"_version\" = ?1");
}

TEST(Sql, KeepsPrecedenceByParentheses) {
  const Filter a = where(&Chair::legs) == 1, b = where(&Chair::legs) == 2, c = where(&Chair::legs) == 3;
  EXPECT_EQ(filter_of(a && b && c), "(\"legs\" = ?1 AND \"legs\" = ?2 AND \"legs\" = ?3)");
  EXPECT_EQ(filter_of((a || b) && c), "((\"legs\" = ?1 OR \"legs\" = ?2) AND \"legs\" = ?3)");
  EXPECT_EQ(filter_of(a || (b && c)), "(\"legs\" = ?1 OR (\"legs\" = ?2 AND \"legs\" = ?3))");
}

TEST(Sql, ListsOfSimilarLengthShareAStatement) {
  const std::string four = "\"legs\" IN (?1, ?2, ?3, ?4)";
  EXPECT_EQ(filter_of(where(&Chair::legs).one_of({1, 2, 3})), four);
  EXPECT_EQ(filter_of(where(&Chair::legs).one_of({1, 2, 3, 4})), four);
  EXPECT_EQ(filter_of(where(&Chair::legs).one_of({})), "1 = 0");
  const Sql sql = count_sql(dialect(), chairs(), where(&Chair::legs).one_of({1, 2, 3}));
  EXPECT_EQ(sql.parameters, (std::vector<Value>{int64_t(1), int64_t(2), int64_t(3), int64_t(3)}));
}

TEST(Sql, BoundsTheNumberOfParameters) {
  const Filter list = where(&Chair::legs).one_of(std::vector<int>(one_of_max, 1));
  Filter many = list;
  for (int i = 0; i < 20; ++i) many = std::move(many) || list;
  EXPECT_EQ(reason_of([&] { filter_of(list); }), "");
  EXPECT_EQ(reason_of([&] { filter_of(many); }), "query.too_large");
}

TEST(Sql, BoundsTheNumberOfConditionsAtTheEdge) {
  auto chain = [](size_t parts) {
    Filter filter{.op = Filter::Op::all_of};
    for (size_t i = 0; i + 1 < parts; ++i) filter.children.push_back(where(&Chair::legs) == int(i));
    return filter;
  };
  EXPECT_EQ(reason_of([&] { filter_of(chain(filter_parts_max)); }), "");
  EXPECT_EQ(reason_of([&] { filter_of(chain(filter_parts_max + 1)); }), "query.too_large");
}

TEST(Sql, WritesEveryStatement) {
  EXPECT_EQ(
      insert_sql(dialect(), chairs(), false),
      "INSERT INTO \"chairs\" (\"id\", \"order\", \"legs\", \"price\", \"sold\", \"tags\", \"_version\") "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)");
  EXPECT_EQ(remove_sql(dialect(), chairs(), where(&Chair::id) == Id<Chair>{"c1"}).text,
            "DELETE FROM \"chairs\" WHERE \"id\" = ?1");
  const std::vector<Change> changes = {set(&Chair::order, "x"), add(&Chair::legs, 2)};
  const Sql update = update_sql(dialect(), chairs(), where(&Chair::id) == Id<Chair>{"c1"}, changes, false);
  EXPECT_EQ(update.text,
            "UPDATE \"chairs\" SET \"order\" = ?1, \"legs\" = \"legs\" + ?2, \"_version\" = \"_version\" + 1 "
            "WHERE \"id\" = ?3");
  EXPECT_EQ(update.parameters, (std::vector<Value>{"x", int64_t(2), "c1"}));
}

TEST(Sql, OrdersAndContinuesBehindACursor) {
  const Sql first = list_sql(dialect(), chairs(), {.sort = {descending(&Chair::sold)}, .limit = 10});
  EXPECT_TRUE(first.text.ends_with("ORDER BY \"sold\" DESC, \"id\" DESC LIMIT ?1")) << first.text;
  EXPECT_EQ(first.parameters, (std::vector<Value>{int64_t(11)}));

  const SortOrder order = sort_order(chairs(), std::vector{ascending(&Chair::price)});
  Chair chair;
  chair.id.value = "c7";
  chair.price.minor = 5;
  const Sql next =
      list_sql(dialect(), chairs(),
               {.sort = {ascending(&Chair::price)}, .after = write_cursor(chairs(), order, &chair)});
  EXPECT_NE(
      next.text.find("WHERE (\"price\" >= ?1 AND ((\"price\" > ?2) OR (\"price\" = ?3 AND \"id\" > ?4)))"),
      std::string::npos)
      << next.text;
  EXPECT_EQ(next.parameters, (std::vector<Value>{int64_t(5), int64_t(5), int64_t(5), "c7", int64_t(21)}));
}

TEST(Sql, FollowsAnyDialect) {
  struct Dollars : Dialect {
    char placeholder() const override { return '$'; }
    std::string contains(std::string_view column, std::string_view value) const override {
      return std::string(column) + " ~ " + std::string(value);
    }
    std::string has(std::string_view column, std::string_view value, const schema::Type&) const override {
      return std::string(value) + " = ANY (" + std::string(column) + ")";
    }
    std::string_view same() const override { return "IS NOT DISTINCT FROM"; }
    std::string_view distinct() const override { return "IS DISTINCT FROM"; }
    std::string_view absent_first() const override { return " NULLS FIRST"; }
    std::string_view absent_last() const override { return " NULLS LAST"; }
  };
  const Sql sql = list_sql(Dollars(), chairs(),
                           {.filter = where(&Chair::tags).has("x") && where(&Chair::sold) != Time{1},
                            .sort = {ascending(&Chair::sold)}});
  EXPECT_NE(
      sql.text.find("($1 = ANY (\"tags\") AND \"sold\" IS DISTINCT FROM $2) ORDER BY \"sold\" NULLS FIRST, "
                    "\"id\" LIMIT $3"),
      std::string::npos)
      << sql.text;
}

}  // namespace
}  // namespace portico::store
