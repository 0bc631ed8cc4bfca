#include "portico/security/one_time_code.h"

#include <gtest/gtest.h>

#include <set>

#include "portico/security/test_support.h"

namespace portico::security {
namespace {

using std::chrono::minutes;

class OneTimeCodes : public testing::Test {
 protected:
  CodeCheck check(std::string_view code) {
    return check_code(issued.state, key, "login", "ada@example.com", code, clock.now());
  }
  std::string wrong() const { return issued.code.reveal() == "000000" ? "000001" : "000000"; }

  FakeClock clock;
  SeededRandom random{21};
  Secret key{secret_32};
  IssuedCode issued = issue_code(key, "login", "ada@example.com", clock.now(), random);
};

TEST_F(OneTimeCodes, TheRightCodeCountsOnce) {
  EXPECT_EQ(issued.code.reveal().size(), 6u);
  EXPECT_EQ(issued.state.mac, hex(hmac_sha256(secret_32, "login|ada@example.com|" + issued.code.reveal())));
  EXPECT_EQ(issued.state.expires_at, clock.now() + minutes(10));
  CodeCheck first = check(issued.code.reveal());
  EXPECT_EQ(first.outcome, CodeOutcome::accepted);
  issued.state = first.state;
  EXPECT_EQ(check(issued.code.reveal()).outcome, CodeOutcome::exhausted);
}

TEST_F(OneTimeCodes, AfterFiveWrongTriesEvenTheRightOneIsTooLate) {
  for (int i = 1; i <= code_tries_max; ++i) {
    CodeCheck attempt = check(wrong());
    EXPECT_EQ(attempt.outcome, CodeOutcome::wrong);
    EXPECT_EQ(attempt.state.tries, i);
    if (i == code_tries_max - 1)
      EXPECT_EQ(check_code(attempt.state, key, "login", "ada@example.com", issued.code.reveal(), clock.now())
                    .outcome,
                CodeOutcome::accepted);
    issued.state = attempt.state;
  }
  EXPECT_EQ(check(issued.code.reveal()).outcome, CodeOutcome::exhausted);
  EXPECT_EQ(check(wrong()).outcome, CodeOutcome::exhausted);
  EXPECT_EQ(check(wrong()).state, issued.state) << "the count does not run away";
}

TEST_F(OneTimeCodes, Expires) {
  clock.time = issued.state.expires_at - Duration(1000);
  EXPECT_EQ(check(issued.code.reveal()).outcome, CodeOutcome::accepted);
  clock.time = issued.state.expires_at;
  EXPECT_EQ(check(issued.code.reveal()).outcome, CodeOutcome::expired);
}

TEST_F(OneTimeCodes, IsBoundToPurposeAccountAndKey) {
  std::string code = issued.code.reveal();
  EXPECT_EQ(check_code(issued.state, key, "reset", "ada@example.com", code, clock.now()).outcome,
            CodeOutcome::wrong);
  EXPECT_EQ(check_code(issued.state, key, "login", "eve@example.com", code, clock.now()).outcome,
            CodeOutcome::wrong);
  EXPECT_EQ(check_code(issued.state, Secret("other"), "login", "ada@example.com", code, clock.now()).outcome,
            CodeOutcome::wrong);
  EXPECT_DEATH(issue_code(key, "a|b", "ada", clock.now(), random), "broken promise");
}

TEST_F(OneTimeCodes, AnythingElseIsWrong) {
  std::string code = issued.code.reveal();
  for (const std::string& bad :
       {std::string(), code + "0", code.substr(1), " " + code.substr(1), "-" + code.substr(1),
        std::string(6, '|'), std::string(1 << 16, '1'), "ada|" + code})
    EXPECT_EQ(check(bad).outcome, CodeOutcome::wrong) << bad.size();
}

TEST_F(OneTimeCodes, AnEmptyStateAcceptsNothing) {
  issued.state.mac.clear();
  EXPECT_EQ(check(issued.code.reveal()).outcome, CodeOutcome::wrong);
  EXPECT_EQ(check("").outcome, CodeOutcome::wrong);
}

TEST_F(OneTimeCodes, CodesAreSpreadEvenlyWithLeadingZeros) {
  std::array<int, 10> first_digit{};
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    std::string code = issue_code(key, "login", "a", clock.now(), random).code.reveal();
    ASSERT_EQ(code.size(), 6u);
    ASSERT_EQ(code.find_first_not_of("0123456789"), std::string::npos);
    ++first_digit[static_cast<size_t>(code[0] - '0')];
    seen.insert(code);
  }
  for (int count : first_digit) EXPECT_NEAR(count, 1000, 150);  // five standard deviations
  EXPECT_GT(seen.size(), 9'900u);
}

}  // namespace
}  // namespace portico::security
