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

}  // namespace
}  // namespace portico
