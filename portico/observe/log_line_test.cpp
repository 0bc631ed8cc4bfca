#include "portico/observe/log_line.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <string_view>

#include "portico/observe/utf8.h"
#include "portico/runtime/runtime.h"

namespace portico {
namespace {

using observe::LogLine;

// How a JSON line at info without a service begins.
constexpr std::string_view head = R"({"timestamp":"2026-11-21T13:16:00.123Z","level":"INFO","service":"",)";

constexpr Time moment{1'795'266'960'123};  // 2026-11-21T13:16:00.123Z

std::string rendered(LogFormat format, LogLine line, LogFields fields = {}) {
  line.time = moment;
  fmt::memory_buffer out;
  observe::append_line(out, format, line, fields);
  return fmt::to_string(out);
}

std::string json(LogLine line, LogFields fields = {}) { return rendered(LogFormat::json, line, fields); }
std::string text(LogLine line, LogFields fields = {}) { return rendered(LogFormat::text, line, fields); }

LogLine access_line() {
  return {.service = "gateway",
          .message = "request",
          .correlation_id = "c-1",
          .trace_id = "ab12",
          .user_id = "u-7"};
}

TEST(LogLine, IsAnAccessLineInJson) {
  EXPECT_EQ(
      json(access_line(), {{"method", "GET"},
                           {"url", "/api/orders/7?page=2"},
                           {"route", "/api/orders/{id}"},
                           {"statusCode", 200},
                           {"duration", 1.25},
                           {"cached", false}}),
      R"({"timestamp":"2026-11-21T13:16:00.123Z","level":"INFO","service":"gateway","message":"request",)"
      R"("correlationId":"c-1","traceId":"ab12","userId":"u-7","method":"GET","url":"/api/orders/7?page=2",)"
      R"("route":"/api/orders/{id}","statusCode":200,"duration":1.25,"cached":false})"
      "\n");
}

TEST(LogLine, IsAnAccessLineInText) {
  EXPECT_EQ(text(access_line(), {{"method", "GET"}, {"statusCode", 200}, {"duration", 1.25}, {"route", ""}}),
            "[2026-11-21T13:16:00.123Z] [gateway] INFO request | correlationId=c-1 traceId=ab12 userId=u-7 "
            "method=GET "
            "statusCode=200 duration=1.25 route=\"\"\n");
  EXPECT_EQ(text({.level = Level::success, .service = "todo", .message = "ready to serve"}),
            "[2026-11-21T13:16:00.123Z] [todo] SUCCESS ready to serve\n");
}

TEST(LogLine, IsColouredByLevel) {
  auto coloured = [](Level level) {
    return rendered(LogFormat::text_coloured, {.level = level, .service = "s", .message = "m"}, {{"k", 1}});
  };
  auto line = [](std::string_view colour, std::string_view level) {
    return fmt::format("\x1b[2m[2026-11-21T13:16:00.123Z]\x1b[0m [s] \x1b[{}m{}\x1b[0m m | k=1\n", colour,
                       level);
  };
  EXPECT_EQ(coloured(Level::debug), line("90", "DEBUG"));
  EXPECT_EQ(coloured(Level::info), line("36", "INFO"));
  EXPECT_EQ(coloured(Level::success), line("32", "SUCCESS"));
  EXPECT_EQ(coloured(Level::warn), line("33", "WARN"));
  EXPECT_EQ(coloured(Level::error), line("31", "ERROR"));
}

TEST(LogLine, ShowsNumbersAsJsonKnowsThem) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(json({}, {{"a", std::numeric_limits<int64_t>::min()},
                      {"b", inf},
                      {"c", -inf},
                      {"d", std::numeric_limits<double>::quiet_NaN()},
                      {"e", 1e300},
                      {"f", 0u}})
                .substr(head.size()),
            R"("message":"","a":-9223372036854775808,"b":null,"c":null,"d":null,"e":1e+300,"f":0})"
            "\n");
}

TEST(LogLine, RedactsByKey) {
  LogFields fields = {
      {"password", "hunter2"}, {"otp", 123456}, {"apiKey", "k"}, {"auth", true}, {"statusCode", 200}};
  EXPECT_EQ(text({.service = "s", .message = "m"}, fields),
            "[2026-11-21T13:16:00.123Z] [s] INFO m | password=[redacted] otp=[redacted] apiKey=[redacted] "
            "auth=[redacted] statusCode=200\n");
  std::string line = json({.level = Level::debug}, fields);
  EXPECT_TRUE(line.contains(R"("password":"[redacted]","otp":"[redacted]",)")) << line;
  EXPECT_FALSE(line.contains("hunter2"));
  EXPECT_FALSE(line.contains("123456"));
}

TEST(LogLine, MasksAddressesAtInfoAndAbove) {
  for (Level level : {Level::info, Level::success, Level::warn, Level::error}) {
    std::string line =
        json({.level = level, .message = "mail to john@example.com", .user_id = "jane@example.com"},
             {{"to", "jim@example.com"}});
    EXPECT_TRUE(line.contains(R"("message":"mail to j***@example.com")")) << line;
    EXPECT_TRUE(line.contains(R"("userId":"j***@example.com","to":"j***@example.com")")) << line;
  }
  EXPECT_TRUE(
      json({.level = Level::debug, .message = "mail to john@example.com"}).contains("john@example.com"));
}

TEST(LogLine, CannotBeForged) {
  std::string_view forged = "x\",\"level\":\"ERROR\"}\n{\"level\":\"INFO\"\r\n\x1b[2J\x7f\\";
  EXPECT_EQ(json({.message = forged}, {{"k", forged}}).substr(head.size()),
            R"("message":"x\",\"level\":\"ERROR\"}\n{\"level\":\"INFO\"\r\n\u001b[2J\u007f\\",)"
            R"("k":"x\",\"level\":\"ERROR\"}\n{\"level\":\"INFO\"\r\n\u001b[2J\u007f\\"})"
            "\n");
  EXPECT_EQ(text({.service = "s", .message = "done | admin=true\n[time] [s] ERROR x"},
                 {{"k", "1 admin=true | a=\"b\""}}),
            "[2026-11-21T13:16:00.123Z] [s] INFO done \\| admin=true\\n[time] [s] ERROR x | "
            "k=\"1 admin=true | a=\\\"b\\\"\"\n");
}

TEST(LogLine, EscapesWhatWouldDeceiveAReader) {
  // next line, line separator, right-to-left override, zero width space, byte order mark
  std::string_view text =
      "a\xc2\x85"
      "b\xe2\x80\xa8"
      "c\xe2\x80\xae"
      "d\xe2\x80\x8b"
      "e\xef\xbb\xbf"
      "f\xc3\xa9\xf0\x9f\x98\x80";
  std::string line = json({.message = text});
  EXPECT_TRUE(line.contains("a\\u0085b\\u2028c\\u202ed\\u200be\\ufefff\xc3\xa9\xf0\x9f\x98\x80\"")) << line;
}

TEST(LogLine, ReplacesBrokenUtf8) {
  for (std::string_view broken : {"\xff", "\x80", "\xc3", "\xc0", "\xf5", "\xed", "\xf0"}) {
    std::string line = json({.message = broken});
    EXPECT_TRUE(line.contains("\"message\":\"\xef\xbf\xbd\"}")) << line;
  }
  EXPECT_TRUE(
      json({.message = "\xed\xa0\x80"}).contains("\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""));  // surrogate
  EXPECT_TRUE(json({.message = std::string_view("\0", 1)}).contains("\"\\u0000\""));
}

TEST(LogLine, StaysOneCleanLineWhateverItHolds) {
  uint64_t seed = RealRuntime::make({.reactors = 1})->random().next();
  std::mt19937_64 random(seed);
  auto junk = [&] {
    std::string junk(random() % 60, '\0');
    constexpr std::string_view likely = "\"\\\n\r\x1b|=@?&%{}[]: \xc2\xe2\x80";
    for (char& c : junk) c = random() % 2 ? char(random()) : likely[random() % likely.size()];
    return junk;
  };
  for (int round = 0; round < 3000; ++round) {
    std::string service = junk(), message = junk(), id = junk(), key = junk(), value = junk();
    for (LogFormat format : {LogFormat::json, LogFormat::text}) {
      std::string line = rendered(format, {.service = service, .message = message, .correlation_id = id},
                                  {{key, value}, {"plain", value}});
      ASSERT_EQ(line.back(), '\n');
      line.pop_back();
      for (std::string_view rest = line; !rest.empty();) {
        auto [character, size] = observe::decode_utf8(rest);
        ASSERT_TRUE(character != observe::CodePoint::broken && character >= 0x20 &&
                    (character < 0x7f || character > 0x9f))
            << "seed " << seed << ": " << line;
        rest.remove_prefix(size);
      }
    }
  }
}

TEST(LogLine, IsBounded) {
  std::string huge(1'000'000, 'x');
  std::string line =
      json({.service = huge, .message = huge, .correlation_id = huge, .trace_id = huge, .user_id = huge},
           {{"value", huge}});
  EXPECT_LT(line.size(), 6 * (2048 + 50) + 200);
}

}  // namespace
}  // namespace portico
