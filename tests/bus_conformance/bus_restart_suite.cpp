// Stopping in order and starting again.
#include <fmt/format.h>

#include "tests/bus_conformance/bus_suite.h"

namespace portico::bus_suite {

using namespace std::chrono_literals;

TEST_P(BusSuite, the_place_survives_a_restart) {
  auto process = make();
  run([&]() -> Task<void> {
    for (int64_t life = 0; life < 3; ++life) {
      if (life > 0) process = make();
      process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                      process->noting<Placed>(process->mail_seen));
      co_await process->start();
      for (int64_t i = 1; i <= 10; ++i) co_await process->publish("a", life * 10 + i);
      co_await process->publish(Shipped{Id<Order>{"a"}, 0});
      if (life != 1) co_await process->settled();
      co_await process->stop();
    }
    process = make();
    co_await process->open();
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", numbers_to(30)}}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, waiting_deliveries_survive_a_restart) {
  bool broken = true;
  std::unique_ptr<Process> process;
  auto begin = [&] {
    process = make();
    process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                    [&](Call&, Unit& unit, Placed event) -> Task<void> {
                                      if (broken && event.order.value == "a")
                                        throw Error(Code::unavailable, "test.down");
                                      co_await process->note(unit, process->mail_seen, event.order.value,
                                                             event.number);
                                    },
                                    {.retry = {.base = 1h, .cap = 1h}});
  };
  run([&]() -> Task<void> {
    begin();
    co_await process->start();
    co_await process->publish("a", 1);
    co_await process->publish("a", 2);
    co_await process->settled(1min, true);
    const auto before = co_await process->parked("mail", DeliveryState::waiting);
    EXPECT_EQ(before.size(), 2u);
    co_await process->stop();
    process.reset();

    begin();
    broken = false;
    co_await process->start();
    co_await process->publish("a", 3);
    co_await process->publish("b", 1);
    co_await process->settled(1min, true);
    EXPECT_EQ(process->status("mail.orders").waiting, 3) << "the key is still held back";
    co_await process->settled(2h);
    EXPECT_GE(sim->now(), before.at(0).due_at);
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", "1,2,3,"}, {"b", "1,"}}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, dead_letters_survive_a_restart) {
  bool broken = true;
  std::unique_ptr<Process> process;
  auto begin = [&] {
    process = make();
    process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                    [&](Call&, Unit& unit, Placed event) -> Task<void> {
                                      if (broken) throw Error(Code::unavailable, "test.down");
                                      co_await process->note(unit, process->mail_seen, event.order.value,
                                                             event.number);
                                    },
                                    {.retry = {.attempts_max = 1}});
  };
  run([&]() -> Task<void> {
    begin();
    co_await process->start();
    co_await process->publish("a", 1);
    co_await process->settled(1min, true);
    co_await process->stop();
    process.reset();

    begin();
    broken = false;
    co_await process->start();
    co_await process->settled(1min, true);
    EXPECT_EQ(process->status("mail.orders").dead, 1);
    Call call = process->call("mail");
    EXPECT_TRUE(co_await process->bus->replay(call, "mail", Id<ParkedDelivery>{"mail.orders:orders:1"}));
    co_await process->settled();
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", "1,"}}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, a_type_that_is_not_handled_any_more_becomes_a_dead_letter) {
  auto process = make();
  run([&]() -> Task<void> {
    process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                    [](Call&, Unit&, Placed) -> Task<void> {
                                      throw Error(Code::unavailable, "test.down");
                                      co_return;
                                    },
                                    {.retry = {.base = 1s}});
    co_await process->start();
    co_await process->publish("a", 1);
    co_await process->settled(1min, true);
    co_await process->stop();

    process = make();
    process->bus->subscribe<Shipped>("mail", "orders", "mail.orders",
                                     process->noting<Shipped>(process->mail_seen));
    co_await process->start();
    co_await until([&] { return process->status("mail.orders").dead == 1; });
    EXPECT_EQ((co_await process->parked("mail", DeliveryState::dead)).at(0).reason, "bus.no_handler");
    co_await process->stop();
  });
}

TEST_P(BusSuite, stopping_lets_running_handlers_finish) {
  auto process = make();
  int begun = 0, ended = 0;
  process->bus->subscribe_outside<Placed>("mail", "orders", "mail.send",
                                          [&](Call& call, Placed) -> Task<void> {
                                            ++begun;
                                            co_await call.runtime().sleep(3s);
                                            ++ended;
                                          });
  run([&]() -> Task<void> {
    co_await process->start();
    co_await process->publish("a", 1);
    co_await until([&] { return begun == 1; });
    const Instant begin = sim->steady();
    co_await process->bus->stop(begin + 10s);
    EXPECT_EQ(ended, 1);
    EXPECT_LT(sim->steady() - begin, Duration(4s));
    EXPECT_EQ(process->status("mail.send").place, 1);
    co_await process->publish("a", 2);
    co_await sim->sleep(10s);
    EXPECT_EQ(begun, 1) << "nothing begins after stop";
    co_await process->stop();
  });
}

TEST_P(BusSuite, handlers_that_do_not_finish_are_given_up_and_come_again) {
  std::unique_ptr<Process> process;
  int begun = 0, ended = 0;
  bool slow = true;
  auto begin = [&] {
    process = make();
    process->bus->subscribe_outside<Placed>("mail", "orders", "mail.send",
                                            [&](Call& call, Placed) -> Task<void> {
                                              ++begun;
                                              if (slow) co_await call.runtime().sleep(1h);
                                              ++ended;
                                            },
                                            {.handler_time_max = 2h});
  };
  run([&]() -> Task<void> {
    begin();
    co_await process->start();
    co_await process->publish("a", 1);
    co_await until([&] { return begun == 1; });
    const Instant stopped = sim->steady();
    co_await process->bus->stop(stopped + 1s);
    EXPECT_LT(sim->steady() - stopped, Duration(2s));
    EXPECT_EQ(ended, 0);
    co_await process->stop();
    process.reset();

    begin();
    slow = false;
    co_await process->start();
    co_await process->settled();
    EXPECT_EQ(begun, 2);
    EXPECT_EQ(ended, 1);
    EXPECT_EQ(process->status("mail.send").waiting, 0) << "giving up is no failure";
    co_await process->stop();
  });
}

TEST_P(BusSuite, stopping_under_load_loses_nothing) {
  std::unique_ptr<Process> process;
  auto begin = [&] {
    process = make();
    process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                    process->noting<Placed>(process->mail_seen), {.batch_max = 3});
  };
  run([&]() -> Task<void> {
    int64_t published = 0;
    for (int life = 0; life < 8; ++life) {
      begin();
      co_await process->start();
      std::vector<Placed> events;
      for (int i = 0; i < 10; ++i) events.push_back(Process::placed("a", ++published));
      co_await process->publish(std::move(events));
      co_await sim->sleep(Duration(sim->random().below(9000)));
      co_await process->stop();
      process.reset();
    }
    begin();
    co_await process->start();
    co_await process->settled();
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", numbers_to(published)}}));
    co_await process->stop();
  });
}

}  // namespace portico::bus_suite
