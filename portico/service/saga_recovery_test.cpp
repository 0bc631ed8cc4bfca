// Sagas whose process dies, is overtaken, or is told by an operator what to do.
#include <gmock/gmock.h>

#include "portico/service/saga_test_support.h"

namespace portico::saga_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* id = "test.buy:a";

class SagaRecoveryTest : public SagaTest {
 protected:
  // The process is dead, the money is on its way.
  void die_while_charging(Duration delay = 5s) {
    start();
    world.faults["charge"] = {{.delay = delay}};
    begin(process->buy("a"));
    pass(1s);
    kill();
  }
};

TEST_F(SagaRecoveryTest, BeforeItsDeadlineItGoesForward) {
  die_while_charging(20s);
  start();
  settle();
  EXPECT_EQ(expect_whole("a"), "confirmed");
  EXPECT_THAT(world.arrived, ElementsAre("reserve", "reserve", "charge", "notify"));
  EXPECT_LT(sim->steady().us, 10'000'000) << "what is left is due at once";
  EXPECT_TRUE(exposes(R"(sagas_resumed_total{service="shop",type="test.buy"} 1)"));
  pass(1min);
  EXPECT_EQ(world.count("charge"), 2) << "the first arrives at last";
  EXPECT_EQ(expect_whole("a"), "confirmed");
}

TEST_F(SagaRecoveryTest, AfterItsDeadlineItIsUndoneAndWhatComesLateIsRefused) {
  die_while_charging(10min);
  pass(2min);
  start();
  settle();
  EXPECT_THAT(world.arrived, ElementsAre("reserve", "refund", "release"));
  EXPECT_EQ(purchase("a").reason, "saga.deadline");
  pass(10min);
  EXPECT_EQ(world.count("charge"), 1);
  EXPECT_EQ(expect_whole("a"), "cancelled");
}

TEST_F(SagaRecoveryTest, WhileItsPartnersAreDownItIsTriedUntilItsDeadlineThenUndone) {
  die_while_charging();
  world.faults["reserve"].assign(100, {.error = down()});
  start();
  pass(50s);
  EXPECT_EQ(purchase("a").status, Status::pending);
  EXPECT_GT(world.count("reserve"), 3);
  pass(20s);
  EXPECT_EQ(purchase("a").status, Status::cancelled) << "its next try does not wait past the deadline";
  settle();
  EXPECT_EQ(expect_whole("a"), "cancelled");
}

TEST_F(SagaRecoveryTest, ARefusalAfterTheRestartUndoesIt) {
  die_while_charging();
  world.faults["reserve"] = {{.error = refusal()}};
  start();
  settle();
  EXPECT_EQ(purchase("a").reason, "test.refused");
  EXPECT_EQ(expect_whole("a"), "cancelled");
}

TEST_F(SagaRecoveryTest, AnEndedOneWhoseRowIsLeftByACrashEndsAgain) {
  start();
  EXPECT_EQ(buy("a"), "");
  pass(10ms);
  ASSERT_EQ(world.count("notify"), 1);
  ASSERT_EQ(rows().size(), 1u);
  restart();
  settle();
  EXPECT_THAT(world.arrived, ElementsAre("reserve", "charge", "notify", "notify"));
  EXPECT_EQ(expect_whole("a"), "confirmed");
}

TEST_F(SagaRecoveryTest, WhatTheProgramDoesNotKnowEndsItsStart) {
  die_while_charging();
  const Program unknown[] = {{.versions = {2}}, {.first_step = "hold"}};
  for (const Program& program : unknown) {
    try {
      start({}, program);
      ADD_FAILURE() << "it has started";
    } catch (const Error& error) {
      EXPECT_EQ(error.reason(), "saga.version");
      EXPECT_THAT(error.message(), HasSubstr("test.buy version 1"));
    }
    kill();
  }
  start({}, {.versions = {1, 2}});
  settle();
  EXPECT_EQ(expect_whole("a"), "confirmed");
}

TEST_F(SagaRecoveryTest, AnOperatorUndoesOneWhoseStepHangs) {
  start();
  world.faults["charge"] = {{.delay = 30s}};
  auto buyer = begin(process->buy("a"));
  pass(1s);
  EXPECT_EQ(compensate(id), "");
  settle(10s);
  EXPECT_THAT(world.arrived, ElementsAre("reserve", "refund", "release")) << "at once";
  EXPECT_EQ(buyer->reason(), "no answer");
  EXPECT_EQ(purchase("a").reason, "saga.compensated");
  pass(1min);
  EXPECT_EQ(buyer->reason(), "saga.taken_over");
  EXPECT_EQ(world.count("charge"), 1);
  EXPECT_EQ(expect_whole("a"), "cancelled");
}

// Another process that shares the store takes the saga on while a step hangs here.
TEST_F(SagaRecoveryTest, WhoIsOvertakenRecordsNothingMore) {
  start();
  world.faults["charge"] = {{.delay = 10s}};
  auto buyer = begin(process->buy("a"));
  pass(1s);
  change_rows({set(&SagaRecord::turn, 7), set(&SagaRecord::due_at, sim->now() + 30s)});
  pass(15s);
  EXPECT_EQ(buyer->reason(), "saga.taken_over");
  EXPECT_EQ(purchase("a").status, Status::pending);
  EXPECT_EQ(row().turn, 7);
  EXPECT_TRUE(exposes(R"(sagas_overtaken_total{service="shop",type="test.buy"} 1)"));
  settle();
  EXPECT_EQ(expect_whole("a"), "confirmed") << "the other one never came back";
}

TEST_F(SagaRecoveryTest, AStepThatHangsBeyondTheLeaseIsTakenUpBesideIt) {
  start({.lease = 5s});
  world.faults["charge"] = {{.delay = 30s}};
  auto buyer = begin(process->buy("a"));
  pass(10s);
  EXPECT_EQ(purchase("a").status, Status::confirmed);
  EXPECT_EQ(buyer->reason(), "no answer");
  pass(30s);
  EXPECT_EQ(buyer->reason(), "saga.taken_over");
  EXPECT_EQ(expect_whole("a"), "confirmed");
}

TEST_F(SagaRecoveryTest, AnOperatorRetriesListsAndIsToldWhatCannotBe) {
  start({.retry = {.base = 10min, .cap = 10min}});
  for (const char* unknown : {"test.buy:none", "", "none"}) {
    EXPECT_EQ(retry(unknown), "unknown");
    EXPECT_EQ(compensate(unknown), "unknown");
  }
  world.faults["notify"] = {{.error = down()}, {.error = down()}};
  EXPECT_EQ(buy("a"), "");
  pass(5s);
  ASSERT_EQ(row().step, "notify");
  EXPECT_EQ(compensate(id), "saga.past_pivot");
  EXPECT_EQ(world.count("notify"), 1);
  EXPECT_EQ(retry(id), "");
  pass(2s);
  EXPECT_EQ(world.count("notify"), 2);
  EXPECT_EQ(row().attempts, 2);
  EXPECT_EQ(retry(id), "");
  pass(3s);
  EXPECT_THAT(rows(), IsEmpty());
  EXPECT_EQ(expect_whole("a"), "confirmed");
}

TEST_F(SagaRecoveryTest, CompensatingWhatIsBeingUndoneTriesItAtOnce) {
  start({.retry = {.base = 10min, .cap = 10min}});
  world.faults["charge"] = {{.error = refusal()}};
  world.faults["release"] = {{.error = down()}};
  EXPECT_EQ(buy("a"), "test.refused");
  ASSERT_EQ(row().phase, SagaPhase::backward);
  EXPECT_EQ(compensate(id), "");
  settle(5s);
  EXPECT_EQ(expect_whole("a"), "cancelled");
}

TEST_F(SagaRecoveryTest, NoMoreThanTheLimitAreCarriedOnSideBySide) {
  constexpr int open = 7;
  start();
  world.faults["notify"].assign(open, {.error = down()});
  for (int i = 0; i < open; ++i) EXPECT_EQ(buy("k" + std::to_string(i)), "");
  pass(100ms);
  EXPECT_EQ(rows().size(), size_t(open));
  world.running_most = 0;
  world.faults["notify"].assign(open, {.delay = 3s});
  restart({.resumed_max = 3});
  settle();
  EXPECT_EQ(world.running_most, 3);
  for (int i = 0; i < open; ++i) EXPECT_EQ(expect_whole("k" + std::to_string(i)), "confirmed");
}

// More than one page of what an earlier process has left, and nobody answers: each is tried at its own pace.
TEST_F(SagaRecoveryTest, ManyThatAreLeftWaitForTheirTime) {
  constexpr int open = int(Query::limit_max) + 50;
  start({.later_max = 1000});
  world.faults["notify"].assign(100'000, {.error = down()});
  for (int i = 0; i < open; ++i) EXPECT_EQ(buy("k" + std::to_string(i)), "");
  pass(100ms);
  restart({.retry = {.base = 1min, .cap = 5min}, .resumed_max = 50});
  world.arrived.clear();
  pass(1min);
  EXPECT_GE(world.count("notify"), open) << "each has been tried";
  EXPECT_LE(world.count("notify"), 4 * open);
  world.faults["notify"].clear();
  settle();
  for (int i = 0; i < open; ++i) EXPECT_TRUE(world.done("mail", "k" + std::to_string(i)));
}

TEST_F(SagaRecoveryTest, AClockThatIsSetBackHoldsNothingUp) {
  start();
  world.faults["notify"] = {{.error = down()}};
  EXPECT_EQ(buy("a"), "");
  pass(100ms);
  const Time ahead = sim->now() + 1h;
  change_rows({set(&SagaRecord::due_at, ahead), set(&SagaRecord::updated_at, ahead)});
  settle(5s);
  EXPECT_EQ(expect_whole("a"), "confirmed");
}

TEST_F(SagaRecoveryTest, AClockThatJumpsAheadDisturbsNoneThatRuns) {
  start();
  world.faults["charge"] = {{.delay = 10s}};
  auto buyer = begin(process->buy("a"));
  pass(1s);
  const Time ago = sim->now() - 1h;
  change_rows(
      {set(&SagaRecord::due_at, ago), set(&SagaRecord::deadline, ago), set(&SagaRecord::updated_at, ago)});
  settle();
  EXPECT_EQ(buyer->reason(), "");
  EXPECT_THAT(world.arrived, ElementsAre("reserve", "charge", "notify"));
}

}  // namespace
}  // namespace portico::saga_test
