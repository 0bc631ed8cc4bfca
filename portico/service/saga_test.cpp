// Sagas forward and backward, while their process lives.
#include "portico/service/saga.h"

#include <gmock/gmock.h>

#include "portico/service/saga_test_support.h"

namespace portico::saga_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(SagaTest, DoesItsStepsInOrderAndLeavesNoRow) {
  start();
  EXPECT_EQ(buy("a"), "");
  EXPECT_THAT(world.arrived, ElementsAre("reserve", "charge")) << "the buyer does not wait for the rest";
  EXPECT_EQ(purchase("a").status, Status::confirmed);
  pass(100ms);
  EXPECT_THAT(world.arrived, ElementsAre("reserve", "charge", "notify"));
  EXPECT_EQ(rows().size(), 1u) << "it goes with others that have ended";
  pass(2s);
  EXPECT_THAT(rows(), IsEmpty());
  EXPECT_EQ(expect_whole("a"), "confirmed");
  EXPECT_TRUE(exposes(R"(sagas_ended_total{outcome="done",service="shop",type="test.buy"} 1)"))
      << process->metrics.expose();
  EXPECT_TRUE(exposes(R"(sagas_running{service="shop"} 0)"));
}

TEST_F(SagaTest, ManyThatEndAtOnceAreRemovedTogether) {
  start({.ended_max = 3});
  for (const char* key : {"a", "b", "c"}) EXPECT_EQ(buy(key), "");
  pass(100ms);
  EXPECT_THAT(rows(), IsEmpty()) << "without waiting for the next round";
}

TEST_F(SagaTest, ADefiniteRefusalUndoesWhatWasDoneBeforeAndReachesTheCaller) {
  start();
  world.faults["charge"] = {{.error = refusal()}};
  EXPECT_EQ(buy("a"), "test.refused");
  EXPECT_THAT(world.arrived, ElementsAre("reserve", "charge", "release"));
  EXPECT_EQ(purchase("a").reason, "test.refused");
  settle();
  EXPECT_EQ(expect_whole("a"), "cancelled");
  EXPECT_TRUE(exposes(R"(sagas_ended_total{outcome="undone",service="shop",type="test.buy"} 1)"));
}

TEST_F(SagaTest, WhatIsUncertainIsUndoneTooLastFirst) {
  start();
  const Error uncertain[] = {down(), Error(too_late, "test.late"), Error(Code::internal, "test.broken")};
  for (const Error& error : uncertain)
    for (bool done : {false, true}) {
      world.arrived.clear();
      world.faults["charge"] = {{.error = error, .done = done}};
      const std::string key = error.reason() + (done ? "-done" : "");
      EXPECT_EQ(buy(key), error.reason());
      EXPECT_THAT(world.arrived, ElementsAre("reserve", "charge", "refund", "release"));
      EXPECT_EQ(expect_whole(key), "cancelled");
    }
}

TEST_F(SagaTest, WhenTheFirstStepRefusesNothingIsUndoneAndNoRowLeft) {
  start();
  world.faults["reserve"] = {{.error = refusal()}};
  EXPECT_EQ(buy("a"), "test.refused");
  EXPECT_THAT(rows(), IsEmpty()) << "it goes in the unit that records the refusal";
  EXPECT_EQ(purchase("a").status, Status::cancelled);
  pass(5s);
  EXPECT_THAT(world.arrived, ElementsAre("reserve"));
}

TEST_F(SagaTest, TheDecisionToUndoAndTheDocumentAreOneUnit) {
  start({.lease = 5s});
  process->cancels_that_fail = 1;
  world.faults["charge"] = {{.error = refusal()}, {.error = refusal()}};
  EXPECT_EQ(buy("a"), "test.store");
  EXPECT_EQ(purchase("a").status, Status::pending);
  EXPECT_EQ(row().phase, SagaPhase::forward);
  EXPECT_THAT(world.arrived, ElementsAre("reserve", "charge")) << "nothing is undone before it is decided";
  settle();
  EXPECT_EQ(expect_whole("a"), "cancelled");
}

TEST_F(SagaTest, AFaultInThePivotUndoesEverythingBeforeIt) {
  start();
  process->confirms_that_throw = 1;
  EXPECT_EQ(buy("a"), "saga.step_failed");
  EXPECT_THAT(world.arrived, ElementsAre("reserve", "charge", "refund", "release"));
  EXPECT_EQ(expect_whole("a"), "cancelled");
}

// The wait before the n-th next try is drawn from (0, base * 2^(n-1)].
TEST_F(SagaTest, ACompensationThatFailsIsRetriedMoreAndMoreRarelyAndIsStuckInTheMeantime) {
  constexpr int failures = 8;
  start({.retry = {.base = 2s, .cap = 10min}, .stuck_after = 3});
  world.faults["charge"] = {{.error = refusal()}};
  world.faults["release"].assign(failures, {.error = down()});
  EXPECT_EQ(buy("a"), "test.refused") << "the buyer hears why, not what became of the stock";
  EXPECT_EQ(purchase("a").status, Status::cancelled);
  SagaRecord before = row();
  bool grown = false, was_stuck = false;
  for (int attempts = 1; attempts <= failures; ++attempts) {
    while (row().attempts < attempts) pass(100ms);
    before = row();
    EXPECT_EQ(before.attempts, attempts);
    EXPECT_EQ(before.stuck, attempts >= 3);
    EXPECT_EQ(before.reason, "test.down");
    const Duration wait = before.due_at - before.updated_at;
    EXPECT_LE(wait, 2s * (1 << (attempts - 1)));
    grown = grown || wait > 8s;
    pass(1s);
    was_stuck = was_stuck || exposes(R"(sagas_stuck{service="shop"} 1)");
  }
  EXPECT_TRUE(grown);
  EXPECT_TRUE(was_stuck);
  settle();
  EXPECT_EQ(expect_whole("a"), "cancelled");
  pass(15s);
  EXPECT_TRUE(exposes(R"(sagas_stuck{service="shop"} 0)"));
  EXPECT_EQ(world.count("release"), failures + 1);
}

TEST_F(SagaTest, AfterThePivotItOnlyGoesForward) {
  start();
  world.faults["notify"] = {{.error = refusal()}, {.error = down()}, {.error = down(), .done = true}};
  EXPECT_EQ(buy("a"), "");
  pass(100ms);
  EXPECT_EQ(row().step, "notify");
  EXPECT_EQ(row().reason, "test.refused");
  settle();
  EXPECT_THAT(world.arrived, ElementsAre("reserve", "charge", "notify", "notify", "notify", "notify"));
  EXPECT_EQ(expect_whole("a"), "confirmed");
}

TEST_F(SagaTest, WithoutAPivotItIsPastIt) {
  start();
  EXPECT_EQ(buy("a"), "");
  pass(2s);
  world.faults["release"] = {{.error = refusal()}, {.error = down()}};
  EXPECT_EQ(run(process->give_back("a")), "") << "what is decided stays, whatever its steps say";
  EXPECT_EQ(compensate("test.return:a"), "saga.past_pivot");
  settle();
  EXPECT_EQ(world.count("release"), 3);
  EXPECT_FALSE(world.done("stock", "a"));
}

TEST_F(SagaTest, AtTheLimitOfTailsARequestWaitsForItsOwn) {
  start({.later_max = 2});
  world.faults["notify"].assign(3, {.delay = 5s});
  const Instant begun = sim->steady();
  for (const char* key : {"a", "b"}) EXPECT_EQ(buy(key), "");
  EXPECT_LT(sim->steady() - begun, 100ms);
  EXPECT_EQ(buy("c"), "");
  EXPECT_GE(sim->steady() - begun, 5s);
  pass(1s);
  EXPECT_EQ(buy("d"), "");
  EXPECT_LT(sim->steady() - begun, 7s) << "there is room again";
}

TEST_F(SagaTest, AKeyHasOneSagaAtATime) {
  start();
  world.faults["charge"] = {{.delay = 5s}};
  auto first = begin(process->buy("a"));
  pass(1s);
  bool again = true;
  auto start_again = [&]() -> Task<void> { again = co_await process->start_only("a"); };
  EXPECT_EQ(run(start_again()), "");
  EXPECT_FALSE(again);
  settle();
  EXPECT_EQ(first->reason(), "");
  EXPECT_EQ(world.count("reserve"), 1);
  EXPECT_EQ(world.count("notify"), 1);
}

TEST_F(SagaTest, StoppingWaitsForTailsAndBeginsNoMore) {
  start();
  world.faults["notify"] = {{.delay = 2s}, {.delay = 2s}};
  EXPECT_EQ(buy("a"), "");
  const Instant begun = sim->steady();
  EXPECT_EQ(run(process->sagas.stop(begun + 10s)), "");
  EXPECT_GE(sim->steady() - begun, 1s);
  EXPECT_THAT(rows(), IsEmpty());
  EXPECT_EQ(buy("b"), "");
  EXPECT_EQ(world.count("notify"), 2) << "the request does what would run beside it";
}

}  // namespace
}  // namespace portico::saga_test
