// Handlers outside a unit, and handlers of different speed.
#include <fmt/format.h>

#include "tests/bus_conformance/bus_suite.h"

namespace portico::bus_suite {

using namespace std::chrono_literals;

TEST_P(BusSuite, an_outside_handler_gets_every_event) {
  auto process = make();
  SeenBy seen;
  process->bus->subscribe_outside<Placed>("mail", "orders", "mail.send",
                                          [&](Call&, Placed event) -> Task<void> {
                                            seen[event.order.value] += fmt::format("{},", event.number);
                                            co_return;
                                          });
  run([&]() -> Task<void> {
    co_await process->start();
    for (int64_t i = 1; i <= 20; ++i) co_await process->publish("a", i);
    co_await process->settled();
    EXPECT_EQ(seen, (SeenBy{{"a", numbers_to(20)}}));
    EXPECT_EQ(process->status("mail.send").place, 20);
    co_await process->stop();
  });
}

TEST_P(BusSuite, outside_handlers_run_keys_side_by_side_and_a_key_in_order) {
  auto process = make();
  SeenBy seen;
  size_t running = 0, running_max = 0;
  std::map<std::string, int> running_of;
  process->bus->subscribe_outside<Placed>("mail", "orders", "mail.send",
                                          [&](Call& call, Placed event) -> Task<void> {
                                            const std::string key = event.order.value;
                                            running_max = std::max(running_max, ++running);
                                            EXPECT_EQ(++running_of[key], 1);
                                            co_await call.runtime().sleep(1s);
                                            seen[key] += fmt::format("{},", event.number);
                                            --running_of[key];
                                            --running;
                                          },
                                          {.batch_max = 12});
  run([&]() -> Task<void> {
    co_await process->start();
    std::vector<Placed> events;
    for (int64_t number = 1; number <= 2; ++number)
      for (int key = 0; key < 8; ++key) events.push_back(Process::placed(fmt::format("{}", key), number));
    const Instant begin = sim->steady();
    co_await process->publish(std::move(events));
    co_await process->settled();
    EXPECT_LT(sim->steady() - begin, Duration(4s));
    EXPECT_EQ(running_max, 8u);
    for (int key = 0; key < 8; ++key) EXPECT_EQ(seen[fmt::format("{}", key)], "1,2,");
    co_await process->stop();
  });
}

TEST_P(BusSuite, no_more_than_batch_max_run_side_by_side) {
  auto process = make();
  size_t running = 0, running_max = 0, handled = 0;
  process->bus->subscribe_outside<Opened>("mail", "orders", "mail.send",
                                          [&](Call& call, Opened) -> Task<void> {
                                            running_max = std::max(running_max, ++running);
                                            co_await call.runtime().sleep(1s);
                                            --running;
                                            ++handled;
                                          },
                                          {.batch_max = 5});
  run([&]() -> Task<void> {
    co_await process->start();
    std::vector<Opened> events;
    for (int64_t i = 1; i <= 17; ++i) events.push_back({i});
    co_await process->publish(std::move(events));
    co_await process->settled();
    EXPECT_EQ(handled, 17u);
    EXPECT_EQ(running_max, 5u);
    co_await process->stop();
  });
}

TEST_P(BusSuite, handlers_of_both_kinds_share_a_group_in_order) {
  auto process = make();
  std::string seen;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  [&](Call&, Unit&, Placed event) -> Task<void> {
                                    seen += fmt::format("p{},", event.number);
                                    co_return;
                                  });
  process->bus->subscribe_outside<Shipped>("mail", "orders", "mail.orders",
                                           [&](Call& call, Shipped event) -> Task<void> {
                                             co_await call.runtime().sleep(5ms);
                                             seen += fmt::format("s{},", event.number);
                                           });
  run([&]() -> Task<void> {
    co_await process->open();
    for (int64_t i = 1; i <= 6; i += 3) {
      co_await process->publish("a", i);
      co_await process->publish("a", i + 1);
      co_await process->publish(Shipped{Id<Order>{"a"}, i + 2});
    }
    process->bus->start();
    co_await process->settled();
    EXPECT_EQ(seen, "p1,p2,s3,p4,p5,s6,");
    co_await process->stop();
  });
}

TEST_P(BusSuite, a_slow_group_does_not_slow_others) {
  auto process = make();
  int slow = 0;
  process->bus->subscribe_outside<Placed>("mail", "orders", "mail.slow",
                                          [&](Call& call, Placed) -> Task<void> {
                                            co_await call.runtime().sleep(10s);
                                            ++slow;
                                          });
  process->bus->subscribe<Placed>("stats", "orders", "stats.orders",
                                  process->noting<Placed>(process->stats_seen));
  run([&]() -> Task<void> {
    co_await process->start();
    const Instant begin = sim->steady();
    for (int64_t i = 1; i <= 10; ++i) co_await process->publish("a", i);
    co_await until([&] { return process->status("stats.orders").place == 10; });
    EXPECT_LT(sim->steady() - begin, Duration(1s));
    EXPECT_EQ(slow, 0);
    co_await process->settled(5min);
    EXPECT_EQ(slow, 10);
    co_await process->stop();
  });
}

TEST_P(BusSuite, an_outside_handler_is_ended_at_its_time_and_tried_again) {
  auto process = make();
  int tries = 0;
  process->bus->subscribe_outside<Placed>("mail", "orders", "mail.send",
                                          [&](Call& call, Placed) -> Task<void> {
                                            if (++tries < 3) co_await call.runtime().sleep(1h);
                                          },
                                          {.retry = {.base = 100ms}, .handler_time_max = 2s});
  run([&]() -> Task<void> {
    co_await process->start();
    const Instant begin = sim->steady();
    co_await process->publish("a", 1);
    co_await until([&] { return tries == 2; });
    auto waiting = co_await process->parked("mail", DeliveryState::waiting);
    EXPECT_EQ(waiting.size(), 1u);
    if (waiting.size() == 1) EXPECT_EQ(waiting[0].reason, "deadline.passed");
    co_await process->settled();
    EXPECT_EQ(tries, 3);
    EXPECT_GE(sim->steady() - begin, Duration(4s));
    EXPECT_LT(sim->steady() - begin, Duration(5s));
    co_await process->stop();
  });
}

TEST_P(BusSuite, a_failed_outside_event_holds_back_its_key_only) {
  auto process = make();
  SeenBy seen;
  int failures = 3;
  process->bus->subscribe_outside<Placed>(
      "mail", "orders", "mail.send",
      [&](Call&, Placed event) -> Task<void> {
        if (event.order.value == "a" && event.number == 2 && failures-- > 0)
          throw Error(Code::unavailable, "smtp.down");
        seen[event.order.value] += fmt::format("{},", event.number);
        co_return;
      },
      {.retry = {.base = 10s}});
  run([&]() -> Task<void> {
    co_await process->start();
    std::vector<Placed> events;
    for (int64_t i = 1; i <= 4; ++i)
      for (const char* key : {"a", "b"}) events.push_back(Process::placed(key, i));
    co_await process->publish(std::move(events));
    co_await until([&] { return seen["b"] == "1,2,3,4,"; });
    co_await until([&] { return process->status("mail.send").place == 8; });
    co_await process->publish("a", 5);
    co_await process->publish("b", 5);
    co_await process->settled();
    EXPECT_EQ(seen, (SeenBy{{"a", "1,2,3,4,5,"}, {"b", "1,2,3,4,5,"}}));
    co_await process->stop();
  });
}

}  // namespace portico::bus_suite
