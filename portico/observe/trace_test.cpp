#include "portico/observe/trace.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "portico/observe/beside.h"

namespace portico {
namespace {

constexpr std::string_view trace_text = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr std::string_view good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Traceparent, SurvivesTheRoundTrip) {
  auto context = parse_traceparent(good);
  ASSERT_TRUE(context);
  EXPECT_EQ(to_hex(context->trace_id), trace_text);
  EXPECT_EQ(to_hex(context->span_id), "00f067aa0ba902b7");
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(to_traceparent(*context), good);
  context->sampled = false;
  EXPECT_EQ(to_traceparent(*context), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
}

TEST(Traceparent, ReadsOnlyTheSampledFlag) {
  std::string header(good);
  for (auto [flags, sampled] :
       {std::pair("00", false), {"01", true}, {"ff", true}, {"fe", false}, {"03", true}}) {
    header.replace(53, 2, flags);
    auto context = parse_traceparent(header);
    ASSERT_TRUE(context) << flags;
    EXPECT_EQ(context->sampled, sampled) << flags;
  }
}

TEST(Traceparent, ReadsHigherVersionsAsTheFirst) {
  std::string header(good);
  for (const char* version : {"01", "cc", "fe"}) {
    header.replace(0, 2, version);
    EXPECT_EQ(parse_traceparent(header), parse_traceparent(good)) << version;
    EXPECT_EQ(parse_traceparent(header + "-"), parse_traceparent(good)) << version;
    EXPECT_EQ(parse_traceparent(header + "-what-the-future-will-be-like"), parse_traceparent(good))
        << version;
    EXPECT_FALSE(parse_traceparent(header + "0")) << version;
    EXPECT_FALSE(parse_traceparent(header + " ")) << version;
  }
}

TEST(Traceparent, RefusesWhatIsMalformed) {
  const std::string bad[] = {
      "",
      "00",
      "00-",
      "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",  // version ff is forbidden
      "0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      "FE-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      "00-00000000000000000000000000000000-00f067aa0ba902b7-01",  // no trace
      "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",  // no parent
      "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",  // upper case
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",    // a digit short
      "00-4bf92f3577b34da6a3ce929d0e0e47361-00f067aa0ba902b7-01",  // a digit long
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",  // version 00 has no more parts
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
      " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
      "00-4bf92f3577b34da6a3ce929d0e0e473 -00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e47\xc3\xa9-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7,00-4bf92f3577b34da6a3ce929d0e0e4736-"
      "00f067aa0ba902b7-01",
      std::string(55, '\0'),
      std::string(100'000, '0'),
  };
  for (const std::string& header : bad) EXPECT_FALSE(parse_traceparent(header)) << header.substr(0, 120);
}

TEST(Traceparent, RefusesEveryOtherByteAtEveryPlace) {
  // Digits may become other digits; every other change of a byte must be refused.
  for (size_t i = 0; i < good.size(); ++i)
    for (int byte = 0; byte < 256; ++byte) {
      std::string header(good);
      header[i] = char(byte);
      bool digit = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
      bool separator = i == 2 || i == 35 || i == 52;
      bool wanted = separator ? byte == '-' : digit;
      EXPECT_EQ(parse_traceparent(header).has_value(), wanted) << i << " " << byte;
    }
}

TEST(Traceparent, IsEmptyWithoutTraceOrSpan) {
  TraceContext context;
  EXPECT_EQ(to_traceparent(context), "");
  context.trace_id[0] = 1;
  EXPECT_EQ(to_traceparent(context), "");
  context.span_id[7] = 1;
  EXPECT_EQ(to_traceparent(context), "00-01000000000000000000000000000000-0000000000000001-01");
}

FinishedSpan numbered(int number, std::string_view name = "work") {
  FinishedSpan span{.name = name, .service = "shop", .outcome = "ok"};
  span.context.trace_id[15] = uint8_t(number % 2 + 1);
  span.context.span_id[7] = uint8_t(number + 1);
  span.started_at = Time{number};
  span.duration = Duration(number * 10);
  return span;
}

TEST(Tracer, KeepsEverythingOfASpan) {
  Tracer tracer(4);
  EXPECT_TRUE(tracer.recent(10).empty());
  FinishedSpan span{.context = *parse_traceparent(good),
                    .name = "POST /api/orders",
                    .service = "order",
                    .outcome = "stock.insufficient",
                    .started_at = Time{1234},
                    .duration = Duration(56)};
  tracer.record(span);
  span.parent_id = span.context.span_id;
  tracer.record(span);
  auto spans = tracer.recent(10);
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_EQ(spans[0].parent_id, "00f067aa0ba902b7");
  EXPECT_EQ(spans[1].parent_id, "");
  EXPECT_EQ(spans[1].trace_id, trace_text);
  EXPECT_EQ(spans[1].span_id, "00f067aa0ba902b7");
  EXPECT_EQ(spans[1].name, "POST /api/orders");
  EXPECT_EQ(spans[1].service, "order");
  EXPECT_EQ(spans[1].outcome, "stock.insufficient");
  EXPECT_EQ(spans[1].started_at, Time{1234});
  EXPECT_EQ(spans[1].duration_us, 56);
}

std::vector<int64_t> starts(const std::vector<SpanRecord>& spans) {
  std::vector<int64_t> starts;
  for (const SpanRecord& span : spans) starts.push_back(span.started_at.ms);
  return starts;
}

TEST(Tracer, TheOldestMakeRoom) {
  Tracer tracer(3);
  for (int i = 0; i < 3; ++i) tracer.record(numbered(i));
  EXPECT_EQ(starts(tracer.recent(10)), (std::vector<int64_t>{2, 1, 0}));
  tracer.record(numbered(3));
  EXPECT_EQ(starts(tracer.recent(10)), (std::vector<int64_t>{3, 2, 1}));
  for (int i = 4; i < 11; ++i) tracer.record(numbered(i));
  EXPECT_EQ(starts(tracer.recent(10)), (std::vector<int64_t>{10, 9, 8}));
  EXPECT_EQ(starts(tracer.recent(2)), (std::vector<int64_t>{10, 9}));
  EXPECT_TRUE(tracer.recent(0).empty());
  EXPECT_EQ(tracer.recorded(), 11u);
}

TEST(Tracer, FindsOneTrace) {
  Tracer tracer(6);
  for (int i = 0; i < 10; ++i) tracer.record(numbered(i));
  EXPECT_EQ(starts(tracer.recent(10, "00000000000000000000000000000001")), (std::vector<int64_t>{8, 6, 4}));
  EXPECT_EQ(starts(tracer.recent(1, "00000000000000000000000000000002")), (std::vector<int64_t>{9}));
  EXPECT_TRUE(tracer.recent(10, "00000000000000000000000000000003").empty());
  EXPECT_TRUE(tracer.recent(10, "not hexadecimal").empty());
  EXPECT_TRUE(tracer.recent(10, "0000000000000000000000000000000A").empty());
}

TEST(Tracer, CutsLongTextsBetweenCharacters) {
  Tracer tracer(1);
  std::string exact(Tracer::name_bytes_max, 'n');
  tracer.record(numbered(0, exact));
  EXPECT_EQ(tracer.recent(1)[0].name, exact);
  tracer.record(numbered(0, exact + "n"));
  EXPECT_EQ(tracer.recent(1)[0].name, exact);
  std::string last_is_wide = std::string(Tracer::name_bytes_max - 1, 'n') + "\xc3\xa9";
  tracer.record(numbered(0, last_is_wide));
  EXPECT_EQ(tracer.recent(1)[0].name, std::string(Tracer::name_bytes_max - 1, 'n'));
  FinishedSpan span = numbered(0, "");
  std::string service(1000, 's'), outcome(1000, 'o');
  span.service = service;
  span.outcome = outcome;
  tracer.record(span);
  EXPECT_EQ(tracer.recent(1)[0].name, "");
  EXPECT_EQ(tracer.recent(1)[0].service.size(), Tracer::service_bytes_max);
  EXPECT_EQ(tracer.recent(1)[0].outcome.size(), Tracer::outcome_bytes_max);
}

TEST(Tracer, TakesSpansOfManyThreads) {
  constexpr int threads = 4, spans = 2000;
  Tracer tracer(64);
  std::vector<std::function<void()>> jobs;
  for (int t = 0; t < threads; ++t)
    jobs.push_back([&, t] {
      // A torn span would mix a name with another's service.
      std::string own(20, char('a' + t));
      for (int i = 0; i < spans; ++i) tracer.record({.name = own, .service = own, .outcome = own});
    });
  jobs.push_back([&] {
    for (int i = 0; i < 100; ++i)
      for (const SpanRecord& span : tracer.recent(64)) {
        EXPECT_EQ(span.name, span.service);
        EXPECT_EQ(span.name, span.outcome);
      }
  });
  observe::run_beside(std::move(jobs));
  EXPECT_EQ(tracer.recorded(), uint64_t(threads * spans));
  EXPECT_EQ(tracer.recent(1000).size(), 64u);
}

}  // namespace
}  // namespace portico
