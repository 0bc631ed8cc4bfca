#include "systems/shop/user/rules.h"

#include <gtest/gtest.h>

#include "systems/shop/user/throttle.h"

namespace shop::user {
namespace {

const Time now{1'795'000'000'000};

Registration jane() {
  return {
      .first_name = "  Jane\t", .last_name = "Doe", .email = "Jane@Shop.Example", .password = "password123"};
}

TEST(UserRules, TrimsNamesAndLowersTheAddress) {
  User user = registered(trimmed(jane()), {"u1"}, now);
  EXPECT_EQ(user.first_name, "Jane");
  EXPECT_EQ(user.email, "jane@shop.example");
  EXPECT_EQ(user.role, UserRole::user);
  EXPECT_EQ(user.created_at, now);
}

TEST(UserRules, RefusesNamesOfWhiteSpace) {
  Registration input = jane();
  input.first_name = "   ";
  input.last_name = "\u00a0 x";
  auto wrong = faults(trimmed(std::move(input)), now);
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_EQ(wrong[0].pointer, "/firstName");
}

TEST(UserRules, RefusesABirthdayToCome) {
  Registration input = trimmed(jane());
  Date today{int32_t(now.ms / 86'400'000)};
  input.date_of_birth = today;
  EXPECT_TRUE(faults(input, now).empty());
  input.date_of_birth = Date{today.days + 1};
  auto wrong = faults(input, now);
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_EQ(wrong[0].pointer, "/dateOfBirth");
}

TEST(UserRules, ChangesOnlyWhatIsGiven) {
  User user = registered(trimmed(jane()), {"u1"}, now);
  ProfileChange change;
  change.last_name = "Roe";
  User after = changed(user, change, now + std::chrono::seconds(1));
  EXPECT_EQ(after.first_name, "Jane");
  EXPECT_EQ(after.last_name, "Roe");
  EXPECT_EQ(after.email, user.email);
  EXPECT_EQ(after.updated_at, now + std::chrono::seconds(1));
  EXPECT_EQ(after.created_at, now);
}

TEST(UserRules, ClaimsNameTheUserInAllWaysOfTheSeed) {
  User user = registered(trimmed(jane()), {"u1"}, now);
  security::Claims claims = claims_of(user, 2, "t1", now, std::chrono::hours(24));
  EXPECT_EQ(claims.subject, "u1");
  EXPECT_EQ(claims.find_extra("userId"), "u1");
  EXPECT_EQ(claims.email, "jane@shop.example");
  EXPECT_EQ(claims.role, "user");
  EXPECT_EQ(claims.issuer, "shop");
  EXPECT_EQ(claims.audience, std::vector<std::string>{"shop"});
  EXPECT_EQ(claims.id, "t1");
  EXPECT_EQ(claims.session, "u1.2");
  EXPECT_EQ(claims.expires_at - claims.issued_at, Duration(std::chrono::hours(24)));
}

TEST(UserRules, CodesTravelThroughTheAccountUnchanged) {
  security::OneTimeCode code{.mac = "ab12", .expires_at = now, .tries = 3, .used = true};
  EXPECT_EQ(code_of(with_code(Account{}, code)), code);
}

TEST(Throttle, WaitsDoubleBehindTheFreeTriesUpToTheLimit) {
  using std::chrono::seconds;
  EXPECT_EQ(wait_after(failed_logins, 0), seconds(0));
  EXPECT_EQ(wait_after(failed_logins, 4), seconds(0));
  EXPECT_EQ(wait_after(failed_logins, 5), seconds(1));
  EXPECT_EQ(wait_after(failed_logins, 6), seconds(2));
  EXPECT_EQ(wait_after(failed_logins, 14), seconds(512));
  EXPECT_EQ(wait_after(failed_logins, 15), std::chrono::minutes(15));
  EXPECT_EQ(wait_after(failed_logins, INT64_MAX), std::chrono::minutes(15));
  EXPECT_EQ(wait_after(requested_codes, 1), seconds(30));
  EXPECT_EQ(wait_after(requested_codes, 2), seconds(60));
  EXPECT_EQ(wait_after(tried_codes, 19), seconds(0));
  EXPECT_EQ(wait_after(tried_codes, 20), std::chrono::minutes(1));
}

TEST(Throttle, KeysFitAnIdAndHideTheAddress) {
  for (const ThrottleRule& rule : {failed_logins, requested_codes, tried_codes}) {
    Id<Tries> id = throttle_id(rule, Email("jane@shop.example"));
    EXPECT_LE(id.value.size(), Id<Tries>::max);
    EXPECT_EQ(id.value.find("jane"), std::string::npos);
  }
  EXPECT_NE(throttle_id(failed_logins, Email("a@b.example")), throttle_id(tried_codes, Email("a@b.example")));
}

TEST(Throttle, TellsHowLongToWaitInWholeSeconds) {
  EXPECT_EQ(too_many(now + std::chrono::milliseconds(1), now).retry_after_seconds(), 1);
  EXPECT_EQ(too_many(now + std::chrono::milliseconds(1001), now).retry_after_seconds(), 2);
  EXPECT_EQ(too_many(now, now).status(), 429);
}

}  // namespace
}  // namespace shop::user
