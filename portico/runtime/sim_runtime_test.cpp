#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "portico/base/error.h"
#include "portico/runtime/runtime.h"
#include "portico/runtime/sync.h"

namespace portico {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Task<void> nap(Runtime& runtime, std::vector<std::string>* log, std::string name, Duration span) {
  co_await runtime.sleep(span);
  log->push_back(name);
}

Task<void> count_up(int* count) {
  ++*count;
  co_return;
}

std::vector<std::string> order_of(uint64_t seed, uint64_t* hash) {
  auto sim = SimRuntime::make(seed);
  std::vector<std::string> log;
  for (int i = 0; i < 8; ++i) {
    auto& node = sim->node(fmt::format("node{}", i));
    node.spawn("nap", nap(node, &log, fmt::format("n{}", i), milliseconds(10)));
  }
  sim->run_until({1'000'000});
  *hash = sim->event_hash();
  return log;
}

TEST(SimRuntime, SameSeedSameOrderAndHash) {
  uint64_t first = 0, second = 0;
  EXPECT_EQ(order_of(7, &first), order_of(7, &second));
  EXPECT_EQ(first, second);
}

TEST(SimRuntime, OtherSeedsGiveOtherOrders) {
  std::set<std::vector<std::string>> orders;
  std::set<uint64_t> hashes;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    uint64_t hash = 0;
    auto order = order_of(seed, &hash);
    EXPECT_EQ(order.size(), 8u);
    orders.insert(order);
    hashes.insert(hash);
  }
  EXPECT_GT(orders.size(), 15u);
  EXPECT_GT(hashes.size(), 15u);
}

TEST(SimRuntime, TimeMovesOnlyWhenNothingIsRunnable) {
  auto sim = SimRuntime::make(1);
  struct Busy {
    static Task<void> spin(Runtime& runtime, int rounds, std::vector<int64_t>* seen) {
      for (int i = 0; i < rounds; ++i) {
        seen->push_back(runtime.steady().us);
        co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
      }
    }
  };
  std::vector<int64_t> seen;
  std::vector<std::string> log;
  sim->spawn("nap", nap(*sim, &log, "early", Duration(1)));
  sim->spawn("busy", Busy::spin(*sim, 1000, &seen));
  sim->run_until({100});
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_EQ(seen.back(), 0);
  EXPECT_EQ(log.size(), 1u);
  EXPECT_EQ(sim->steady().us, 1);  // at rest before the limit
}

TEST(SimRuntime, RunUntilStopsAtTheLimit) {
  auto sim = SimRuntime::make(1);
  std::vector<std::string> log;
  sim->spawn("a", nap(*sim, &log, "a", seconds(1)));
  sim->spawn("b", nap(*sim, &log, "b", seconds(3)));
  sim->run_until(sim->steady() + seconds(2));
  EXPECT_EQ(log, (std::vector<std::string>{"a"}));
  EXPECT_EQ(sim->steady().us, 2'000'000);
  EXPECT_EQ(to_string(sim->now()), "2026-01-01T00:00:02.000Z");
  sim->run_until(sim->steady() + seconds(2));
  EXPECT_EQ(log.size(), 2u);
}

TEST(SimRuntime, RunRethrowsAndReportsStuckTasks) {
  auto sim = SimRuntime::make(1);
  struct Flow {
    static Task<void> fail() {
      throw Error(conflict, "seat.taken");
      co_return;
    }
    static Task<void> hang(Gate* gate) { co_await gate->wait(); }
  };
  try {
    sim->run(Flow::fail());
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.reason(), "seat.taken");
  }
  Gate gate;
  try {
    sim->run(Flow::hang(&gate));
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.reason(), "sim.stuck");
  }
}

TEST(SimRuntime, SpawnedFailuresAreReportedAndCounted) {
  auto sim = SimRuntime::make(1);
  std::string heard;
  sim->on_task_failure(
      [&](std::string_view name, std::string_view what) { heard = fmt::format("{}: {}", name, what); });
  struct Flow {
    static Task<void> fail() {
      throw Error(conflict, "seat.taken", "taken");
      co_return;
    }
  };
  sim->node("a").spawn("booking", Flow::fail());
  sim->run_until({1});
  EXPECT_EQ(sim->task_failures(), 1u);
  EXPECT_NE(heard.find("booking: "), std::string::npos) << heard;
}

TEST(SimRuntime, OffloadTakesVirtualTimeAndRethrows) {
  auto sim = SimRuntime::make(3);
  struct Flow {
    static Task<void> run(Runtime& runtime, int* done) {
      auto before = runtime.steady();
      std::move_only_function<void()> work = [done] { ++*done; };
      co_await runtime.offload(std::move(work));
      EXPECT_GT(runtime.steady(), before);
      std::move_only_function<void()> bad = [] { throw Error(conflict, "disk.full"); };
      co_await runtime.offload(std::move(bad));
    }
  };
  int done = 0;
  EXPECT_THROW(sim->run(Flow::run(*sim, &done)), Error);
  EXPECT_EQ(done, 1);
}

TEST(SimRuntime, RandomStreamsDifferByNodeAndSeedOnly) {
  auto draw = [](uint64_t seed, std::string node) {
    auto sim = SimRuntime::make(seed);
    return sim->node(std::move(node)).random().next();
  };
  EXPECT_EQ(draw(1, "a"), draw(1, "a"));
  EXPECT_NE(draw(1, "a"), draw(1, "b"));
  EXPECT_NE(draw(1, "a"), draw(2, "a"));
  auto sim = SimRuntime::make(1);
  uint64_t first = sim->node("a").random().next();
  sim->kill("a");
  EXPECT_NE(sim->node("a").random().next(), first);  // a new life draws anew
}

// Does in its destructor everything that a dead process no longer can.
struct Canary {
  Runtime* runtime;
  Gate* gate;
  Signal* signal;
  int* effects;
  int* destroyed;
  ~Canary() {
    ++*destroyed;
    gate->open();
    signal->notify();
    runtime->spawn("after death", count_up(effects));
  }
};

struct Shared {
  std::unique_ptr<SimRuntime> sim;
  Gate gate, never;
  std::unique_ptr<Signal> signal;
  AsyncMutex mutex;
  int effects = 0, destroyed = 0, awaits = 0;
  bool finished = false;
  explicit Shared(uint64_t seed) : sim(SimRuntime::make(seed)), signal(std::make_unique<Signal>(*sim)) {}
};

Task<int> answer(Runtime& runtime, int value) {
  co_await runtime.sleep(milliseconds(1));
  co_return value;
}

// A flow that stands at every kind of await.
Task<void> flow(Runtime& runtime, Shared* shared, Runtime* heir) {
  Canary canary{heir, &shared->gate, shared->signal.get(), &shared->effects, &shared->destroyed};
  co_await runtime.sleep(milliseconds(1));
  co_await runtime.offload([] {});
  co_await shared->signal->wait_for(milliseconds(2));
  co_await shared->mutex.lock();
  co_await runtime.sleep(milliseconds(1));
  shared->mutex.unlock();
  co_await within(runtime, runtime.steady() + seconds(1), answer(runtime, 1));
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(answer(runtime, i));
  auto answers = co_await all(std::move(tasks));
  EXPECT_EQ(answers, (std::vector<int>{0, 1, 2}));
  shared->finished = true;
}

// Kills the node before event number `at`; returns whether the flow had finished by then.
bool kill_at(uint64_t seed, uint64_t at) {
  Shared shared(seed);
  auto& node = shared.sim->node("victim");
  auto& heir = shared.sim->node("heir");
  node.spawn("flow", flow(node, &shared, &heir));
  for (int64_t us = 0; shared.sim->event_count() < at && us < 50'000; ++us) shared.sim->run_until({us});
  bool finished = shared.finished;
  int destroyed = shared.destroyed;
  shared.effects = 0;
  bool opened = shared.gate.is_open();
  shared.sim->kill("victim");
  shared.sim->run_until({10'000'000});
  if (!finished && at > 0) {
    EXPECT_EQ(shared.destroyed, destroyed + 1) << at;
    EXPECT_EQ(shared.gate.is_open(), opened) << at;
    EXPECT_EQ(shared.effects, 0) << at;
  }
  return finished;
}

TEST(SimRuntime, KillAtEveryEventDestroysWithoutEffect) {
  uint64_t at = 1;
  while (!kill_at(5, at) && at < 200) ++at;
  EXPECT_GT(at, 10u);
  EXPECT_LT(at, 200u);
}

Task<void> kill_later(SimRuntime& sim, Duration span, uint64_t yields) {
  co_await sim.sleep(span);
  auto executor = co_await boost::asio::this_coro::executor;
  for (uint64_t i = 0; i < yields; ++i) co_await boost::asio::post(executor, boost::asio::use_awaitable);
  sim.kill("victim");
}

TEST(SimRuntime, KillFromAnotherNodesEventHasNoEffectEither) {
  int unfinished = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    Shared shared(seed);
    auto& node = shared.sim->node("victim");
    node.spawn("flow", flow(node, &shared, &shared.sim->node("heir")));
    shared.sim->spawn("killer", kill_later(*shared.sim, milliseconds(seed % 10), seed / 10 % 9));
    shared.sim->run_until({10'000'000});
    EXPECT_EQ(shared.effects, shared.finished) << "seed " << seed;
    EXPECT_LE(shared.destroyed, 1) << "seed " << seed;  // 0: killed before it began
    EXPECT_EQ(shared.gate.is_open(), shared.finished) << "seed " << seed;
    unfinished += !shared.finished;
  }
  EXPECT_GT(unfinished, 100);
  EXPECT_LT(unfinished, 400);
}

TEST(SimRuntime, TheLivingCanaryHasItsEffects) {
  Shared shared(1);
  auto& node = shared.sim->node("a");
  node.spawn("flow", flow(node, &shared, &node));
  shared.sim->run_until({1'000'000});
  EXPECT_TRUE(shared.finished);
  EXPECT_TRUE(shared.gate.is_open());
  EXPECT_EQ(shared.effects, 1);
}

TEST(SimRuntime, ANodeMayKillItself) {
  Shared shared(1);
  struct Flow {
    static Task<void> run(Runtime& runtime, Shared* shared) {
      Canary canary{&runtime, &shared->gate, shared->signal.get(), &shared->effects, &shared->destroyed};
      co_await runtime.sleep(milliseconds(1));
      shared->sim->kill("a");
      runtime.spawn("after death", count_up(&shared->effects));
      shared->gate.open();
      co_await shared->never.wait();
      shared->finished = true;
    }
  };
  auto& node = shared.sim->node("a");
  node.spawn("flow", Flow::run(node, &shared));
  node.spawn("bystander", Flow::run(node, &shared));
  shared.sim->run_until({1'000'000});
  EXPECT_EQ(shared.destroyed, 2);
  EXPECT_FALSE(shared.finished);
  EXPECT_FALSE(shared.gate.is_open());
  EXPECT_EQ(shared.effects, 0);
  // The name lives again, as a new node.
  auto& reborn = shared.sim->node("a");
  reborn.spawn("count", count_up(&shared.effects));
  node.spawn("count", count_up(&shared.effects));  // the old one stays dead
  shared.sim->run_until({2'000'000});
  EXPECT_EQ(shared.effects, 1);
}

TEST(SimRuntime, CoroutinesThatAreLeftDieWithTheSimulation) {
  int destroyed = 0, effects = 0;
  {
    Shared shared(1);
    struct Flow {
      static Task<void> run(Runtime& runtime, Shared* shared, int* destroyed, int* effects) {
        Canary canary{&runtime, &shared->gate, shared->signal.get(), effects, destroyed};
        co_await shared->never.wait();
      }
    };
    for (int i = 0; i < 100; ++i) {
      auto& node = shared.sim->node(fmt::format("n{}", i % 10));
      node.spawn("wait", Flow::run(node, &shared, &destroyed, &effects));
    }
    shared.sim->run_until({1});
    EXPECT_EQ(destroyed, 0);
    shared.sim.reset();
    EXPECT_EQ(destroyed, 100);
    EXPECT_EQ(effects, 0);
  }
}

}  // namespace
}  // namespace portico
