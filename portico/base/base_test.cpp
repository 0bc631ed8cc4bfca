#include <gtest/gtest.h>

#include "portico/base/error.h"
#include "portico/base/money.h"
#include "portico/base/secret.h"
#include "portico/base/time.h"
#include "portico/base/types.h"

namespace portico {
namespace {

TEST(Money, TextIsExactBothWays) {
  for (int64_t minor : {0L, 1L, 9L, 10L, 99L, 100L, 99999L, 999'999'999'999L, -1L, -105L}) {
    auto parsed = parse_money(to_string(Money{minor}));
    ASSERT_TRUE(parsed) << minor;
    EXPECT_EQ(parsed->minor, minor);
  }
  EXPECT_EQ(to_string(Money{99999}), "999.99");
  EXPECT_EQ(to_string(Money{-5}), "-0.05");
}

TEST(Money, RefusesWhatItCannotHoldExactly) {
  for (const char* bad :
       {"", "-", ".", "1.001", "1e-3", "abc", "1.2.3", "10000000000", "1e99", "1e", "0x1", "1e1000"})
    EXPECT_FALSE(parse_money(bad)) << bad;
  EXPECT_EQ(parse_money("29.990")->minor, 2999);
  EXPECT_EQ(parse_money("1e2")->minor, 10000);
  EXPECT_EQ(parse_money("1.5E1")->minor, 1500);
}

TEST(Money, SumsAndProductsNeverWrap) {
  EXPECT_EQ(checked_multiply(Money{2999}, 3)->minor, 8997);
  EXPECT_FALSE(checked_multiply(Money{Money::minor_max}, 2));
  EXPECT_FALSE(checked_multiply(Money{1}, INT64_MAX));
  EXPECT_FALSE(checked_add(Money{Money::minor_max}, Money{1}));
}

TEST(Time, RoundTripsAndReadsOffsets) {
  EXPECT_EQ(to_string(Time{0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_string(Time{-1}), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(parse_time("2026-11-21T14:16:00.123+01:00"), parse_time("2026-11-21T13:16:00.123Z"));
  EXPECT_EQ(to_string(*parse_time("2024-02-29T23:59:59Z")), "2024-02-29T23:59:59.000Z");
  for (const char* bad :
       {"", "2023-02-29T00:00:00Z", "2024-01-01", "2024-01-01T00:00:00", "2024-01-01T24:00:00Z",
        "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00Zx", "24-01-01T00:00:00Z"})
    EXPECT_FALSE(parse_time(bad)) << bad;
}

TEST(Date, RoundTrips) {
  EXPECT_EQ(to_string(*parse_date("1990-05-15")), "1990-05-15");
  EXPECT_FALSE(parse_date("1990-5-15"));
  EXPECT_FALSE(parse_date("1990-13-01"));
}

TEST(Error, ListsEveryViolationAndKeepsTheNoteInside) {
  auto error = Error::invalid_input({{"/email", "is required"}, {"/items/0/quantity", "must be at least 1"}});
  EXPECT_EQ(error.status(), 400);
  EXPECT_EQ(error.violations().size(), 2u);
  EXPECT_EQ(error.message(), "Validation failed: email is required; items/0/quantity must be at least 1");
  Error noted = Error(conflict, "seat.taken").with_note("held by 42");
  EXPECT_EQ(noted.message().find("42"), std::string::npos);
  EXPECT_EQ(code_of_status(418), Code::invalid);
  EXPECT_EQ(code_of_status(503), Code::unavailable);
}

TEST(Secret, ComparesWhole) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
}

}  // namespace
}  // namespace portico
