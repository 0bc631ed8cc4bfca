// When everything fails: probing instead of emptying the backlog into the dead letters.
#include <fmt/format.h>

#include "tests/bus_conformance/bus_suite.h"

namespace portico::bus_suite {

using namespace std::chrono_literals;

TEST_P(BusSuite, when_everything_fails_the_group_probes_and_recovers) {
  auto process = make();
  bool broken = true;
  int tries = 0;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  [&](Call&, Unit& unit, Placed event) -> Task<void> {
                                    ++tries;
                                    if (broken) throw Error(Code::unavailable, "test.down");
                                    co_await process->note(unit, process->mail_seen, event.order.value,
                                                           event.number);
                                  },
                                  {.retry = {.base = 1ms, .cap = 1s, .attempts_max = 3}});
  run([&]() -> Task<void> {
    co_await process->start();
    std::vector<Placed> events;
    for (int64_t i = 1; i <= 200; ++i) events.push_back(Process::placed(fmt::format("{:03}", i), i));
    co_await process->publish(std::move(events));
    co_await until([&] { return process->status("mail.orders").probing; });
    const int64_t dead = process->status("mail.orders").dead;
    tries = 0;
    co_await sim->sleep(10min);
    EXPECT_TRUE(process->status("mail.orders").probing);
    EXPECT_GE(tries, 100) << "one try every five seconds";
    EXPECT_LE(tries, 140);
    EXPECT_LE(process->status("mail.orders").dead, dead + 1) << "the backlog must not become dead letters";
    broken = false;
    co_await until([&] { return !process->status("mail.orders").probing; });
    co_await process->settled(10min, true);
    co_await until([&] { return process->status("mail.orders").waiting == 0; });
    const SeenBy seen = co_await process->seen_by("mail");
    EXPECT_EQ(int64_t(seen.size()), 200 - process->status("mail.orders").dead);
    co_await process->stop();
    process->log.flush();
    EXPECT_NE(process->lines->find("everything fails"), std::string::npos);
  });
}

TEST_P(BusSuite, attempts_do_not_count_while_probing) {
  auto process = make();
  bool broken = true;
  process->bus->subscribe_outside<Placed>("mail", "orders", "mail.send",
                                          [&](Call&, Placed) -> Task<void> {
                                            if (broken) throw Error(Code::unavailable, "test.down");
                                            co_return;
                                          },
                                          {.retry = {.base = 1h, .attempts_max = 2}});
  run([&]() -> Task<void> {
    co_await process->start();
    std::vector<Placed> events;
    for (int64_t i = 1; i <= 10; ++i) events.push_back(Process::placed(fmt::format("{}", i), i));
    co_await process->publish(std::move(events));
    co_await until([&] { return process->status("mail.send").probing; });
    co_await sim->sleep(1h);
    EXPECT_EQ(process->status("mail.send").dead, 0);
    for (const ParkedDelivery& row : co_await process->parked("mail", DeliveryState::waiting))
      EXPECT_EQ(row.attempts, 1);
    broken = false;
    co_await process->settled(3h);
    co_await process->stop();
  });
}

TEST_P(BusSuite, probing_ends_although_the_parked_events_stay_broken) {
  auto process = make();
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  [&](Call&, Unit& unit, Placed event) -> Task<void> {
                                    if (event.number <= 10) throw Error(Code::conflict, "test.broken");
                                    co_await process->note(unit, process->mail_seen, "good", event.number);
                                  },
                                  {.retry = {.base = 1h}, .batch_max = 1});
  run([&]() -> Task<void> {
    co_await process->start();
    std::vector<Placed> events;
    for (int64_t i = 1; i <= 12; ++i) events.push_back(Process::placed(fmt::format("{}", i), i));
    co_await process->publish(std::move(events));
    co_await until([&] { return process->status("mail.orders").probing; });
    co_await until([&] { return !process->status("mail.orders").probing; }, 30s);
    co_await until([&] { return process->status("mail.orders").place == 12; });
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"good", "11,12,"}}));
    co_await process->stop();
  });
}

}  // namespace portico::bus_suite
