// Processes that die at any point: what was published takes effect exactly once, outside at least once.
#include <fmt/format.h>

#include "tests/bus_conformance/bus_suite.h"

namespace portico::bus_suite {

using namespace std::chrono_literals;

namespace {

// What has happened outside all processes.
struct World {
  std::map<int64_t, int> sent;  // by number
  int64_t next = 1;             // number of the next event
};

// Groups in a unit and outside; some events fail at first.
void subscribe(Process& process, World& world, std::shared_ptr<int> failures) {
  const SubscribeOptions options{.retry = {.base = 2ms, .cap = 4ms, .attempts_max = 1000}, .batch_max = 3};
  process.bus->subscribe<Placed>(
      "mail", "orders", "mail.orders",
      [&process, failures](Call&, Unit& unit, Placed event) -> Task<void> {
        co_await process.note(unit, process.mail_seen, event.order.value, event.number);
        if (event.number % 3 == 0 && --*failures > 0) throw Error(Code::unavailable, "test.down");
      },
      options);
  process.bus->subscribe_outside<Placed>(
      "stats", "orders", "stats.send",
      [&world, failures](Call& call, Placed event) -> Task<void> {
        co_await call.runtime().sleep(200us);
        if (event.number % 4 == 0 && --*failures > 0) throw Error(Code::unavailable, "test.down");
        ++world.sent[event.number];
      },
      options);
}

Task<void> work(Process& process, World& world) {
  co_await process.start();
  for (int i = 0; i < 4; ++i) {
    std::vector<Placed> events;
    for (int n = 0; n < 2; ++n, ++world.next)
      events.push_back(Process::placed(fmt::format("key-{}", world.next % 3), world.next));
    co_await process.publish(std::move(events));
  }
}

// What the outbox says must have been seen.
Task<SeenBy> published(Process& process, std::vector<int64_t>& numbers) {
  SeenBy result;
  for (const OutboxEvent& event : co_await process.orders->read_events(0, 1000)) {
    auto placed = schema::from_json<Placed>(event.body);
    PORTICO_CHECK(placed.has_value());
    result[placed->order.value] += fmt::format("{},", placed->number);
    numbers.push_back(placed->number);
  }
  co_return result;
}

Task<void> yield(Runtime& runtime, int times) {
  for (int i = 0; i < times; ++i) co_await runtime.sleep({});
}

}  // namespace

TEST_P(BusSuite, killed_anywhere_every_event_has_one_effect) {
  // Each seed kills at other points: run it again and again to look closer (--gtest_repeat).
  constexpr int kills = 24;
  // How long the work takes when nobody dies.
  Duration whole{};
  for (int kill = -1; kill < kills; ++kill) {
    SCOPED_TRACE(fmt::format("kill {}", kill));
    const std::string own = make_folder(fmt::format("kill-{}", kill + 1));
    auto sim = SimRuntime::make(seed + uint64_t(kill + 1));
    World world;
    if (kill >= 0) {
      auto process = std::make_unique<Process>(GetParam(), sim->node("backend"), own);
      subscribe(*process, world, std::make_shared<int>(5));
      process->runtime.spawn("work", work(*process, world));
      const auto at = int64_t(double(whole.count()) * (kill + sim->random().fraction()) / kills);
      sim->run_until(sim->steady() + Duration(at));
      sim->run(yield(*sim, int(sim->random().below(12))));
      sim->kill("backend");
    }
    {
      auto process = std::make_unique<Process>(GetParam(), sim->node("backend"), own);
      subscribe(*process, world, std::make_shared<int>(kill < 0 ? 5 : 2));
      auto rest = [&]() -> Task<void> {
        const Instant begin = sim->steady();
        co_await work(*process, world);
        co_await process->settled();
        if (kill < 0) whole = sim->steady() - begin;
        std::vector<int64_t> numbers;
        const SeenBy expected = co_await published(*process, numbers);
        EXPECT_EQ(co_await process->seen_by("mail"), expected);
        for (const int64_t number : numbers) EXPECT_GE(world.sent[number], 1) << "event " << number;
        co_await process->stop();
      };
      sim->run(rest());
    }
    std::filesystem::remove_all(own);
    if (HasFailure()) break;
  }
}

TEST_P(BusSuite, killed_between_handler_and_commit_the_effect_comes_once) {
  bool handled = false;
  auto begin = [&](Process& process) {
    process.bus->subscribe<Placed>(
        "mail", "orders", "mail.orders", [&](Call&, Unit& unit, Placed event) -> Task<void> {
          co_await process.note(unit, process.mail_seen, event.order.value, event.number);
          handled = true;
        });
  };
  {
    auto process = make_on(sim->node("backend"));
    begin(*process);
    auto first = [&]() -> Task<void> {
      co_await process->start();
      co_await process->publish("a", 1);
    };
    process->runtime.spawn("first", first());
    while (!handled) sim->run_until(sim->steady() + 1us);
    sim->kill("backend");
  }
  auto process = make_on(sim->node("backend"));
  begin(*process);
  run([&]() -> Task<void> {
    co_await process->open();
    EXPECT_EQ(co_await process->seen_by("mail"), SeenBy{}) << "it was not committed";
    process->bus->start();
    co_await process->settled();
    EXPECT_EQ(co_await process->seen_by("mail"), (SeenBy{{"a", "1,"}}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, killed_between_outside_effect_and_place_the_event_comes_again) {
  int sent = 0;
  auto begin = [&](Process& process) {
    process.bus->subscribe_outside<Placed>("mail", "orders", "mail.send",
                                           [&](Call&, Placed) -> Task<void> { co_return void(++sent); });
  };
  {
    auto process = make_on(sim->node("backend"));
    begin(*process);
    auto first = [&]() -> Task<void> {
      co_await process->start();
      co_await process->publish("a", 1);
    };
    process->runtime.spawn("first", first());
    while (sent == 0) sim->run_until(sim->steady() + 1us);
    sim->kill("backend");
  }
  auto process = make_on(sim->node("backend"));
  begin(*process);
  run([&]() -> Task<void> {
    co_await process->start();
    co_await process->settled();
    EXPECT_EQ(sent, 2);
    EXPECT_EQ(process->status("mail.send").place, 1);
    co_await process->stop();
  });
}

TEST_P(BusSuite, equal_seeds_give_equal_runs) {
  std::vector<uint64_t> hashes;
  for (int i = 0; i < 2; ++i) {
    const std::string own = make_folder(fmt::format("hash-{}", i));
    auto sim = SimRuntime::make(seed);
    World world;
    {
      auto process = std::make_unique<Process>(GetParam(), *sim, own);
      subscribe(*process, world, std::make_shared<int>(5));
      auto body = [&]() -> Task<void> {
        co_await work(*process, world);
        co_await process->settled();
        co_await process->stop();
      };
      sim->run(body());
    }
    hashes.push_back(sim->event_hash());
    std::filesystem::remove_all(own);
  }
  EXPECT_EQ(hashes[0], hashes[1]);
}

}  // namespace portico::bus_suite
