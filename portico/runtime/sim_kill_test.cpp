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

Task<void> count_up(int* count) {
  ++*count;
  co_return;
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
