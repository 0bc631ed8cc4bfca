// Events from another process, events that come twice, and how long events are kept.
#include <fmt/format.h>

#include "tests/bus_conformance/bus_suite.h"

namespace portico::bus_suite {

using namespace std::chrono_literals;

namespace {

// What stands between two processes: events as JSON, and a line that repeats itself and breaks.
class JsonSource : public EventSource {
 public:
  JsonSource(EventSource& near, int64_t repeated, std::shared_ptr<int> failures)
      : near_(near), repeated_(repeated), failures_(std::move(failures)) {}

  Task<std::vector<OutboxEvent>> read(std::string group, int64_t after, size_t max, Duration wait) override {
    if (*failures_ > 0) {
      --*failures_;
      throw Error(Code::unavailable, "peer.down");
    }
    // Asks for earlier events without telling that the group stands there.
    auto events = co_await near_.read(group, after, max, wait);
    if (repeated_ > 0) {
      auto earlier = co_await near_.read(group, std::max<int64_t>(0, after - repeated_), max, {});
      co_await near_.read(group, after, 1, {});
      for (OutboxEvent& event : earlier) events.insert(events.begin(), event);
    }
    const std::string wire = schema::to_json(events);
    auto read = schema::from_json<std::vector<OutboxEvent>>(wire, {.bytes_max = 16 * 1024 * 1024});
    PORTICO_CHECK(read.has_value());
    co_return std::move(*read);
  }

 private:
  EventSource& near_;
  const int64_t repeated_;
  const std::shared_ptr<int> failures_;
};

Process::Far json_line(int64_t repeated = 0, std::shared_ptr<int> failures = std::make_shared<int>(0)) {
  return [=](EventSource& near) { return std::make_unique<JsonSource>(near, repeated, failures); };
}

Task<size_t> kept(Process& process) {
  auto events = co_await process.orders->read_events(0, 2000);
  co_return events.size();
}

}  // namespace

TEST_P(BusSuite, a_publisher_may_be_in_another_process) {
  auto process = make({}, json_line());
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  process->noting<Placed>(process->mail_seen));
  SeenBy outside;
  process->bus->subscribe_outside<Placed>("stats", "orders", "stats.send",
                                          [&](Call&, Placed event) -> Task<void> {
                                            outside[event.order.value] += fmt::format("{},", event.number);
                                            co_return;
                                          });
  run([&]() -> Task<void> {
    co_await process->start();
    const Instant begin = sim->steady();
    for (int64_t i = 1; i <= 30; ++i) co_await process->publish(Placed{Id<Order>{"a"}, i, "\u00fc\"\\\n"});
    co_await process->settled();
    EXPECT_LT(sim->steady() - begin, Duration(2s));
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", numbers_to(30)}}));
    EXPECT_EQ(outside, (SeenBy{{"a", numbers_to(30)}}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, events_that_come_again_have_no_second_effect) {
  auto process = make({}, json_line(9));
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  process->noting<Placed>(process->mail_seen), {.batch_max = 4});
  SeenBy outside;
  process->bus->subscribe_outside<Placed>("stats", "orders", "stats.send",
                                          [&](Call&, Placed event) -> Task<void> {
                                            outside[event.order.value] += fmt::format("{},", event.number);
                                            co_return;
                                          });
  run([&]() -> Task<void> {
    co_await process->start();
    for (int64_t i = 1; i <= 40; ++i) co_await process->publish("a", i);
    co_await process->settled();
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", numbers_to(40)}}));
    EXPECT_EQ(outside, (SeenBy{{"a", numbers_to(40)}}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, a_publisher_that_is_away_delays_but_loses_nothing) {
  auto failures = std::make_shared<int>(20);
  auto process = make({}, json_line(0, failures));
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  process->noting<Placed>(process->mail_seen));
  run([&]() -> Task<void> {
    co_await process->start();
    co_await process->publish("a", 1);
    const Instant begin = sim->steady();
    co_await until([&] { return *failures == 0; }, 10min);
    EXPECT_GT(sim->steady() - begin, Duration(20s)) << "it must not be asked without a pause";
    co_await process->settled();
    *failures = 3;
    co_await process->publish("a", 2);
    co_await until([&] { return process->status("mail.orders").place == 2; });
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", "1,2,"}}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, a_reader_without_a_valid_name_is_refused) {
  auto process = make();
  run([&]() -> Task<void> {
    co_await process->start();
    EventSource& source = *process->bus->local_source("orders");
    for (const std::string& name :
         {std::string(), std::string("a b"), std::string(44, 'x'), std::string("a:b")}) {
      std::string reason;
      try {
        co_await source.read(name, 0, 10, {});
      } catch (const Error& error) {
        reason = error.reason();
      }
      EXPECT_EQ(reason, "bus.bad_name") << name;
    }
    std::string reason;
    int known = 0;
    try {
      for (; known < 1000; ++known) co_await source.read(fmt::format("group-{}", known), 0, 10, {});
    } catch (const Error& error) {
      reason = error.reason();
    }
    EXPECT_EQ(reason, "bus.too_many_groups");
    EXPECT_EQ(known, 256);
    co_await process->stop();
  });
}

TEST_P(BusSuite, events_are_kept_until_every_group_has_them) {
  auto process = make({.retention = 10s});
  Gate gate;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  process->noting<Placed>(process->mail_seen));
  process->bus->subscribe_outside<Placed>("stats", "orders", "stats.slow",
                                          [&](Call&, Placed) -> Task<void> { co_await gate.wait(); },
                                          {.batch_max = 5, .handler_time_max = 24h});
  run([&]() -> Task<void> {
    co_await process->start();
    for (int64_t i = 1; i <= 20; ++i) co_await process->publish("a", i);
    co_await sim->sleep(10min);
    EXPECT_EQ(process->status("mail.orders").place, 20);
    EXPECT_EQ(co_await kept(*process), 20u);
    EXPECT_NE(process->metrics.expose().find("outbox_oldest_age_seconds{service=\"orders\"} 5"),
              std::string::npos);
    gate.open();
    co_await process->settled();
    co_await sim->sleep(1min);
    EXPECT_EQ(co_await kept(*process), 0u);
    EXPECT_NE(process->metrics.expose().find("outbox_oldest_age_seconds{service=\"orders\"} 0"),
              std::string::npos);
    co_await process->stop();
  });
}

TEST_P(BusSuite, events_are_kept_for_the_retention_time) {
  auto process = make({.retention = 1h});
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  process->noting<Placed>(process->mail_seen));
  run([&]() -> Task<void> {
    co_await process->start();
    // More than one step of trimming.
    for (int64_t i = 1; i <= 3; ++i) {
      std::vector<Placed> events;
      for (int64_t n = 1; n <= 400; ++n) events.push_back(Process::placed(fmt::format("{}", n), i));
      co_await process->publish(std::move(events));
    }
    co_await process->settled();
    co_await sim->sleep(50min);
    EXPECT_EQ(co_await kept(*process), 1200u);
    co_await sim->sleep(15min);
    EXPECT_EQ(co_await kept(*process), 0u);
    // Sequences go on.
    co_await process->publish("new", 7);
    co_await process->settled();
    EXPECT_EQ(process->status("mail.orders").place, 1201);
    co_await process->stop();
  });
}

TEST_P(BusSuite, a_group_that_is_away_is_not_forgotten) {
  const BusOptions options{.retention = 10s};
  auto process = make(options);
  run([&]() -> Task<void> {
    process->bus->subscribe<Placed>("stats", "orders", "stats.orders",
                                    process->noting<Placed>(process->stats_seen));
    co_await process->start();
    co_await process->publish("a", 1);
    co_await process->settled();
    co_await process->stop();

    process = make(options);
    process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                    process->noting<Placed>(process->mail_seen));
    co_await process->start();
    co_await process->publish("a", 2);
    co_await process->publish("a", 3);
    co_await process->settled();
    co_await sim->sleep(1h);
    co_await process->stop();

    process = make(options);
    process->bus->subscribe<Placed>("stats", "orders", "stats.orders",
                                    process->noting<Placed>(process->stats_seen));
    co_await process->start();
    co_await process->settled();
    EXPECT_EQ(co_await process->seen_by("stats"), (SeenBy{{"a", "1,2,3,"}}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, a_new_group_starts_from_what_is_kept) {
  auto process = make({.retention = 1h});
  run([&]() -> Task<void> {
    process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                    process->noting<Placed>(process->mail_seen));
    co_await process->start();
    for (int64_t i = 1; i <= 5; ++i) co_await process->publish("a", i);
    co_await process->settled();
    co_await sim->sleep(2h);
    for (int64_t i = 6; i <= 9; ++i) co_await process->publish("a", i);
    co_await process->settled();
    co_await process->stop();

    process = make({.retention = 1h});
    process->bus->subscribe<Placed>("stats", "orders", "stats.orders",
                                    process->noting<Placed>(process->stats_seen));
    co_await process->start();
    co_await process->settled();
    EXPECT_EQ(co_await process->seen_by("stats"), (SeenBy{{"a", "6,7,8,9,"}}));
    co_await process->stop();
  });
}

}  // namespace portico::bus_suite
