#include "portico/store/cursor.h"

#include <gtest/gtest.h>

#include "portico/runtime/runtime.h"

namespace portico::store {
namespace {

struct Lap {
  Id<Lap> id;
  std::string driver;
  std::optional<int> place;
  Json notes;
};
PORTICO_DESCRIBE(Lap, id, driver, place, notes)

const CollectionInfo& laps() {
  static const auto info = describe_collection(schema::type_of<Lap>(), 0, {}, "");
  return *info;
}

std::string reason_of(auto attempt) {
  try {
    attempt();
  } catch (const Error& error) {
    return error.reason();
  }
  return "";
}

SortOrder by(std::vector<Sort> sort) { return sort_order(laps(), sort); }

TEST(Cursor, ReturnsTheValuesItWasMadeOf) {
  const SortOrder order = by({descending(&Lap::place), ascending(&Lap::driver)});
  ASSERT_EQ(order.size(), 3u);
  EXPECT_EQ(order[2].member->name, "id");
  EXPECT_FALSE(order[2].descending);
  for (const std::string& text :
       {std::string(), std::string("a"), std::string("\xff\0\n", 3), std::string(3000, 'x')}) {
    Lap lap{.id = {"l1"}, .driver = text, .place = -7};
    EXPECT_EQ(read_cursor(write_cursor(laps(), order, &lap), laps(), order),
              (CursorValues{int64_t(-7), text, "l1"}));
    lap.place.reset();
    EXPECT_EQ(read_cursor(write_cursor(laps(), order, &lap), laps(), order),
              (CursorValues{Value(), text, "l1"}));
  }
}

TEST(Cursor, IsSafeInAUrl) {
  Lap lap{.id = {"l1"}, .driver = std::string("\xfb\xff\xfe", 3)};
  const std::string cursor = write_cursor(laps(), by({ascending(&Lap::driver)}), &lap);
  EXPECT_EQ(cursor.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
}

TEST(Cursor, BelongsToOneOrder) {
  Lap lap{.id = {"l1"}, .driver = "d"};
  const std::string cursor = write_cursor(laps(), by({ascending(&Lap::driver)}), &lap);
  EXPECT_EQ(reason_of([&] { read_cursor(cursor, laps(), by({descending(&Lap::driver)})); }),
            "cursor.invalid");
  EXPECT_EQ(reason_of([&] { read_cursor(cursor, laps(), by({ascending(&Lap::place)})); }), "cursor.invalid");
  EXPECT_EQ(reason_of([&] { read_cursor(cursor, laps(), by({})); }), "cursor.invalid");
}

TEST(Cursor, SurvivesAnyBytes) {
  const uint64_t seed = RealRuntime::make()->random().next();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  auto generator = SimRuntime::make(seed);
  Random& random = generator->random();
  const SortOrder order = by({ascending(&Lap::driver), descending(&Lap::place)});
  Lap lap{.id = {"l1"}, .driver = "driver", .place = 3};
  const std::string good = write_cursor(laps(), order, &lap);
  for (int round = 0; round < 20'000; ++round) {
    std::string bad = good;
    for (auto hits = 1 + random.below(3); hits > 0; --hits) {
      const size_t at = random.below(bad.size());
      switch (random.below(3)) {
        case 0:
          bad[at] = char(random.below(256));
          break;
        case 1:
          bad.erase(at, 1 + random.below(4));
          break;
        default:
          bad.insert(at, 1, "Aa0-_"[random.below(5)]);
      }
      if (bad.empty()) bad = "A";
    }
    const std::string reason = reason_of([&] { read_cursor(bad, laps(), order); });
    EXPECT_TRUE(reason.empty() || reason == "cursor.invalid") << reason;
  }
}

TEST(Cursor, IsBounded) {
  const SortOrder order = by({ascending(&Lap::driver)});
  Lap lap{.id = {"l1"}, .driver = std::string(6000, 'x')};
  EXPECT_EQ(reason_of([&] { write_cursor(laps(), order, &lap); }), "");
  lap.driver.resize(7000);
  EXPECT_EQ(reason_of([&] { write_cursor(laps(), order, &lap); }), "cursor.too_long");
  EXPECT_EQ(reason_of([&] { read_cursor(std::string(cursor_bytes_max + 1, 'A'), laps(), order); }),
            "cursor.invalid");
}

TEST(Cursor, RefusesOrdersThatAreNone) {
  EXPECT_EQ(reason_of([&] { by({ascending(&Lap::notes)}); }), "query.member");
  EXPECT_EQ(reason_of([&] { by({{"nosuch", false}}); }), "query.member");
  // The key ends the order; a member that comes again adds nothing.
  EXPECT_EQ(by({descending(&Lap::id), ascending(&Lap::driver)}).size(), 1u);
  EXPECT_EQ(by({ascending(&Lap::driver), descending(&Lap::driver)}).size(), 2u);
}

}  // namespace
}  // namespace portico::store
