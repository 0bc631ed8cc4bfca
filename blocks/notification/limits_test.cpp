#include "blocks/notification/limits.h"

#include "blocks/notification/test_support.h"

namespace portico::mail {
namespace {

// Notes when it was asked.
class NotingMailer : public Mailer {
 public:
  NotingMailer(Runtime& runtime, std::vector<Instant>& times) : runtime_(runtime), times_(times) {}
  Task<std::string> send(Call&, Letter letter) override {
    times_.push_back(runtime_.steady());
    co_return letter.id.value;
  }
  Task<void> check(Call&) override { co_return; }

 private:
  Runtime& runtime_;
  std::vector<Instant>& times_;
};

class MailLimitsTest : public testing::Test {
 protected:
  LimitedMailer& mailer(MailLimits limits) {
    mailer_ = std::make_unique<LimitedMailer>(*bench.sim, *bench.store,
                                              std::make_unique<NotingMailer>(*bench.sim, times), limits);
    bench.run([&](Call&) -> Task<void> { co_await bench.store->open(); });
    return *mailer_;
  }
  // The reason of the refusal, or "".
  std::string send() {
    std::string reason;
    bench.run([&](Call& call) -> Task<void> { co_await try_one(call, &reason); });
    return reason;
  }
  Task<void> try_one(Call call, std::string* reason) {
    try {
      co_await mailer_->send(call, letter("m-1"));
    } catch (const Error& error) {
      *reason = error.reason();
    }
  }

  Bench bench;
  std::vector<Instant> times;
  std::unique_ptr<LimitedMailer> mailer_;
};

TEST_F(MailLimitsTest, SpreadsMailsOverTheSecond) {
  mailer({.per_second = 10, .per_day = 1000});
  std::vector<std::string> reasons(20);
  bench.run([&](Call& call) -> Task<void> {
    std::vector<Task<void>> tasks;
    for (std::string& reason : reasons) tasks.push_back(try_one(call, &reason));
    co_await all(std::move(tasks));
  });
  ASSERT_EQ(times.size(), 20u);
  for (size_t i = 1; i < times.size(); ++i)
    EXPECT_GE(times[i] - times[i - 1], Duration(std::chrono::milliseconds(99)));
}

TEST_F(MailLimitsTest, RefusesWhatWouldWaitTooLong) {
  mailer({.per_second = 1, .per_day = 1000, .wait_max = std::chrono::seconds(2)});
  std::vector<std::string> reasons(5);
  bench.run([&](Call& call) -> Task<void> {
    std::vector<Task<void>> tasks;
    for (std::string& reason : reasons) tasks.push_back(try_one(call, &reason));
    co_await all(std::move(tasks));
  });
  EXPECT_EQ(times.size(), 3u);
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), "mail.rate"), 2);
}

TEST_F(MailLimitsTest, TheDayHasItsNumberAndTheNextDayAFreshOne) {
  mailer({.per_second = 1000, .per_day = 3});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(send(), "");
  EXPECT_EQ(send(), "mail.daily_limit");
  EXPECT_EQ(times.size(), 3u);
  bench.run([&](Call&) -> Task<void> { co_await bench.sim->sleep(std::chrono::hours(24)); });
  EXPECT_EQ(send(), "");
}

}  // namespace
}  // namespace portico::mail
