#include <gtest/gtest.h>

#include <future>

#include "portico/runtime/sync.h"
#include "portico/security/password.h"
#include "portico/security/test_support.h"

namespace portico::security {
namespace {

using std::chrono::milliseconds;

Task<void> run_round_trip(PasswordHasher& hasher, bool* done) {
  std::string stored = co_await hasher.hash(Secret("correct horse"));
  EXPECT_TRUE(stored.starts_with("$argon2id$v=19$m=32,t=1,p=1$")) << stored;
  EXPECT_EQ(co_await hasher.verify(stored, Secret("correct horse")), Verdict{.matches = true});
  EXPECT_EQ(co_await hasher.verify(stored, Secret("wrong horse")), Verdict{});
  EXPECT_EQ(co_await hasher.verify("", Secret("")), Verdict{});
  EXPECT_EQ(co_await hasher.verify("junk", Secret("x")), Verdict{.unreadable = true});
  co_await hasher.burn(Secret("anything"));
  co_await hasher.burn(Secret(std::string(password_bytes_max + 1, 'x')));
  EXPECT_FALSE(hasher.needs_upgrade(stored));
  EXPECT_TRUE(hasher.needs_upgrade("$2b$12$"));
  EXPECT_EQ(hasher.running(), 0u);
  *done = true;
}

Task<void> stop_when_done(RealRuntime& runtime, Task<void> task) {
  co_await std::move(task);
  runtime.stop();
}

TEST(PasswordHasher, RoundTripsOnTheRealPool) {
  auto runtime = RealRuntime::make({.reactors = 1});
  PasswordHasher hasher(*runtime, PasswordOptions::fast());
  bool done = false;
  runtime->spawn("test", stop_when_done(*runtime, run_round_trip(hasher, &done)));
  runtime->run();
  EXPECT_TRUE(done);
}

TEST(PasswordHasher, RoundTripsInTheSimulation) {
  auto sim = SimRuntime::make(1);
  PasswordHasher hasher(*sim, PasswordOptions::fast());
  bool done = false;
  sim->run(run_round_trip(hasher, &done));
  EXPECT_TRUE(done);
}

Task<void> hash_to(PasswordHasher& hasher, std::string* stored) {
  *stored = co_await hasher.hash(Secret("pw"));
}

TEST(PasswordHasher, TheSameSeedGivesTheSameHash) {
  std::string first, second, other;
  for (auto [seed, stored] : {std::pair(5, &first), std::pair(5, &second), std::pair(6, &other)}) {
    auto sim = SimRuntime::make(static_cast<uint64_t>(seed));
    PasswordHasher hasher(*sim, PasswordOptions::fast());
    sim->run(hash_to(hasher, stored));
  }
  EXPECT_EQ(first, second);
  EXPECT_NE(first, other);
}

struct Outcomes {
  size_t hashed = 0, busy = 0, most_running = 0;
};

Task<void> count_hash(PasswordHasher& hasher, Outcomes* outcomes) {
  try {
    co_await hasher.hash(Secret("pw"));
    ++outcomes->hashed;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::unavailable);
    EXPECT_EQ(error.reason(), "password.busy");
    EXPECT_EQ(error.retry_after_seconds(), 1);
    ++outcomes->busy;
  }
  outcomes->most_running = std::max(outcomes->most_running, hasher.running());
}

TEST(PasswordHasher, QueueLimitHoldsAtItsEdge) {
  for (size_t callers : {33u, 34u, 35u, 60u}) {
    auto sim = SimRuntime::make(2);
    PasswordHasher hasher(*sim, PasswordOptions::fast());
    Outcomes outcomes;
    for (size_t i = 0; i < callers; ++i) sim->spawn("hash", count_hash(hasher, &outcomes));
    sim->run_until(sim->steady() + std::chrono::seconds(10));
    EXPECT_EQ(outcomes.hashed, std::min<size_t>(callers, 34)) << "2 running and 32 waiting";
    EXPECT_EQ(outcomes.busy, callers - outcomes.hashed);
    EXPECT_LE(outcomes.most_running, 2u);
    EXPECT_EQ(hasher.running() + hasher.waiting(), 0u);
  }
}

TEST(PasswordHasher, WaitersThatAreDroppedLeaveTheirPlace) {
  auto sim = SimRuntime::make(3);
  PasswordHasher hasher(*sim, PasswordOptions::fast());
  Runtime& node = sim->node("dies");
  Outcomes dying, living;
  for (int i = 0; i < 20; ++i) node.spawn("hash", count_hash(hasher, &dying));
  sim->run_until(sim->steady() + Duration(0));
  EXPECT_GT(hasher.waiting(), 0u);
  sim->kill("dies");
  EXPECT_EQ(hasher.running() + hasher.waiting(), 0u);
  for (int i = 0; i < 20; ++i) sim->spawn("hash", count_hash(hasher, &living));
  sim->run_until(sim->steady() + std::chrono::seconds(10));
  EXPECT_EQ(living.hashed, 20u);
}

Task<void> block_pool(Runtime& runtime, std::shared_future<void> released) {
  co_await runtime.offload([released] { released.wait(); });
}

Task<void> give_up_while_waiting(RealRuntime& runtime, PasswordHasher& hasher, std::promise<void>* release) {
  try {
    co_await within(runtime, runtime.steady() + milliseconds(1), hasher.hash(Secret("pw")));
    ADD_FAILURE() << "the pool was blocked";
  } catch (const Error& error) {
    EXPECT_EQ(error.reason(), "deadline.passed");
  }
  EXPECT_EQ(hasher.waiting(), 0u);
  EXPECT_EQ(hasher.running(), 1u);
  release->set_value();
  co_await hasher.hash(Secret("pw"));  // the place has gone from hand to hand
  EXPECT_EQ(hasher.running(), 0u);
  runtime.stop();
}

TEST(PasswordHasher, AWaiterThatGivesUpLeavesTheQueue) {
  auto runtime = RealRuntime::make({.reactors = 1, .pool_threads = 1});
  PasswordOptions options = PasswordOptions::fast();
  options.concurrent_max = 1;
  PasswordHasher hasher(*runtime, options);
  std::promise<void> release;
  std::string stored;
  runtime->spawn("block", block_pool(*runtime, release.get_future().share()));
  runtime->spawn("first", hash_to(hasher, &stored));
  runtime->spawn("gives up", give_up_while_waiting(*runtime, hasher, &release));
  runtime->run();
  EXPECT_FALSE(stored.empty());
}

TEST(PasswordHasher, WeakAndExcessiveCostsAreRefused) {
  auto sim = SimRuntime::make(4);
  auto reason = [&](PasswordOptions options) -> std::string {
    try {
      PasswordHasher hasher(*sim, options);
      return "accepted";
    } catch (const Error& error) {
      return error.reason();
    }
  };
  EXPECT_EQ(reason({}), "accepted");
  EXPECT_EQ(reason({.cost = Argon2Cost::fast()}), "password.cost_weak");
  EXPECT_EQ(reason(PasswordOptions::fast()), "accepted");
  EXPECT_EQ(reason({.cost = argon2_cost_max}), "accepted");
  EXPECT_EQ(reason({.cost = {.memory_kib = argon2_cost_max.memory_kib + 1}}), "password.cost_excessive");
}

}  // namespace
}  // namespace portico::security
