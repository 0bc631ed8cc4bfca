// The outbox: events leave with their unit, in the order of commits, each once.
#include <fmt/format.h>

#include <set>

#include "portico/schema/json.h"
#include "tests/store_conformance/store_suite.h"

namespace portico::conformance {
namespace {

TEST_P(StoreConformance, PublishesWithTheUnit) {
  open();
  Call c = call();
  c.correlation_id = "correlation-1";
  run([&]() -> Task<void> {
    co_await store_->write(c, [&](Unit& unit) -> Task<void> {
      co_await products_->insert(unit, product("p1"));
      unit.publish(Restocked{"first", {"p1"}, 5});
      unit.publish(Restocked{"second \"quoted\"", {"p2"}, 6});
      EXPECT_TRUE((co_await store_->read_events(0, 10)).empty());
    });
    const auto events = co_await store_->read_events(0, 10);
    EXPECT_EQ(events.size(), 2u);
    if (events.size() != 2) co_return;
    EXPECT_LT(events[0].sequence, events[1].sequence);
    EXPECT_EQ(events[0].type, "product.restocked.v1");
    EXPECT_EQ(events[0].key, "p1");
    EXPECT_EQ(events[1].key, "p2");
    EXPECT_EQ(events[0].correlation_id, "correlation-1");
    const auto trace = parse_traceparent(events[0].traceparent);
    EXPECT_TRUE(trace && trace->trace_id == c.trace.trace_id) << events[0].traceparent;
    EXPECT_EQ(events[0].id.size(), 36u);
    EXPECT_EQ(events[0].id[14], '7');
    EXPECT_NE(events[0].id, events[1].id);
    EXPECT_LE(events[0].published_at, c.now());
    EXPECT_GE(events[0].published_at, c.now() - std::chrono::minutes(5));
    const auto body = schema::from_json<Restocked>(events[1].body);
    EXPECT_TRUE(body && body->reason == "second \"quoted\"" && body->quantity == 6);
  }());
}

TEST_P(StoreConformance, NumbersEventsInTheOrderOfCommits) {
  open();
  std::vector<int64_t> seen;
  run(bench_.parallel(33, [&](size_t part) -> Task<void> {
    if (part == 32) {
      // A reader that never goes back sees every event: none appears below what it has read.
      int64_t after = 0;
      while (seen.size() < 320) {
        const auto events = co_await store_->read_events(after, 7);
        for (const OutboxEvent& event : events) {
          EXPECT_GT(event.sequence, after);
          after = event.sequence;
          seen.push_back(event.sequence);
        }
        if (events.empty()) co_await bench_.runtime().sleep(std::chrono::milliseconds(1));
      }
      co_return;
    }
    Call own = call();
    for (int i = 0; i < 10; ++i)
      co_await store_->write(own, [part, i](Unit& unit) -> Task<void> {
        unit.publish(Restocked{"x", {fmt::format("p{}", part)}, i});
        co_return;
      });
  }));
  EXPECT_EQ(seen.size(), 320u);
  run([&]() -> Task<void> {
    // Events of one writer stand in the order in which it wrote them.
    std::map<std::string, int> last;
    for (const OutboxEvent& event : co_await store_->read_events(0, 1000)) {
      const auto body = schema::from_json<Restocked>(event.body);
      EXPECT_EQ(body->quantity, last[event.key]++);
    }
  }());
}

TEST_P(StoreConformance, WakesTheBusAfterCommitsThatPublished) {
  std::atomic<int> woken{0};
  open();
  store_->on_publish([&] { ++woken; });
  Call c = call();
  run([&]() -> Task<void> {
    co_await store_->write(c, [&](Unit& unit) { return products_->insert(unit, product("p1")); });
    EXPECT_EQ(woken, 0);
    EXPECT_EQ(co_await reason_of(store_->write(c,
                                               [&](Unit& unit) -> Task<void> {
                                                 unit.publish(Restocked{"x", {"p1"}, 1});
                                                 throw Error(conflict, "test.stop");
                                                 co_return;
                                               })),
              "test.stop");
    co_await store_->write(c, [&](Unit& unit) { return products_->insert(unit, product("p2")); });
    EXPECT_EQ(woken, 0);
    co_await store_->write(c, [&](Unit& unit) -> Task<void> {
      unit.publish(Restocked{"x", {"p1"}, 1});
      co_return;
    });
  }());
  // It is called beside the writer that resumes.
  run([&]() -> Task<void> {
    while (woken == 0) co_await bench_.runtime().sleep(std::chrono::milliseconds(1));
  }());
  EXPECT_EQ(woken, 1);
}

TEST_P(StoreConformance, ReadsEventsInSlices) {
  open();
  Call c = call();
  run([&]() -> Task<void> {
    for (int i = 0; i < 10; ++i)
      co_await store_->write(c, [i](Unit& unit) -> Task<void> {
        unit.publish(Restocked{"x", {"p"}, i});
        co_return;
      });
    const auto first = co_await store_->read_events(0, 4);
    EXPECT_EQ(first.size(), 4u);
    const auto rest = co_await store_->read_events(first.back().sequence, 100);
    EXPECT_EQ(rest.size(), 6u);
    EXPECT_TRUE((co_await store_->read_events(rest.back().sequence, 100)).empty());
    EXPECT_TRUE((co_await store_->read_events(0, 0)).empty());
  }());
}

TEST_P(StoreConformance, TrimsWhatIsOldAndDelivered) {
  open();
  Call c = call();
  run([&]() -> Task<void> {
    for (int i = 0; i < 10; ++i)
      co_await store_->write(c, [i](Unit& unit) -> Task<void> {
        unit.publish(Restocked{"x", {"p"}, i});
        co_return;
      });
    const auto events = co_await store_->read_events(0, 100);
    const Time later = c.now() + std::chrono::seconds(1), earlier = events[0].published_at;
    EXPECT_EQ(co_await store_->trim_events(events[4].sequence, earlier, 100), 0);
    EXPECT_EQ(co_await store_->trim_events(events[4].sequence, later, 2), 2);
    EXPECT_EQ(co_await store_->trim_events(events[4].sequence, later, 100), 3);
    EXPECT_EQ(co_await store_->trim_events(events[4].sequence, later, 100), 0);
    const auto rest = co_await store_->read_events(0, 100);
    EXPECT_EQ(rest.size(), 5u);
    EXPECT_EQ(rest.front().sequence, events[5].sequence);
    EXPECT_EQ(co_await store_->trim_events(INT64_MAX, later, 100), 5);
  }());
}

TEST_P(StoreConformance, NeverUsesASequenceTwice) {
  open();
  auto publish = [&] {
    Call c = call();
    int64_t sequence = 0;
    run([&]() -> Task<void> {
      co_await store_->write(c, [](Unit& unit) -> Task<void> {
        unit.publish(Restocked{"x", {"p"}, 1});
        co_return;
      });
      sequence = (co_await store_->read_events(0, 100)).back().sequence;
      co_await store_->trim_events(sequence, c.now() + std::chrono::seconds(1), 100);
    }());
    return sequence;
  };
  std::set<int64_t> seen;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(seen.insert(publish()).second);
  close();
  open();
  const int64_t after = publish();
  EXPECT_GT(after, *seen.rbegin());
}

TEST_P(StoreConformance, KnowsItsNewestEventWhenAllAreForgotten) {
  open();
  run([&]() -> Task<void> {
    EXPECT_EQ(co_await store_->newest_event(), 0);
    Call c = call();
    co_await store_->write(c, [&](Unit& unit) -> Task<void> {
      for (int i = 0; i < 3; ++i) unit.publish(Restocked{"x", {"p1"}, i});
      co_return;
    });
    const int64_t newest = (co_await store_->read_events(0, 10)).back().sequence;
    EXPECT_EQ(co_await store_->newest_event(), newest);
    EXPECT_EQ(co_await store_->trim_events(newest, c.now() + std::chrono::hours(1), 10), 3);
    EXPECT_EQ(co_await store_->newest_event(), newest);
    EXPECT_TRUE((co_await store_->verify(10)).empty());
  }());
}

}  // namespace
}  // namespace portico::conformance
