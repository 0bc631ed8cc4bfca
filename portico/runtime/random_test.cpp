#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "portico/runtime/runtime.h"

namespace portico {
namespace {

// Counts up, so that a test can foresee every draw.
struct Script : Random {
  std::vector<uint64_t> draws;
  size_t next_draw = 0;
  void fill(std::span<std::byte> bytes) override {
    uint64_t word = draws.at(next_draw++);
    std::memcpy(bytes.data(), &word, std::min(bytes.size(), sizeof word));
  }
};

struct FixedClock : Clock {
  Time time;
  Time now() const override { return time; }
  Instant steady() const override { return {}; }
};

TEST(Random, BelowIsUniformAndRejectsTheIncompleteStretch) {
  Script script;
  script.draws = {0, 0, uint64_t(1) << 63, ~uint64_t(0)};
  EXPECT_EQ(script.below(3), 2u - 1u) << "two draws of 0 lie in the stretch that would favour 0";
  EXPECT_EQ(script.below(3), 2u);
  auto runtime = RealRuntime::make({.reactors = 1});
  std::array<int, 5> counts{};
  for (int i = 0; i < 50'000; ++i) ++counts[runtime->random().below(5)];
  for (int count : counts) EXPECT_NEAR(count, 10'000, 600);
  EXPECT_EQ(runtime->random().below(1), 0u);
}

TEST(Random, FractionStaysBelowOne) {
  Script script;
  script.draws = {0, ~uint64_t(0)};
  EXPECT_EQ(script.fraction(), 0.0);
  EXPECT_LT(script.fraction(), 1.0);
}

TEST(Random, SystemBytesFillEverySizeFromManyThreads) {
  auto runtime = RealRuntime::make({.reactors = 1});
  std::vector<std::thread> threads;
  std::array<std::set<uint64_t>, 4> seen;
  for (auto& set : seen) {
    threads.emplace_back([&runtime, &set] {
      for (int i = 0; i < 2000; ++i) set.insert(runtime->random().next());
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<uint64_t> all;
  for (auto& set : seen) all.insert(set.begin(), set.end());
  EXPECT_EQ(all.size(), 8000u);
  for (size_t size : {0, 1, 255, 256, 257, 5000}) {
    std::vector<std::byte> bytes(size), zero(size);
    runtime->random().fill(bytes);
    if (size > 16) EXPECT_NE(bytes, zero);
  }
}

TEST(Uuid7, HasTheFormOfVersionSeven) {
  auto runtime = RealRuntime::make({.reactors = 1});
  FixedClock clock;
  clock.time = {0x0123456789ab};
  std::string id = make_uuid7(clock, runtime->random());
  ASSERT_EQ(id.size(), 36u);
  EXPECT_EQ(id.substr(0, 15), "01234567-89ab-7");
  EXPECT_TRUE(id[19] == '8' || id[19] == '9' || id[19] == 'a' || id[19] == 'b') << id;
  for (size_t i : {8, 13, 18, 23}) EXPECT_EQ(id[i], '-');
}

TEST(Uuid7, AscendsWithinAMillisecondAndWhenTheClockStepsBack) {
  auto runtime = RealRuntime::make({.reactors = 1});
  FixedClock clock;
  clock.time = {1'800'000'000'000};
  std::string last;
  for (int i = 0; i < 10'000; ++i) {
    if (i == 5000) clock.time.ms -= 60'000;
    std::string id = make_uuid7(clock, runtime->random());
    ASSERT_LT(last, id) << i;
    last = id;
  }
}

TEST(Uuid7, TheSameSeedGivesTheSameIds) {
  auto first = SimRuntime::make(9), second = SimRuntime::make(9);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(make_uuid7(*first, first->random()), make_uuid7(*second, second->random()));
}

}  // namespace
}  // namespace portico
