#include "portico/store/sqlite/layout.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace portico::sqlite {
namespace {

struct Seat {
  Id<Seat> id;
  std::string row = "it's";
  int number = 3;
  Int<0, 9> price_class;
  std::optional<Money> surcharge;
  std::vector<std::string> tags;
};
PORTICO_DESCRIBE(Seat, id, row, number, price_class, surcharge, tags)

std::shared_ptr<const CollectionInfo> seats(std::vector<Index> indexes = {}) {
  return describe_collection(schema::type_of<Seat>(), 0, std::move(indexes), "");
}

TEST(Layout, MakesAStrictTableWithAColumnAMember) {
  EXPECT_EQ(create_table_sql(*seats()),
            "CREATE TABLE \"seats\" (\"id\" TEXT NOT NULL PRIMARY KEY, \"row\" TEXT NOT NULL, "
            "\"number\" INTEGER NOT NULL CHECK (\"number\" BETWEEN -2147483648 AND 2147483647), "
            "\"priceClass\" INTEGER NOT NULL, \"surcharge\" INTEGER, \"tags\" TEXT NOT NULL, "
            "\"_version\" INTEGER NOT NULL DEFAULT 1) STRICT");
}

TEST(Layout, NamesIndexesByWhatTheyAre) {
  const auto info =
      seats({unique(&Seat::row, &Seat::number), index(&Seat::surcharge), index(&Seat::row, &Seat::id)});
  EXPECT_EQ(
      create_index_sql(*info, info->indexes[0]),
      "CREATE UNIQUE INDEX IF NOT EXISTS \"ux__seats__row__number\" ON \"seats\" (\"row\", \"number\")");
  EXPECT_EQ(create_index_sql(*info, info->indexes[1]),
            "CREATE INDEX IF NOT EXISTS \"ix__seats__surcharge\" ON \"seats\" (\"surcharge\", \"id\")");
  EXPECT_EQ(create_index_sql(*info, info->indexes[2]),
            "CREATE INDEX IF NOT EXISTS \"ix__seats__row__id\" ON \"seats\" (\"row\", \"id\")");
}

TEST(Layout, GivesNewColumnsTheDefaultOfTheStruct) {
  const auto info = seats();
  auto sql = [&](std::string_view name) {
    return add_column_sql(*info, *schema::type_of<Seat>().find(name));
  };
  EXPECT_EQ(sql("row"), "ALTER TABLE \"seats\" ADD COLUMN \"row\" TEXT NOT NULL DEFAULT 'it''s'");
  EXPECT_EQ(sql("priceClass"), "ALTER TABLE \"seats\" ADD COLUMN \"priceClass\" INTEGER NOT NULL DEFAULT 0");
  EXPECT_EQ(sql("surcharge"), "ALTER TABLE \"seats\" ADD COLUMN \"surcharge\" INTEGER");
  EXPECT_EQ(sql("tags"), "ALTER TABLE \"seats\" ADD COLUMN \"tags\" TEXT NOT NULL DEFAULT '[]'");
}

int64_t indexes_of(Connection& connection) {
  return connection.single(
      "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name GLOB '[iu]x__*'");
}

TEST(Layout, LeavesIndexesOfCollectionsThatAreNotDeclared) {
  const std::string path = testing::TempDir() + "portico_layout_partial.db";
  for (const char* part : {"", "-wal", "-shm"}) std::filesystem::remove(path + part);
  Connection connection({.path = path});
  prepare_layout(connection, {seats({index(&Seat::row), unique(&Seat::number)})}, {}, Time{});
  EXPECT_EQ(indexes_of(connection), 2);
  prepare_layout(connection, {}, {}, Time{});
  EXPECT_EQ(indexes_of(connection), 2);
  prepare_layout(connection, {seats({index(&Seat::row)})}, {}, Time{});
  EXPECT_EQ(indexes_of(connection), 1);
}

// The plan of a page behind a cursor: the index finds its start and nothing is sorted.
TEST(Layout, PagesAlongAnIndexWithoutSorting) {
  const auto info = seats({index(&Seat::row)});
  const std::string path = testing::TempDir() + "portico_layout_plan.db";
  for (const char* part : {"", "-wal", "-shm"}) std::filesystem::remove(path + part);
  Connection connection({.path = path});
  prepare_layout(connection, {info}, {}, Time{});
  const std::string select =
      "EXPLAIN QUERY PLAN SELECT id FROM seats WHERE (\"row\" >= 'x' AND ((\"row\" > 'x') OR (\"row\" = 'x' "
      "AND "
      "\"id\" > 'i'))) ORDER BY \"row\", \"id\" LIMIT 21";
  std::string plan;
  Statement explain = connection.statement(select);
  while (explain.step()) plan += std::string(explain.text(3)) + "\n";
  EXPECT_NE(plan.find("ix__seats__row"), std::string::npos) << plan;
  EXPECT_EQ(plan.find("TEMP B-TREE"), std::string::npos) << plan;
}

}  // namespace
}  // namespace portico::sqlite
