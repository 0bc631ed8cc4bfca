// A process that dies at every single event of a saga, and once more while it recovers.
#include <gmock/gmock.h>

#include "portico/service/saga_test_support.h"

namespace portico::saga_test {
namespace {

using testing::IsSubsetOf;

class SagaCrashTest : public SagaTest {
 public:
  using Faults = std::map<std::string, std::deque<Fault>>;
  struct Covered {
    int points = 0, deaths = 0;
    std::set<std::string> ends;  // how purchases ended
  };

  explicit SagaCrashTest(uint64_t seed) : SagaTest(seed) {}
  void TestBody() override {}

  // Begins a purchase and lets `events` happen, fewer where it is through before; says how many they were.
  uint64_t buy_for(Faults faults, uint64_t events) {
    start();
    world.faults = std::move(faults);
    process->patience = 5s;
    begin(process->buy("a"));
    uint64_t happened = 0;
    while (happened < events && !(world.count("notify") + world.count("release") > 0 && all_rested()) &&
           sim->step())
      ++happened;
    return happened;
  }
  // The process comes back, dies again after `events` where that is given, and comes to its end.
  std::string recover(uint64_t events, Duration latest) {
    if (events > 0) {
      restart();
      while (events-- > 0) sim->step();
    }
    restart();
    settle();
    std::string end = expect_whole("a");
    pass(latest);  // whatever is still on its way
    EXPECT_EQ(expect_whole("a"), end);
    return end;
  }

 private:
  bool all_rested() { return exposes(R"(sagas_running{service="shop"} 0)"); }
};

SagaCrashTest::Covered die_everywhere(const SagaCrashTest::Faults& faults, Duration latest = 1s) {
  uint64_t all = 0;
  {
    SagaCrashTest whole(1);
    all = whole.buy_for(faults, UINT64_MAX);
  }
  SagaCrashTest::Covered covered;
  for (uint64_t point = 1; point <= all; ++point) {
    SCOPED_TRACE("dies after event " + std::to_string(point) + " of " + std::to_string(all));
    for (uint64_t again : {uint64_t(0), 1 + point * 7 % all}) {
      SagaCrashTest run(1);
      run.buy_for(faults, point);
      covered.ends.insert(run.recover(again, latest));
      covered.deaths += again > 0 ? 2 : 1;
    }
    ++covered.points;
    if (testing::Test::HasFailure()) break;
  }
  std::printf("crash points covered: %d of %d, deaths: %d\n", covered.points, int(all), covered.deaths);
  return covered;
}

TEST(SagaCrash, AnywhereOnTheWayForwardLeavesNothingHalfDone) {
  SagaCrashTest::Covered covered = die_everywhere({});
  EXPECT_GT(covered.points, 40);
  EXPECT_EQ(covered.ends, (std::set<std::string>{"", "confirmed"}));
}

TEST(SagaCrash, AnywhereOnTheWayBackLeavesNothingHalfDone) {
  SagaCrashTest::Covered covered =
      die_everywhere({{"charge", {{.error = down(), .done = true}, {.error = refusal()}}},
                      {"refund", {{.error = down()}}},
                      {"release", {{.error = down(), .done = true}}}});
  EXPECT_GT(covered.points, 40);
  EXPECT_TRUE(covered.ends.contains("cancelled"));
  EXPECT_THAT(covered.ends, IsSubsetOf({"", "confirmed", "cancelled"}));
}

// The message outlives its sender by far more than the recovery takes.
TEST(SagaCrash, WithAMessageThatArrivesLongAfterLeavesNothingHalfDone) {
  SagaCrashTest::Covered covered = die_everywhere({{"charge", {{.delay = 2min}}}}, 2min);
  EXPECT_GT(covered.points, 20);
}

}  // namespace
}  // namespace portico::saga_test
