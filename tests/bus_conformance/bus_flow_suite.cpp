// From publish to effect.
#include <fmt/format.h>

#include "tests/bus_conformance/bus_suite.h"

namespace portico::bus_suite {

using namespace std::chrono_literals;

TEST_P(BusSuite, an_event_reaches_its_group) {
  auto process = make();
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  process->noting<Placed>(process->mail_seen));
  run([&]() -> Task<void> {
    co_await process->start();
    co_await process->publish("a", 1);
    co_await process->settled();
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", "1,"}}));
    EXPECT_EQ(process->status("mail.orders").place, 1);
    co_await process->stop();
  });
}

TEST_P(BusSuite, types_go_to_their_own_handlers) {
  auto process = make();
  std::vector<std::string> calls;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  [&](Call&, Unit&, Placed event) -> Task<void> {
                                    calls.push_back(fmt::format("placed {}", event.number));
                                    co_return;
                                  });
  process->bus->subscribe<Shipped>("mail", "orders", "mail.orders",
                                   [&](Call&, Unit&, Shipped event) -> Task<void> {
                                     calls.push_back(fmt::format("shipped {}", event.number));
                                     co_return;
                                   });
  run([&]() -> Task<void> {
    co_await process->start();
    co_await process->publish("a", 1);
    co_await process->publish(Shipped{Id<Order>{"a"}, 2});
    co_await process->publish("a", 3);
    co_await process->settled();
    EXPECT_EQ(calls, (std::vector<std::string>{"placed 1", "shipped 2", "placed 3"}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, events_of_one_key_stay_in_order) {
  auto process = make();
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  process->noting<Placed>(process->mail_seen), {.batch_max = 7});
  run([&]() -> Task<void> {
    co_await process->start();
    for (int64_t i = 1; i <= 50; ++i) co_await process->publish("a", i);
    co_await process->settled();
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", numbers_to(50)}}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, events_of_many_keys_stay_in_order_each) {
  auto process = make();
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  process->noting<Placed>(process->mail_seen));
  run([&]() -> Task<void> {
    co_await process->start();
    std::map<std::string, int64_t> last;
    for (int i = 0; i < 60; ++i) {
      std::vector<Placed> events;
      for (uint64_t n = 1 + sim->random().below(5); n > 0; --n) {
        const std::string key = fmt::format("key-{}", sim->random().below(9));
        events.push_back(Process::placed(key, ++last[key]));
      }
      co_await process->publish(std::move(events));
    }
    co_await process->settled();
    SeenBy expected;
    for (const auto& [key, count] : last) expected[key] = numbers_to(count);
    EXPECT_EQ(co_await process->seen_by("mail"), expected);
    co_await process->stop();
  });
}

TEST_P(BusSuite, two_groups_both_get_everything) {
  auto process = make();
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  process->noting<Placed>(process->mail_seen));
  process->bus->subscribe<Placed>("stats", "orders", "stats.orders",
                                  process->noting<Placed>(process->stats_seen));
  run([&]() -> Task<void> {
    co_await process->start();
    for (int64_t i = 1; i <= 20; ++i) co_await process->publish("a", i);
    co_await process->settled();
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", numbers_to(20)}}));
    EXPECT_EQ(co_await process->seen_by("stats"), (SeenBy{{"a", numbers_to(20)}}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, two_groups_of_one_service_both_get_everything) {
  auto process = make();
  int first = 0, second = 0;
  process->bus->subscribe<Placed>("mail", "orders", "mail.first",
                                  [&](Call&, Unit&, Placed) -> Task<void> { co_return void(++first); });
  process->bus->subscribe<Placed>("mail", "orders", "mail.second",
                                  [&](Call&, Unit&, Placed) -> Task<void> { co_return void(++second); });
  run([&]() -> Task<void> {
    co_await process->start();
    co_await process->publish("a", 1);
    co_await process->settled();
    EXPECT_EQ(first, 1);
    EXPECT_EQ(second, 1);
    co_await process->stop();
  });
}

TEST_P(BusSuite, a_group_may_follow_two_publishers) {
  auto process = make();
  process->bus->subscribe<Placed>("stats", "orders", "stats.all",
                                  process->noting<Placed>(process->stats_seen));
  process->bus->subscribe<Shipped>("stats", "mail", "stats.all",
                                   process->noting<Shipped>(process->stats_seen));
  run([&]() -> Task<void> {
    co_await process->start();
    co_await process->publish("a", 1);
    Call call = process->call("mail");
    co_await process->mail->write(call, [](Unit& unit) -> Task<void> {
      unit.publish(Shipped{Id<Order>{"b"}, 7});
      co_return;
    });
    co_await process->settled();
    EXPECT_EQ(co_await process->seen_by("stats"), (SeenBy{{"a", "1,"}, {"b", "7,"}}));
    EXPECT_EQ(process->bus->status().size(), 2u);
    co_await process->stop();
  });
}

TEST_P(BusSuite, what_a_handler_publishes_flows_on) {
  auto process = make();
  std::string correlation;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  [](Call&, Unit& unit, Placed event) -> Task<void> {
                                    unit.publish(Shipped{event.order, event.number});
                                    co_return;
                                  });
  process->bus->subscribe<Shipped>(
      "stats", "mail", "stats.mail", [&](Call& call, Unit& unit, Shipped event) -> Task<void> {
        correlation = call.correlation_id;
        co_await process->note(unit, process->stats_seen, event.order.value, event.number);
      });
  run([&]() -> Task<void> {
    co_await process->start();
    for (int64_t i = 1; i <= 10; ++i) co_await process->publish("a", i);
    co_await process->settled();
    EXPECT_EQ(co_await process->seen_by("stats"), (SeenBy{{"a", numbers_to(10)}}));
    EXPECT_EQ(correlation, "correlation-1");
    co_await process->stop();
  });
}

TEST_P(BusSuite, unknown_types_are_skipped) {
  auto process = make();
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  process->noting<Placed>(process->mail_seen));
  run([&]() -> Task<void> {
    co_await process->start();
    co_await process->publish(Shipped{Id<Order>{"a"}, 1});
    co_await process->settled();
    EXPECT_EQ(process->status("mail.orders").place, 1);
    co_await process->publish(Shipped{Id<Order>{"a"}, 2});
    co_await process->publish("a", 3);
    co_await process->publish(Shipped{Id<Order>{"a"}, 4});
    co_await process->settled();
    EXPECT_EQ(process->status("mail.orders").place, 4);
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", "3,"}}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, an_event_is_visible_only_after_the_commit) {
  auto process = make();
  int handled = 0;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  [&](Call&, Unit&, Placed) -> Task<void> { co_return void(++handled); });
  run([&]() -> Task<void> {
    co_await process->start();
    Call call = process->call("orders");
    {
      std::unique_ptr<Unit> unit = co_await process->orders->begin(call);
      unit->publish(Process::placed("a", 1));
      co_await sim->sleep(1s);
      EXPECT_EQ(handled, 0);
      co_await unit->commit();
    }
    co_await process->settled();
    EXPECT_EQ(handled, 1);
    co_await process->stop();
  });
}

TEST_P(BusSuite, what_is_rolled_back_is_never_delivered) {
  auto process = make();
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  process->noting<Placed>(process->mail_seen));
  run([&]() -> Task<void> {
    co_await process->start();
    Call call = process->call("orders");
    {
      std::unique_ptr<Unit> unit = co_await process->orders->begin(call);
      unit->publish(Process::placed("a", 1));
    }
    co_await process->publish("a", 2);
    co_await process->settled();
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", "2,"}}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, a_commit_wakes_its_groups_without_polling) {
  auto process = make({.poll = 1h});
  Instant handled;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders", [&](Call&, Unit&, Placed) -> Task<void> {
    handled = sim->steady();
    co_return;
  });
  run([&]() -> Task<void> {
    co_await process->start();
    co_await sim->sleep(10s);
    const Instant published = sim->steady();
    co_await process->publish("a", 1);
    co_await until([&] { return handled > published; });
    EXPECT_LT(handled - published, Duration(100ms));
    co_await process->stop();
  });
}

// Time stands still while something is runnable, so nobody waits behind a delivery.
TEST_P(BusSuite, deliveries_do_not_rest_where_nothing_else_is_to_be_done) {
  auto process = make();
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  process->noting<Placed>(process->mail_seen), {.batch_max = 1});
  run([&]() -> Task<void> {
    co_await process->start();
    for (int64_t i = 1; i <= 50; ++i) co_await process->publish("a", i);
    co_await process->settled();
    EXPECT_EQ(process->metrics.counter("bus_rests_total", "", {{"group", "mail.orders"}}).value(), 0u);
    co_await process->stop();
  });
}

}  // namespace portico::bus_suite
