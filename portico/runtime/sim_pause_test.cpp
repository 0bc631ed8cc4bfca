#include <gtest/gtest.h>

#include <set>

#include "portico/runtime/runtime.h"
#include "portico/runtime/sync.h"

namespace portico {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Task<void> tick(Runtime& runtime, int times, std::vector<int64_t>* seen) {
  for (int i = 0; i < times; ++i) {
    co_await runtime.sleep(seconds(1));
    seen->push_back(runtime.steady().us / 1'000'000);
  }
}

TEST(SimPause, APausedNodeMissesNothingAndCatchesUp) {
  auto sim = SimRuntime::make(1);
  auto& node = sim->node("a");
  std::vector<int64_t> seen, others;
  std::set<int> late;
  node.spawn("tick", tick(node, 5, &seen));
  sim->spawn("tick", tick(*sim, 5, &others));
  for (int i = 0; i < 3; ++i) {
    struct Note {
      static Task<void> run(Runtime& runtime, int number, std::set<int>* late) {
        co_await runtime.sleep(milliseconds(2100 + number));
        EXPECT_EQ(runtime.steady().us, 4'500'000);
        late->insert(number);
      }
    };
    node.spawn("note", Note::run(node, i, &late));
  }
  sim->run_until({1'500'000});
  sim->pause("a");
  sim->run_until({4'500'000});
  EXPECT_EQ(seen, (std::vector<int64_t>{1}));
  EXPECT_EQ(others, (std::vector<int64_t>{1, 2, 3, 4}));
  EXPECT_TRUE(late.empty());
  sim->resume("a");
  sim->run_until({20'000'000});
  EXPECT_EQ(seen, (std::vector<int64_t>{1, 4, 5, 6, 7}));  // late once, then a second apart again
  EXPECT_EQ(late, (std::set<int>{0, 1, 2}));
}

TEST(SimPause, ANodeMayDieWhileItIsPaused) {
  auto sim = SimRuntime::make(1);
  auto& node = sim->node("a");
  std::vector<int64_t> seen;
  node.spawn("tick", tick(node, 5, &seen));
  sim->pause("a");
  sim->run_until({3'000'000});
  sim->kill("a");
  sim->resume("a");
  sim->run_until({9'000'000});
  EXPECT_TRUE(seen.empty());
}

TEST(SimPause, AWaitThatEndsWhileItsTimeWasMissedEndsOnce) {
  auto sim = SimRuntime::make(1);
  auto& node = sim->node("a");
  struct Wait {
    static Task<void> run(Signal* signal, std::vector<bool>* seen) {
      seen->push_back(co_await signal->wait_for(seconds(1)));
      seen->push_back(co_await signal->wait_for(seconds(1)));
    }
  };
  Signal signal(*sim);
  std::vector<bool> seen;
  node.spawn("wait", Wait::run(&signal, &seen));
  sim->run_until({500'000});
  sim->pause("a");
  sim->run_until({2'000'000});  // the timer has been missed
  signal.notify();
  sim->resume("a");
  sim->run_until({9'000'000});
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_FALSE(seen[1]);
}

TEST(SimClock, AnOffsetMovesTheWallClockOfOneNodeOnly) {
  auto sim = SimRuntime::make(1, Time{5000});
  auto& a = sim->node("a");
  auto& b = sim->node("b");
  sim->run(sim->sleep(seconds(1)));
  EXPECT_EQ(a.now().ms, 6000);
  sim->set_clock_offset("a", -minutes(10));
  EXPECT_EQ(a.now().ms, 6000 - 600'000);
  EXPECT_EQ(b.now().ms, 6000);
  EXPECT_EQ(sim->now().ms, 6000);
  EXPECT_EQ(a.steady(), b.steady());
}

TEST(SimRuntime, WhatIsObservedChangesTheHash) {
  auto hash_of = [](uint64_t what) {
    auto sim = SimRuntime::make(1);
    sim->run(sim->sleep(seconds(1)));
    sim->observe(what);
    sim->run(sim->sleep(seconds(1)));
    return sim->event_hash();
  };
  EXPECT_EQ(hash_of(1), hash_of(1));
  EXPECT_NE(hash_of(1), hash_of(2));
}

}  // namespace
}  // namespace portico
