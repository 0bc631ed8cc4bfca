// What never succeeds, and what is known of it afterwards.
#include <fmt/format.h>

#include "tests/bus_conformance/bus_suite.h"

namespace portico::bus_suite {

using namespace std::chrono_literals;

namespace {

Error down() { return Error(Code::unavailable, "test.down", "not now").with_note("for the log"); }

}  // namespace

TEST_P(BusSuite, after_its_last_attempt_an_event_is_a_dead_letter) {
  auto process = make();
  int tries = 0;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  [&](Call&, Unit& unit, Placed event) -> Task<void> {
                                    if (event.number == 1) {
                                      ++tries;
                                      throw down();
                                    }
                                    co_await process->note(unit, process->mail_seen, event.order.value,
                                                           event.number);
                                  },
                                  {.retry = {.base = 1s, .attempts_max = 4}});
  run([&]() -> Task<void> {
    co_await process->start();
    const Time begin = sim->now();
    co_await process->publish(Placed{Id<Order>{"a"}, 1, "text"});
    co_await until([&] { return process->status("mail.orders").dead == 1; });
    EXPECT_EQ(tries, 4);
    auto dead = co_await process->parked("mail", DeliveryState::dead);
    EXPECT_EQ(dead.size(), 1u);
    if (dead.size() != 1) co_return;
    const ParkedDelivery& row = dead[0];
    EXPECT_EQ(row.id.value, "mail.orders:orders:1");
    EXPECT_EQ(row.group, "mail.orders");
    EXPECT_EQ(row.source, "orders");
    EXPECT_EQ(row.sequence, 1);
    EXPECT_EQ(row.type, "suite.placed.v1");
    EXPECT_EQ(row.key, "a");
    EXPECT_EQ(row.body, schema::to_json(Placed{Id<Order>{"a"}, 1, "text"}));
    EXPECT_EQ(row.correlation_id, "correlation-1");
    EXPECT_EQ(row.attempts, 4);
    EXPECT_EQ(row.reason, "test.down");
    EXPECT_NE(row.note.find("for the log"), row.note.npos);
    EXPECT_GE(row.first_failed_at, begin);
    EXPECT_GT(row.last_failed_at, row.first_failed_at);
    // The key flows on.
    co_await process->publish("a", 2);
    co_await until([&] { return process->status("mail.orders").place == 2; });
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", "2,"}}));
    EXPECT_NE(
        process->metrics.expose().find("bus_deliveries_total{group=\"mail.orders\",outcome=\"dead\"} 1"),
        std::string::npos);
    co_await process->stop();
    process->log.flush();
    EXPECT_NE(process->lines->find("dead letter"), std::string::npos);
  });
}

TEST_P(BusSuite, what_cannot_be_decoded_is_dead_at_once) {
  auto process = make();
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  process->noting<Placed>(process->mail_seen));
  process->bus->subscribe_outside<Placed>("stats", "orders", "stats.orders",
                                          [](Call&, Placed) -> Task<void> { co_return; });
  run([&]() -> Task<void> {
    co_await process->start();
    co_await process->publish(PlacedOtherwise{Id<Order>{"a"}, "one"});
    co_await process->publish("a", 2);
    co_await process->settled(1min, true);
    for (const char* service : {"mail", "stats"}) {
      auto dead = co_await process->parked(service, DeliveryState::dead);
      EXPECT_EQ(dead.size(), 1u);
      if (dead.size() != 1) co_return;
      EXPECT_EQ(dead[0].reason, "event.undecodable");
      EXPECT_EQ(dead[0].attempts, 1);
      EXPECT_NE(dead[0].note.find("/number"), std::string::npos) << dead[0].note;
    }
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", "2,"}}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, a_handler_that_swallows_an_error_of_its_unit_has_failed) {
  auto process = make();
  int tries = 0;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  [&](Call&, Unit& unit, Placed event) -> Task<void> {
                                    ++tries;
                                    if (event.number != 1) co_return;
                                    try {
                                      co_await process->mail_seen.insert(unit, Seen{Id<Seen>{"x"}, ""});
                                      co_await process->mail_seen.insert(unit, Seen{Id<Seen>{"x"}, ""});
                                    } catch (const Error& error) {
                                      EXPECT_EQ(error.reason(), "store.duplicate");
                                    }
                                  },
                                  {.retry = {.base = 1ms, .attempts_max = 3}});
  run([&]() -> Task<void> {
    co_await process->start();
    co_await process->publish("a", 1);
    co_await process->publish("b", 2);
    co_await until([&] { return process->status("mail.orders").dead == 1; });
    co_await until([&] { return process->status("mail.orders").place == 2; });
    EXPECT_EQ(co_await process->seen_by("mail"), SeenBy{});
    EXPECT_GE(tries, 4);
    co_await process->stop();
  });
}

TEST_P(BusSuite, long_notes_are_cut) {
  auto process = make();
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  [](Call&, Unit&, Placed) -> Task<void> {
                                    throw Error(Code::unavailable, "test.long", std::string(10'000, 'n'));
                                    co_return;
                                  },
                                  {.retry = {.attempts_max = 1}});
  run([&]() -> Task<void> {
    co_await process->start();
    co_await process->publish("a", 1);
    co_await until([&] { return process->status("mail.orders").dead == 1; });
    auto dead = co_await process->parked("mail", DeliveryState::dead);
    EXPECT_EQ(dead[0].note.size(), 4096u);
    EXPECT_EQ(dead[0].attempts, 1);
    co_await process->stop();
  });
}

}  // namespace portico::bus_suite
