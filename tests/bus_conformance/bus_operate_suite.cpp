// Operating: replay, drop, listing, bounds.
#include <fmt/format.h>

#include "tests/bus_conformance/bus_suite.h"

namespace portico::bus_suite {

using namespace std::chrono_literals;

namespace {

// Fails while `broken` says so; keeps the ids of what it handled.
std::function<Task<void>(Call&, Unit&, Placed)> failing(Process& process, const bool& broken) {
  return [&process, &broken](Call&, Unit& unit, Placed event) -> Task<void> {
    if (broken) throw Error(Code::unavailable, "test.down");
    co_await process.note(unit, process.mail_seen, event.order.value, event.number);
  };
}

}  // namespace

TEST_P(BusSuite, replay_delivers_to_its_own_group_only) {
  auto process = make();
  bool broken = true;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders", failing(*process, broken),
                                  {.retry = {.attempts_max = 1}});
  process->bus->subscribe<Placed>("stats", "orders", "stats.orders",
                                  process->noting<Placed>(process->stats_seen));
  run([&]() -> Task<void> {
    co_await process->start();
    co_await process->publish("a", 1);
    co_await until([&] { return process->status("mail.orders").dead == 1; });
    auto dead = co_await process->parked("mail", DeliveryState::dead);
    broken = false;
    Call call = process->call("mail");
    EXPECT_TRUE(co_await process->bus->replay(call, "mail", dead[0].id));
    co_await process->settled();
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", "1,"}}));
    EXPECT_EQ(co_await process->seen_by("stats"), (SeenBy{{"a", "1,"}}));
    // It has succeeded: there is nothing left to replay.
    EXPECT_FALSE(co_await process->bus->replay(call, "mail", dead[0].id));
    EXPECT_FALSE(co_await process->bus->drop(call, "mail", dead[0].id));
    EXPECT_EQ(process->status("mail.orders").dead, 0);
    co_await process->stop();
  });
}

TEST_P(BusSuite, replay_keeps_the_event_and_counts) {
  auto process = make();
  bool broken = true;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders", failing(*process, broken),
                                  {.retry = {.base = 1ms, .attempts_max = 2}});
  run([&]() -> Task<void> {
    co_await process->start();
    co_await process->publish("a", 1);
    co_await until([&] { return process->status("mail.orders").dead == 1; });
    const auto before = (co_await process->parked("mail", DeliveryState::dead)).at(0);
    Call call = process->call("mail");
    EXPECT_TRUE(co_await process->bus->replay(call, "mail", before.id));
    EXPECT_EQ(process->status("mail.orders").dead, 0);
    co_await until([&] { return process->status("mail.orders").dead == 1; });
    const auto after = (co_await process->parked("mail", DeliveryState::dead)).at(0);
    EXPECT_EQ(after.event_id, before.event_id);
    EXPECT_EQ(after.body, before.body);
    EXPECT_EQ(after.first_failed_at, before.first_failed_at);
    EXPECT_EQ(after.replays, 1);
    EXPECT_EQ(after.attempts, 2);
    co_await process->stop();
  });
}

TEST_P(BusSuite, replay_and_drop_refuse_what_is_not_there) {
  auto process = make();
  bool broken = true;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders", failing(*process, broken),
                                  {.retry = {.base = 1h}});
  run([&]() -> Task<void> {
    co_await process->start();
    co_await process->publish("a", 1);
    co_await until([&] { return process->status("mail.orders").waiting == 1; });
    const auto row = (co_await process->parked("mail", DeliveryState::waiting)).at(0);
    Call call = process->call("mail");
    EXPECT_FALSE(co_await process->bus->replay(call, "mail", row.id)) << "waiting is not dead";
    EXPECT_FALSE(co_await process->bus->replay(call, "mail", Id<ParkedDelivery>{"mail.orders:orders:99"}));
    EXPECT_FALSE(co_await process->bus->drop(call, "mail", Id<ParkedDelivery>{"mail.orders:orders:99"}));
    EXPECT_FALSE(co_await process->bus->replay(call, "stats", row.id)) << "another service";
    std::string reason;
    try {
      co_await process->bus->replay(call, "nobody", row.id);
    } catch (const Error& error) {
      reason = error.reason();
    }
    EXPECT_EQ(reason, "bus.unknown_subscriber");
    co_await process->stop();
  });
}

TEST_P(BusSuite, dropping_a_waiting_delivery_frees_its_key) {
  auto process = make();
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  [&](Call&, Unit& unit, Placed event) -> Task<void> {
                                    if (event.number == 1) throw Error(Code::unavailable, "test.down");
                                    co_await process->note(unit, process->mail_seen, event.order.value,
                                                           event.number);
                                  },
                                  {.retry = {.base = 1h}});
  run([&]() -> Task<void> {
    co_await process->start();
    for (int64_t i = 1; i <= 3; ++i) co_await process->publish("a", i);
    co_await until([&] { return process->status("mail.orders").waiting == 3; });
    Call call = process->call("mail");
    EXPECT_TRUE(co_await process->bus->drop(call, "mail", Id<ParkedDelivery>{"mail.orders:orders:1"}));
    co_await process->settled(10s);
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", "2,3,"}}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, parked_deliveries_are_listed_in_pages) {
  auto process = make();
  bool broken = true;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders", failing(*process, broken),
                                  {.retry = {.attempts_max = 1}});
  run([&]() -> Task<void> {
    co_await process->start();
    for (int64_t i = 1; i <= 7; ++i) co_await process->publish("a", i);
    co_await until([&] { return process->status("mail.orders").dead == 7; });
    Call call = process->call("mail");
    std::vector<int64_t> sequences;
    std::string after;
    int pages = 0;
    do {
      auto page = co_await process->bus->parked(call, "mail", {.limit = 3, .after = after});
      EXPECT_LE(page.items.size(), 3u);
      for (const ParkedDelivery& row : page.items) sequences.push_back(row.sequence);
      after = page.next;
      ++pages;
    } while (!after.empty() && pages < 10);
    EXPECT_EQ(sequences, (std::vector<int64_t>{1, 2, 3, 4, 5, 6, 7}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, parked_deliveries_are_chosen_by_group_and_reason) {
  auto process = make();
  for (const char* group : {"mail.one", "mail.two"})
    process->bus->subscribe<Placed>("mail", "orders", group,
                                    [](Call&, Unit&, Placed event) -> Task<void> {
                                      throw Error(Code::conflict,
                                                  event.number % 2 ? "test.odd" : "test.even");
                                      co_return;
                                    },
                                    {.retry = {.attempts_max = 1}});
  run([&]() -> Task<void> {
    co_await process->start();
    for (int64_t i = 1; i <= 5; ++i) co_await process->publish("a", i);
    co_await until([&] { return process->status("mail.one").dead + process->status("mail.two").dead == 10; });
    Call call = process->call("mail");
    auto count = [&](ParkedQuery query) -> Task<size_t> {
      co_return (co_await process->bus->parked(call, "mail", std::move(query))).items.size();
    };
    EXPECT_EQ(co_await count({}), 10u);
    EXPECT_EQ(co_await count({.group = "mail.one"}), 5u);
    EXPECT_EQ(co_await count({.reason = "test.odd"}), 6u);
    EXPECT_EQ(co_await count({.group = "mail.two", .reason = "test.even"}), 2u);
    EXPECT_EQ(co_await count({.state = DeliveryState::waiting}), 0u);
    const auto found = co_await process->bus->find_parked(call, "mail", {"mail.two:orders:4"});
    EXPECT_TRUE(found && found->reason == "test.even");
    EXPECT_FALSE(co_await process->bus->find_parked(call, "stats", {"mail.two:orders:4"}));
    co_await process->stop();
  });
}

// Otherwise it would wait for ever, and nobody would see it.
TEST_P(BusSuite, a_letter_of_a_group_that_is_gone_stays_dead) {
  run([&]() -> Task<void> {
    auto process = make();
    bool broken = true;
    process->bus->subscribe<Placed>("mail", "orders", "mail.old", failing(*process, broken),
                                    {.retry = {.attempts_max = 1}});
    co_await process->start();
    co_await process->publish("a", 1);
    co_await until([&] { return process->status("mail.old").dead == 1; });
    co_await process->stop();
    process = make();
    co_await process->start();
    const auto dead = co_await process->parked("mail", DeliveryState::dead);
    EXPECT_EQ(dead.size(), 1u);
    Call call = process->call("mail");
    std::string reason;
    try {
      co_await process->bus->replay(call, "mail", dead.at(0).id);
    } catch (const Error& error) {
      reason = error.reason();
    }
    EXPECT_EQ(reason, "bus.group_gone");
    EXPECT_EQ((co_await process->parked("mail", DeliveryState::dead)).size(), 1u);
    EXPECT_TRUE(co_await process->bus->drop(call, "mail", dead.at(0).id));
    co_await process->stop();
  });
}

TEST_P(BusSuite, a_full_group_stops_reading_until_some_succeed) {
  auto process = make({.parked_max = 6});
  bool broken = true;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders", failing(*process, broken),
                                  {.retry = {.base = 10s, .cap = 10s}});
  run([&]() -> Task<void> {
    co_await process->start();
    // One key: one event fails, the others wait behind it; that is no outage.
    std::vector<Placed> events;
    for (int64_t i = 1; i <= 30; ++i) events.push_back(Process::placed("a", i));
    co_await process->publish(std::move(events));
    co_await sim->sleep(5s);
    EXPECT_EQ(process->status("mail.orders").waiting, 6);
    EXPECT_EQ(process->status("mail.orders").place, 6);
    broken = false;
    co_await process->settled(5min);
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", numbers_to(30)}}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, settled_waits_for_what_is_open_and_says_when_it_is_too_late) {
  auto process = make();
  bool broken = true;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders", failing(*process, broken),
                                  {.retry = {.base = 1h}});
  process->bus->subscribe_outside<Placed>(
      "stats", "orders", "stats.slow",
      [](Call& call, Placed) -> Task<void> { co_await call.runtime().sleep(10s); });
  run([&]() -> Task<void> {
    co_await process->start();
    co_await process->settled(1s);
    co_await process->publish("a", 1);
    const Instant begin = sim->steady();
    co_await process->settled(1min, true);
    EXPECT_GE(sim->steady() - begin, Duration(10s));
    EXPECT_LT(sim->steady() - begin, Duration(11s));
    std::string reason;
    try {
      co_await process->settled(1s, false);
    } catch (const Error& error) {
      reason = error.reason();
      EXPECT_EQ(error.code(), Code::too_late);
    }
    EXPECT_EQ(reason, "bus.not_settled");
    co_await process->stop();
  });
}

TEST_P(BusSuite, mistakes_of_the_composition_are_refused) {
  auto process = make();
  auto refused = [](auto action) -> std::string {
    try {
      action();
    } catch (const Error& error) {
      return error.reason();
    }
    return "";
  };
  Bus& bus = *process->bus;
  const auto handler = process->noting<Placed>(process->mail_seen);
  EXPECT_EQ(refused([&] { bus.subscribe<Placed>("nobody", "orders", "g", handler); }),
            "bus.unknown_subscriber");
  EXPECT_EQ(refused([&] { bus.subscribe<Placed>("mail", "orders", std::string(60, 'g'), handler); }),
            "bus.bad_name");
  EXPECT_EQ(refused([&] { bus.subscribe<Placed>("mail", "orders", "a:b", handler); }), "bus.bad_name");
  EXPECT_EQ(refused([&] { bus.subscribe<Placed>("mail", "orders", "", handler); }), "bus.bad_name");
  bus.subscribe<Placed>("mail", "orders", "mail.orders", handler);
  EXPECT_EQ(refused([&] { bus.subscribe<Placed>("mail", "orders", "mail.orders", handler); }),
            "bus.subscribed_twice");
  EXPECT_EQ(refused([&] { bus.subscribe<Placed>("stats", "orders", "mail.orders", handler); }),
            "bus.group_taken");
  EXPECT_EQ(refused([&] { bus.add_publisher("orders", *process->orders); }), "bus.added_twice");
  EXPECT_EQ(refused([&] { bus.add_subscriber("mail", *process->mail); }), "bus.added_twice");
  EXPECT_EQ(bus.local_source("nobody"), nullptr);
  EXPECT_NE(bus.local_source("orders"), nullptr);
  bus.subscribe<Placed>("mail", "elsewhere", "mail.elsewhere", handler);
  EXPECT_EQ(refused([&] { bus.start(); }), "bus.unknown_publisher");
}

}  // namespace portico::bus_suite
