// Failing handlers: waiting, trying again, order meanwhile.
#include <fmt/format.h>

#include "tests/bus_conformance/bus_suite.h"

namespace portico::bus_suite {

using namespace std::chrono_literals;

namespace {

Error down() { return Error(Code::unavailable, "test.down", "not now").with_note("for the log"); }

}  // namespace

TEST_P(BusSuite, a_failing_event_holds_back_its_key_only) {
  auto process = make();
  int failures = 3;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  [&](Call&, Unit& unit, Placed event) -> Task<void> {
                                    // The effect comes before the failure: it must be undone.
                                    co_await process->note(unit, process->mail_seen, event.order.value,
                                                           event.number);
                                    if (event.order.value == "a" && event.number == 2 && failures-- > 0)
                                      throw down();
                                  },
                                  {.retry = {.base = 10s}});
  run([&]() -> Task<void> {
    co_await process->start();
    std::vector<Placed> events;
    for (int64_t i = 1; i <= 4; ++i)
      for (const char* key : {"a", "b"}) events.push_back(Process::placed(key, i));
    co_await process->publish(std::move(events));
    co_await until([&] { return process->status("mail.orders").place == 8; });
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", "1,"}, {"b", "1,2,3,4,"}}));
    EXPECT_EQ(process->status("mail.orders").waiting, 3);
    co_await process->publish("a", 5);
    co_await process->publish("b", 5);
    co_await process->settled();
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", numbers_to(5)}, {"b", numbers_to(5)}}));
    EXPECT_EQ(process->status("mail.orders").waiting, 0);
    co_await process->stop();
  });
}

TEST_P(BusSuite, events_without_a_key_do_not_wait_for_each_other) {
  auto process = make();
  std::vector<int64_t> handled;
  int failures = 2;
  process->bus->subscribe<Opened>("mail", "orders", "mail.orders",
                                  [&](Call&, Unit&, Opened event) -> Task<void> {
                                    if (event.number == 1 && failures-- > 0) throw down();
                                    handled.push_back(event.number);
                                    co_return;
                                  },
                                  {.retry = {.base = 10s}, .batch_max = 1});
  run([&]() -> Task<void> {
    co_await process->start();
    for (int64_t i = 1; i <= 3; ++i) co_await process->publish(Opened{i});
    co_await process->settled();
    EXPECT_EQ(handled, (std::vector<int64_t>{2, 3, 1}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, waits_are_within_their_bounds_and_spread) {
  const RetryPolicy policy{.base = 1s, .cap = 8s, .attempts_max = 7};
  auto process = make();
  std::map<int64_t, std::vector<Time>> tries;
  process->bus->subscribe_outside<Opened>("mail", "orders", "mail.orders",
                                          [&](Call& call, Opened event) -> Task<void> {
                                            tries[event.number].push_back(call.now());
                                            throw down();
                                            co_return;
                                          },
                                          {.retry = policy});
  run([&]() -> Task<void> {
    co_await process->start();
    // One event at a time succeeds between the failures of nine: that is no outage.
    for (int64_t i = 1; i <= 9; ++i) co_await process->publish(Opened{i});
    co_await process->settled(10min, true);
    co_await until([&] { return process->status("mail.orders").dead == 9; }, 10min);
    std::set<int64_t> first_waits;
    for (const auto& [number, times] : tries) {
      EXPECT_EQ(times.size(), size_t(policy.attempts_max));
      for (size_t n = 1; n < times.size(); ++n) {
        const Duration wait = times[n] - times[n - 1];
        const Duration limit = std::min<Duration>(policy.cap, policy.base * (1 << (n - 1)));
        EXPECT_GT(wait, Duration(0)) << "event " << number << ", wait " << n;
        EXPECT_LE(wait, limit + Duration(50ms)) << "event " << number << ", wait " << n;
        if (n == 1) first_waits.insert(wait.count());
      }
    }
    EXPECT_GE(first_waits.size(), 7u);
    co_await process->stop();
  });
}

TEST_P(BusSuite, a_delivery_is_never_tried_before_it_is_due) {
  auto process = make();
  std::vector<Time> tries;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  [&](Call& call, Unit&, Placed) -> Task<void> {
                                    tries.push_back(call.now());
                                    throw down();
                                    co_return;
                                  },
                                  {.retry = {.base = 1min, .attempts_max = 20}});
  run([&]() -> Task<void> {
    co_await process->start();
    co_await process->publish("a", 1);
    for (size_t n = 1; n <= 6; ++n) {
      co_await until([&] { return tries.size() == n && process->status("mail.orders").waiting == 1; }, 2h);
      co_await sim->sleep(100us);
      std::vector<ParkedDelivery> rows = co_await process->parked("mail", DeliveryState::waiting);
      while (rows.size() == 1 && rows[0].attempts < int(n)) {
        co_await sim->sleep(1ms);
        rows = co_await process->parked("mail", DeliveryState::waiting);
      }
      EXPECT_EQ(rows.size(), 1u);
      if (rows.size() != 1) co_return;
      const Time due_at = rows[0].due_at;
      co_await until([&] { return tries.size() > n; }, 2h);
      EXPECT_GE(tries[n], due_at);
      EXPECT_LE(tries[n], due_at + 50ms);
    }
    co_await process->stop();
  });
}

TEST_P(BusSuite, one_failing_event_does_not_undo_its_batch) {
  auto process = make();
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  [&](Call&, Unit& unit, Placed event) -> Task<void> {
                                    co_await process->note(unit, process->mail_seen, event.order.value,
                                                           event.number);
                                    if (event.number == 5)
                                      throw std::runtime_error("not an Error, and not ASCII: \xff");
                                  },
                                  {.retry = {.base = 1ms, .cap = 1ms, .attempts_max = 2}});
  run([&]() -> Task<void> {
    co_await process->open();
    std::vector<Placed> events;
    for (int64_t i = 1; i <= 9; ++i) events.push_back(Process::placed(fmt::format("{}", i), i));
    co_await process->publish(std::move(events));
    process->bus->start();
    co_await until([&] { return process->status("mail.orders").dead == 1; });
    co_await process->settled(1min, true);
    SeenBy expected;
    for (int64_t i = 1; i <= 9; ++i)
      if (i != 5) expected[fmt::format("{}", i)] = fmt::format("{},", i);
    EXPECT_EQ(co_await process->seen_by("mail"), expected);
    auto dead = co_await process->parked("mail", DeliveryState::dead);
    EXPECT_EQ(dead[0].reason, "internal");
    EXPECT_EQ(dead[0].note, "not an Error, and not ASCII: ?");
    co_await process->stop();
  });
}

TEST_P(BusSuite, random_failures_keep_the_order_of_each_key) {
  auto process = make({.poll = 5ms});
  const SubscribeOptions options{.retry = {.base = 1ms, .cap = 6ms, .attempts_max = 1'000'000},
                                 .batch_max = 8};
  auto fails = [&] { return sim->random().below(4) == 0; };
  SeenBy outside;
  process->bus->subscribe<Placed>(
      "mail", "orders", "mail.orders",
      [&](Call&, Unit& unit, Placed event) -> Task<void> {
        if (fails()) throw down();
        co_await process->note(unit, process->mail_seen, event.order.value, event.number);
        if (fails()) throw down();
      },
      options);
  process->bus->subscribe_outside<Placed>(
      "stats", "orders", "stats.send",
      [&](Call& call, Placed event) -> Task<void> {
        co_await call.runtime().sleep(Duration(sim->random().below(2000)));
        if (fails()) throw down();
        outside[event.order.value] += fmt::format("{},", event.number);
      },
      options);
  run([&]() -> Task<void> {
    co_await process->start();
    std::map<std::string, int64_t> last;
    for (int i = 0; i < 150; ++i) {
      const std::string key = fmt::format("key-{}", sim->random().below(3));
      co_await process->publish(key, ++last[key]);
    }
    co_await process->settled(1h);
    SeenBy expected;
    for (const auto& [key, count] : last) expected[key] = numbers_to(count);
    EXPECT_EQ(co_await process->seen_by("mail"), expected);
    EXPECT_EQ(outside, expected);
    co_await process->stop();
  });
}

TEST_P(BusSuite, an_outage_of_a_neighbour_costs_no_attempts) {
  auto process = make();
  bool down = true;
  process->bus->subscribe_outside<Placed>(
      "mail", "orders", "mail.send",
      [&](Call&, Placed) -> Task<void> {
        if (down) throw Error(Code::unavailable, "test.down").with_neighbour("user");
        co_return;
      },
      {.retry = {.base = 1s, .attempts_max = 2}});
  run([&]() -> Task<void> {
    co_await process->start();
    co_await process->publish("a", 1);
    co_await sim->sleep(12h);
    const auto waiting = co_await process->parked("mail", DeliveryState::waiting);
    EXPECT_EQ(waiting.size(), 1u);
    EXPECT_EQ(waiting.at(0).attempts, 0);
    down = false;
    co_await process->settled(2min);
    co_await process->publish("a", 2);
    down = true;
    co_await sim->sleep(25h);
    EXPECT_EQ((co_await process->parked("mail", DeliveryState::dead)).size(), 1u) << "not for ever";
    co_await process->stop();
  });
}

}  // namespace portico::bus_suite
