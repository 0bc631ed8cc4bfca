#include "portico/observe/call.h"

#include <gtest/gtest.h>

namespace portico {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct CallTest : testing::Test {
  std::unique_ptr<SimRuntime> runtime = SimRuntime::make(1);
  std::string lines;
  Log log{*runtime, {}, [this](std::string_view text) { lines += text; }};
  Metrics metrics;
  Tracer tracer;
  Observer observer{log, metrics, tracer};

  Call call(Duration time = seconds(5)) { return {*runtime, observer, "order", runtime->steady() + time}; }
  void pass(Duration time) { runtime->run(runtime->sleep(time)); }
};

TEST_F(CallTest, BeginsATraceOfItsOwn) {
  Call one = call(), two = call();
  EXPECT_TRUE(one.trace.valid());
  EXPECT_NE(one.trace, two.trace);
  EXPECT_EQ(to_traceparent(one.trace), "");  // no span yet
  EXPECT_FALSE(one.caller().is_user());
  EXPECT_FALSE(one.caller().is_internal());
  EXPECT_EQ(one.correlation_id, "");
}

TEST_F(CallTest, DeadlinesOnlyMoveCloser) {
  Call call = this->call(seconds(5));
  call.shorten(runtime->steady() + seconds(9));
  EXPECT_EQ(call.remaining(), seconds(5));
  call.shorten(runtime->steady() + seconds(2));
  EXPECT_EQ(call.remaining(), seconds(2));
}

TEST_F(CallTest, ChecksItsDeadlineToTheMicrosecond) {
  Call call = this->call(milliseconds(10));
  pass(milliseconds(10) - Duration(1));
  EXPECT_NO_THROW(call.check_deadline());
  pass(Duration(1));
  try {
    call.check_deadline();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), too_late);
    EXPECT_EQ(error.reason(), "deadline.passed");
  }
}

TEST_F(CallTest, NeighboursSeeTheSameRequest) {
  Call call = this->call();
  call.set_caller({.user_id = "u", .role = "customer", .token = "t"});
  call.correlation_id = "c";
  call.idempotency_key = "i";
  call.peer = "10.0.0.1";
  Span span(call, "POST /api/orders");
  Call neighbour = call.for_service("product");
  EXPECT_EQ(neighbour.service(), "product");
  EXPECT_EQ(&neighbour.caller(), &call.caller());
  EXPECT_FALSE(neighbour.caller().is_internal());
  EXPECT_EQ(neighbour.deadline(), call.deadline());
  EXPECT_EQ(neighbour.correlation_id, "c");
  EXPECT_EQ(neighbour.peer, "10.0.0.1");
  EXPECT_EQ(neighbour.trace, call.trace);
  EXPECT_EQ(neighbour.idempotency_key, "");
}

TEST_F(CallTest, DetachedWorkHasNoUser) {
  Call call = this->call();
  call.set_caller({.user_id = "u", .token = "t", .service = "gateway"});
  call.correlation_id = "c";
  call.idempotency_key = "i";
  call.peer = "10.0.0.1";
  Call work = call.detached_as("mailer", runtime->steady() + seconds(60));
  EXPECT_EQ(work.service(), "mailer");
  EXPECT_FALSE(work.caller().is_user());
  EXPECT_FALSE(work.caller().is_internal());
  EXPECT_EQ(work.caller().token, "");
  EXPECT_EQ(work.remaining(), seconds(60));
  EXPECT_EQ(work.correlation_id, "c");
  EXPECT_EQ(work.trace, call.trace);
  EXPECT_EQ(work.peer + work.idempotency_key, "");
}

TEST_F(CallTest, CopiesAreIndependent) {
  Call call = this->call();
  Call copy = call;
  copy.set_caller({.user_id = "someone"});
  copy.shorten(runtime->steady());
  copy.correlation_id = "other";
  Span span(copy, "work");
  EXPECT_FALSE(call.caller().is_user());
  EXPECT_EQ(call.remaining(), seconds(5));
  EXPECT_EQ(call.correlation_id, "");
  EXPECT_NE(call.trace, copy.trace);
}

TEST_F(CallTest, IdsAreNew) {
  Call call = this->call();
  auto one = call.new_id<CallTest>(), two = call.new_id<CallTest>();
  EXPECT_EQ(one.value.size(), 36u);
  EXPECT_LT(one, two);
}

TEST_F(CallTest, SpansNest) {
  Call call = this->call();
  TraceContext before = call.trace;
  {
    Span outer(call, "POST /api/orders");
    TraceContext outside = call.trace;
    pass(milliseconds(1));
    {
      Call neighbour = call.for_service("product");
      Span inner(neighbour, "call product.change_stock");
      EXPECT_NE(neighbour.trace.span_id, outside.span_id);
      EXPECT_EQ(call.trace, outside);
      pass(milliseconds(2));
      inner.fail("stock.insufficient");
    }
    {
      Span second(call, "store.write");
      EXPECT_NE(call.trace, outside);
    }
    EXPECT_EQ(call.trace, outside);
  }
  EXPECT_EQ(call.trace, before);

  auto spans = tracer.recent(10, to_hex(before.trace_id));
  ASSERT_EQ(spans.size(), 3u);
  const SpanRecord &outer = spans[0], &second = spans[1], &inner = spans[2];
  EXPECT_EQ(outer.name, "POST /api/orders");
  EXPECT_EQ(outer.service, "order");
  EXPECT_EQ(outer.parent_id, "");
  EXPECT_EQ(outer.outcome, "ok");
  EXPECT_EQ(outer.duration_us, 3000);
  EXPECT_EQ(second.parent_id, outer.span_id);
  EXPECT_EQ(second.duration_us, 0);
  EXPECT_EQ(inner.parent_id, outer.span_id);
  EXPECT_EQ(inner.service, "product");
  EXPECT_EQ(inner.outcome, "stock.insufficient");
  EXPECT_EQ(inner.duration_us, 2000);
  EXPECT_EQ(inner.started_at, outer.started_at + milliseconds(1));
}

TEST_F(CallTest, SpansContinueTheTraceOfAStranger) {
  Call call = this->call();
  call.trace = *parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
  {
    Span span(call, "GET /");
    EXPECT_TRUE(to_traceparent(call.trace).starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
    EXPECT_TRUE(to_traceparent(call.trace).ends_with("-00"));
  }
  auto spans = tracer.recent(1);
  EXPECT_EQ(spans[0].trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(spans[0].parent_id, "00f067aa0ba902b7");
}

TEST_F(CallTest, ASpanWithoutATraceBeginsOne) {
  Call call = this->call();
  call.trace = {};
  call.trace.span_id[0] = 9;  // means nothing without a trace
  {
    Span one(call, "one");
  }
  TraceContext began = call.trace;
  EXPECT_TRUE(began.valid());
  {
    Span two(call, "two");
  }
  auto spans = tracer.recent(2);
  EXPECT_EQ(spans[0].trace_id, spans[1].trace_id);
  EXPECT_EQ(spans[0].parent_id, "");
  EXPECT_EQ(spans[1].parent_id, "");
}

TEST_F(CallTest, LogLinesSayWhoseWorkTheyAre) {
  Call call = this->call();
  call.correlation_id = "c-1";
  call.set_caller({.user_id = "u-7"});
  log.write(Level::info, call, "order placed", {{"order", "o-1"}});
  log.flush();
  EXPECT_EQ(lines,
            fmt::format(R"({{"timestamp":"{}","level":"INFO","service":"order","message":"order placed",)"
                        R"("correlationId":"c-1","traceId":"{}","userId":"u-7","order":"o-1"}})"
                        "\n",
                        to_string(runtime->now()), to_hex(call.trace.trace_id)));
}

TEST_F(CallTest, FailuresAreToldWithTheirNote) {
  Call call = this->call();
  log.failure(call, "order failed",
              Error(conflict, "stock.insufficient", "Not enough in stock.")
                  .with_note("row 7 of postgres://a:b@db held john@example.com")
                  .with_detail("product", "p-1")
                  .with_detail("token", "t0k"),
              {{"order", "o-1"}});
  log.flush();
  EXPECT_TRUE(lines.contains(R"("level":"WARN")")) << lines;
  EXPECT_TRUE(
      lines.ends_with(R"("order":"o-1","error":"conflict","status":409,"reason":"stock.insufficient",)"
                      R"("errorMessage":"Not enough in stock.",)"
                      R"("note":"row 7 of postgres://[redacted]@db held j***@example.com",)"
                      R"("details":"product=p-1, token=[redacted]"})"
                      "\n"))
      << lines;

  lines.clear();
  log.failure(call, "broken", Error(Code::internal, "internal"));
  log.failure(call, "bad", Error::invalid_input({{"/email", "must be an address"}, {"", "is too large"}}));
  log.flush();
  EXPECT_TRUE(lines.contains(R"("level":"ERROR")")) << lines;
  EXPECT_FALSE(lines.contains("\"note\"")) << lines;
  EXPECT_TRUE(lines.contains(R"("details":"/email: must be an address, : is too large"})")) << lines;
}

}  // namespace
}  // namespace portico
