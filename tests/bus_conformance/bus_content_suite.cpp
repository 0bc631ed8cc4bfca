// What arrives with an event: its text, its key, the call it continues.
#include <fmt/format.h>

#include "tests/bus_conformance/bus_suite.h"

namespace portico::bus_suite {

using namespace std::chrono_literals;

TEST_P(BusSuite, large_and_empty_texts_arrive_as_they_were) {
  auto process = make();
  std::vector<std::string> texts;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  [&](Call&, Unit&, Placed event) -> Task<void> {
                                    texts.push_back(event.text);
                                    co_return;
                                  });
  const std::string large(400'000, 'x');
  const std::string odd = "\"quotes\" \\ \n\t \u00e9 \U0001F600";
  run([&]() -> Task<void> {
    co_await process->start();
    for (const std::string& text : {large, std::string(), odd})
      co_await process->publish(Placed{Id<Order>{"a"}, 1, text});
    co_await process->settled();
    EXPECT_EQ(texts, (std::vector<std::string>{large, "", odd}));
    co_await process->stop();
  });
}

TEST_P(BusSuite, keys_may_be_any_id) {
  auto process = make();
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  process->noting<Placed>(process->mail_seen));
  const std::vector<std::string> keys = {"A:z-0._", "-", "0", std::string(64, 'k')};
  run([&]() -> Task<void> {
    co_await process->start();
    SeenBy expected;
    for (const std::string& key : keys) {
      co_await process->publish(key, 1);
      co_await process->publish(key, 2);
      expected[key] = "1,2,";
    }
    co_await process->settled();
    EXPECT_EQ(co_await process->seen_by("mail"), expected);
    co_await process->stop();
  });
}

TEST_P(BusSuite, a_delivery_continues_the_call_that_published) {
  auto process = make();
  std::optional<Call> seen;
  Instant at;
  process->bus->subscribe<Placed>("mail", "orders", "mail.orders",
                                  [&](Call& call, Unit&, Placed) -> Task<void> {
                                    seen = call;
                                    at = sim->steady();
                                    co_return;
                                  },
                                  {.handler_time_max = 7s});
  run([&]() -> Task<void> {
    co_await process->start();
    Call call = process->call("orders");
    call.correlation_id = "a-correlation";
    {
      Span span(call, "POST /orders");
      co_await process->orders->write(call, [](Unit& unit) -> Task<void> {
        unit.publish(Process::placed("a", 1));
        co_return;
      });
    }
    co_await process->settled();
    co_await process->stop();
    EXPECT_TRUE(seen.has_value());
    if (!seen) co_return;
    EXPECT_EQ(seen->service(), "mail");
    EXPECT_EQ(seen->caller().service, "orders");
    EXPECT_FALSE(seen->caller().is_user());
    EXPECT_EQ(seen->correlation_id, "a-correlation");
    EXPECT_EQ(seen->trace.trace_id, call.trace.trace_id);
    EXPECT_EQ(seen->deadline(), at + 7s);
    const auto spans = process->tracer.recent(100, to_hex(call.trace.trace_id));
    auto named = [&](std::string_view name) -> SpanRecord {
      for (const SpanRecord& span : spans)
        if (span.name == name) return span;
      return {};
    };
    EXPECT_EQ(named("event suite.placed.v1").service, "mail");
    EXPECT_EQ(named("event suite.placed.v1").outcome, "ok");
    // Engines may put spans of their own in between.
    std::string parent = named("event suite.placed.v1").parent_id;
    for (size_t i = 0; i < spans.size() && parent != named("POST /orders").span_id; ++i) {
      for (const SpanRecord& span : spans) {
        if (span.span_id != parent) continue;
        parent = span.parent_id;
        break;
      }
    }
    EXPECT_EQ(parent, named("POST /orders").span_id);
  });
}

}  // namespace portico::bus_suite
