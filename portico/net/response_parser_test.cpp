#include <gtest/gtest.h>

#include "portico/net/codec.h"

namespace portico::net {
namespace {

ClientLimits small_limits() {
  ClientLimits limits;
  limits.header_bytes_max = 200;
  limits.body_bytes_max = 64;
  return limits;
}

std::string outcome(const std::string& input, const std::vector<size_t>& cuts, bool to_head, bool closed) {
  auto limits = small_limits();
  ResponseParser parser(limits, to_head);
  std::string pending;
  size_t from = 0;
  auto feed_on = [&] { pending.erase(0, parser.feed(pending)); };
  for (size_t cut : cuts) {
    pending.append(input, from, cut - from);
    from = cut;
    feed_on();
  }
  pending.append(input, from);
  feed_on();
  if (closed) parser.end_of_input();
  if (parser.failed()) return (parser.too_large() ? "too large: " : "bad: ") + parser.note();
  if (!parser.done()) return "more";
  bool keep_alive = parser.keep_alive();
  Response response = parser.take();
  std::string text = std::to_string(response.status);
  for (auto [name, value] : response.headers) text += fmt::format(" [{}:{}]", name, value);
  return text +
         fmt::format(" <{}>{}{}", response.body, keep_alive ? "" : " close", pending.empty() ? "" : " rest");
}

std::string outcome_of(const std::string& input, bool to_head = false, bool closed = false) {
  std::string whole = outcome(input, {}, to_head, closed);
  std::vector<size_t> every;
  for (size_t cut = 1; cut < input.size(); ++cut) {
    every.push_back(cut);
    EXPECT_EQ(outcome(input, {cut}, to_head, closed), whole) << "cut at " << cut << " of: " << input;
  }
  EXPECT_EQ(outcome(input, every, to_head, closed), whole) << "byte by byte: " << input;
  return whole;
}

std::string ok(const std::string& fields, const std::string& body = "") {
  return "HTTP/1.1 200 OK\r\n" + fields + "\r\n" + body;
}

TEST(ResponseParser, Framing) {
  EXPECT_EQ(outcome_of(ok("Content-Length: 5\r\n", "hello")), "200 [Content-Length:5] <hello>");
  EXPECT_EQ(outcome_of(ok("Content-Length: 0\r\n")), "200 [Content-Length:0] <>");
  EXPECT_EQ(outcome_of(ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")),
            "200 [Transfer-Encoding:chunked] <hello>");
  EXPECT_EQ(outcome_of(ok("", "hello"), false, true), "200 <hello> close");
  EXPECT_EQ(outcome_of(ok("", "hello")), "more");
  EXPECT_EQ(outcome_of(ok("Content-Length: 5\r\nConnection: close\r\n", "hello")),
            "200 [Content-Length:5] [Connection:close] <hello> close");
  EXPECT_EQ(outcome_of("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx"), "200 [Content-Length:1] <x> close");
  EXPECT_EQ(outcome_of("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nx"),
            "200 [Content-Length:1] [Connection:keep-alive] <x>");
  EXPECT_EQ(outcome_of("HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx"), "200 [Content-Length:1] <x>");
  EXPECT_EQ(outcome_of("HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"), "204 [X:y] <>");
  EXPECT_EQ(outcome_of("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
            "304 [Content-Length:5] <>");
  EXPECT_EQ(outcome_of(ok("Content-Length: 500\r\n"), true), "200 [Content-Length:500] <>");
}

TEST(ResponseParser, InformationalResponsesAreSkipped) {
  std::string final = ok("Content-Length: 1\r\n", "x"), hint = "HTTP/1.1 103 Early Hints\r\nLink: y\r\n\r\n";
  EXPECT_EQ(outcome_of("HTTP/1.1 100 Continue\r\n\r\n" + final), "200 [Content-Length:1] <x>");
  EXPECT_EQ(outcome_of(hint + hint + final), "200 [Content-Length:1] <x>");
  std::string flood;
  for (size_t i = 0; i <= informational_max; ++i) flood += "HTTP/1.1 100 C\r\n\r\n";
  EXPECT_EQ(outcome_of(flood + final), "bad: too many informational responses");
  EXPECT_EQ(outcome_of("HTTP/1.1 101 Switching\r\n\r\n"), "bad: switched protocols unasked");
}

TEST(ResponseParser, BadResponses) {
  using namespace std::string_literals;
  EXPECT_EQ(outcome_of(ok("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
            "bad: contradictory framing");  // K01
  EXPECT_EQ(outcome_of(ok("Content-Length: 5\r\nContent-Length: 6\r\n")),
            "bad: repeated content-length");                                                        // K02
  EXPECT_EQ(outcome_of(ok("Content-Length: 2\r\n", "hello")), "200 [Content-Length:2] <he> rest");  // K03
  EXPECT_EQ(outcome_of(ok("Content-Length: 9\r\n", "hello"), false, true),
            "bad: closed within a response");                                // K04
  EXPECT_EQ(outcome_of(ok("no colon\r\n")), "bad: malformed header field");  // K06
  EXPECT_EQ(outcome_of(ok("X: a\0b\r\n"s)), "bad: malformed header field");
  EXPECT_EQ(outcome_of(ok("X: a\r\n b\r\n")), "bad: malformed header field");
  EXPECT_EQ(outcome_of(ok("X: a\nY: b\r\n")), "bad: line without CR");
  EXPECT_EQ(outcome_of(ok("X: " + std::string(200, 'a') + "\r\n")), "too large: headers too large");  // K07
  EXPECT_EQ(outcome_of("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nhi"),
            "204 [Content-Length:2] <> rest");                                                          // K09
  EXPECT_EQ(outcome_of(ok("Transfer-Encoding: chunked\r\n", "5\r\nhelloXX")), "bad: malformed chunk");  // K10
  EXPECT_EQ(outcome_of(ok("Transfer-Encoding: gzip\r\n", "x")), "bad: unknown transfer coding");
  EXPECT_EQ(outcome_of(ok("Content-Length: +1\r\n", "x")), "bad: malformed content-length");
  EXPECT_EQ(outcome_of(ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")),
            "bad: repeated transfer-encoding");
  EXPECT_EQ(outcome_of("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            "bad: contradictory framing");
  for (const char* line : {"HTTP/2 200 OK", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1  200 OK",
                           "ICY 200 OK", "HTTP/1.1 abc OK", "", "HTTP/1.1 200 O\x01K"}) {
    EXPECT_EQ(outcome_of(std::string(line) + "\r\n\r\n"), "bad: malformed status line") << line;
  }
  EXPECT_EQ(outcome_of("HTTP/1.1 099 X\r\n\r\n"), "bad: status out of range");
  EXPECT_EQ(outcome_of("HTTP/1.1 600 X\r\n\r\n"), "bad: status out of range");
  EXPECT_EQ(outcome_of("HTTP/1.1 200 " + std::string(300, 'x')), "too large: status line too long");
}

TEST(ResponseParser, BodyLimitIsExact) {
  std::string fits(64, 'x'), over(65, 'x');
  EXPECT_EQ(outcome_of(ok("Content-Length: 64\r\n", fits)), "200 [Content-Length:64] <" + fits + ">");
  EXPECT_EQ(outcome_of(ok("Content-Length: 65\r\n", over)), "too large: body too large");
  EXPECT_EQ(outcome_of(ok("", fits), false, true), "200 <" + fits + "> close");
  EXPECT_EQ(outcome_of(ok("", over), false, true), "too large: body too large");
  EXPECT_EQ(outcome_of(ok("Transfer-Encoding: chunked\r\n", "41\r\n" + over + "\r\n0\r\n\r\n")),
            "too large: body too large");
}

}  // namespace
}  // namespace portico::net
