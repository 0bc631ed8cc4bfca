// On the real runtime, with real threads.
#include <fmt/format.h>

#include <atomic>

#include "tests/bus_conformance/bus_suite.h"

namespace portico::bus_suite {

using namespace std::chrono_literals;

namespace {

// Runs the body on reactor 0 and stops the runtime behind it.
template <class Body>
void run_really(RealRuntime& runtime, Body body) {
  auto whole = [&]() -> Task<void> {
    std::string trouble;
    try {
      co_await body();
    } catch (const std::exception& error) {
      trouble = error.what();
    }
    EXPECT_EQ(trouble, "");
    runtime.stop();
  };
  runtime.spawn("test", whole());
  runtime.run();
}

}  // namespace

TEST_P(BusSuite, real_threads_publish_while_groups_read) {
  constexpr int64_t count = 200;
  auto runtime = RealRuntime::make({.reactors = 2});
  auto process = make_on(*runtime);
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  process->noting<Placed>(process->mail_seen));
  process->bus->subscribe<Placed>("stats", "orders", "stats.orders",
                                  process->noting<Placed>(process->stats_seen));
  Gate published;
  auto publisher = [&]() -> Task<void> {
    for (int64_t i = 1; i <= count; ++i) co_await process->publish("a", i);
    published.open();
  };
  run_really(*runtime, [&]() -> Task<void> {
    co_await process->start();
    runtime->spawn("publisher", publisher(), 1);
    co_await published.wait();
    co_await process->settled();
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", numbers_to(count)}}));
    EXPECT_EQ(co_await process->seen_by("stats"), (SeenBy{{"a", numbers_to(count)}}));
    co_await process->stop();
  });
}

// Requests that keep the reactor busy: every turn of its loop takes longer than Consumer::busy_turn.
TEST_P(BusSuite, deliveries_rest_while_the_reactor_is_busy_and_all_arrive) {
  constexpr int64_t count = 20;
  auto runtime = RealRuntime::make({.reactors = 1});
  auto process = make_on(*runtime);
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  process->noting<Placed>(process->mail_seen), {.batch_max = 1});
  bool busy = true;
  auto work = [&]() -> Task<void> {
    while (busy) {
      const Instant end = runtime->steady() + 2ms;
      while (runtime->steady() < end) continue;
      co_await yield();
    }
  };
  run_really(*runtime, [&]() -> Task<void> {
    co_await process->start();
    runtime->spawn("work", work());
    for (int64_t i = 1; i <= count; ++i) co_await process->publish("a", i);
    co_await process->settled();
    busy = false;
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", numbers_to(count)}}));
    Counter& rests = process->metrics.counter("bus_rests_total", "", {{"group", "mail.orders"}});
    EXPECT_GT(rests.value(), 0u);
    co_await process->stop();
  });
}

TEST_P(BusSuite, real_time_passes_between_tries) {
  auto runtime = RealRuntime::make({.reactors = 1});
  auto process = make_on(*runtime);
  int tries = 0;
  process->bus->subscribe_outside<Placed>("mail", "orders", "mail.send",
                                          [&](Call&, Placed) -> Task<void> {
                                            if (++tries < 4) throw Error(Code::unavailable, "test.down");
                                            co_return;
                                          },
                                          {.retry = {.base = 10ms, .cap = 20ms}});
  run_really(*runtime, [&]() -> Task<void> {
    co_await process->start();
    co_await process->publish("a", 1);
    co_await process->settled();
    EXPECT_EQ(tries, 4);
    co_await process->stop();
  });
}

}  // namespace portico::bus_suite
