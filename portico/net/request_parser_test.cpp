#include "portico/net/request_parser_test_support.h"

namespace portico::net {
namespace {

// The numbers are those of our table of hostile cases.
TEST(RequestParser, FramingFields) {
  using namespace std::string_literals;
  check({
      {"A01", post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nX"), "400"},
      {"A02", post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "5c\r\nGET /admin HTTP/1.1\r\n"),
       "400"},
      {"A03", "POST / HTTP/1.0\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX", "400"},
      {"A04", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {"A05", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), "400"},
      {"A06", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), "400"},
      {"A07", post("Content-Length: 5, 5\r\n", "hello"), "400"},
      {"A08", post("Content-Length: 5, 6\r\n", "hello"), "400"},
      {"A09", post("Content-Length: +5\r\n", "hello"), "400"},
      {"A10", post("Content-Length: -1\r\n", "hello"), "400"},
      {"A11", post("Content-Length: 0x5\r\n", "hello"), "400"},
      {"A13", post("Content-Length: 5 0\r\n", "hello"), "400"},
      {"A14", post("Content-Length:\r\n", "hello"), "400"},
      {"A15", post("Content-Length:\r\nContent-Length: 5\r\n", "hello"), "400"},
      {"A17", post("Content-Length: 18446744073709551617\r\n", "x"), "400"},
      {"A18", post("Content-Length: 9223372036854775808\r\n", "x"), "400"},
      {"A18b", post("Content-Length: 9223372036854775807\r\n", "x"), "413"},
      {"A19", post("Content-Length: 007\r\n", "hello!!"),
       "POST / [Host:a] [Content-Length:007] <hello!!>; end"},
      {"A21a", post("Content-Length: 5\x0b\r\n", "hello"), "400"},
      {"A21b", post("Content-Length: 5\x0c\r\n", "hello"), "400"},
      {"A21c", post("Content-Length: 5\x85\r\n", "hello"), "400"},
      {"A21d", post("Content-Length: 5\xa0\r\n", "hello"), "400"},
      {"A22", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), "501"},
      {"A23", post("Transfer-Encoding: identity\r\n", "0\r\n\r\n"), "501"},
      {"A24", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), "501"},
      {"A25", post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), "400"},
      {"A26", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), "400"},
      {"A26b", post("Transfer-Encoding: ,chunked\r\n", "0\r\n\r\n"), "400"},
      {"A26c", post("Transfer-Encoding: chunked,\r\n", "0\r\n\r\n"), "400"},
      {"A27a",
       post("Transfer-Encoding: \x0b"
            "chunked\r\n",
            "0\r\n\r\n"),
       "400"},
      {"A27b", post("Transfer-Encoding: chunked\x0b\r\n", "0\r\n\r\n"), "400"},
      {"A27c",
       post("Transfer-Encoding: \x0c"
            "chunked\r\n",
            "0\r\n\r\n"),
       "400"},
      {"A27d", post("Transfer-Encoding: chunked\0\r\n"s, "0\r\n\r\n"), "400"},
      {"A29", post("Transfer-Encoding:\r\nContent-Length: 3\r\n", "abc"), "400"},
      {"A30a", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), "400"},
      {"A30b", post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "501"},
      {"A31", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), "400"},
      {"A32", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), "400"},
      {"A33", post("Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n"),
       "POST / [Host:a] [Transfer-Encoding:CHUNKED] <>; end"},
      {"A34a", post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"), "400"},
      {"A34b", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), "400"},
      {"A35", post("Transfer_Encoding: chunked\r\nContent-Length: 0\r\n", "X"), "400"},
      {"A36", post("Content_Length: 5\r\n", "hello"), "400"},
      {"A37", post("X: y\r\n Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"},
      {"A38", post("X: y\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"},
      {"A39", post("X: y\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"},
  });
}

std::string chunked(const std::string& body) { return post("Transfer-Encoding: chunked\r\n", body); }
std::string chunked_result(const std::string& body) {
  return "POST / [Host:a] [Transfer-Encoding:chunked] <" + body + ">; end";
}

TEST(RequestParser, Chunks) {
  std::string long_digits(17, '0');
  check({
      {"A40", chunked("0x5\r\nhello\r\n0\r\n\r\n"), "400"},
      {"A41a", chunked("+5\r\nhello\r\n0\r\n\r\n"), "400"},
      {"A41b", chunked("-5\r\nhello\r\n0\r\n\r\n"), "400"},
      {"A41c", chunked("5_\r\nhello\r\n0\r\n\r\n"), "400"},
      {"A41d", chunked(" 5\r\nhello\r\n0\r\n\r\n"), "400"},
      {"A41e", chunked("5 \r\nhello\r\n0\r\n\r\n"), "400"},
      {"A42a", chunked(long_digits + "5\r\nhello\r\n0\r\n\r\n"), "400"},
      {"A42b", chunked("FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n"), "413"},
      {"A42c", chunked("1FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n"), "400"},
      {"A43", chunked("\r\nhello\r\n0\r\n\r\n"), "400"},
      {"A44", chunked("5\nhello\r\n0\r\n\r\n"), "400"},
      {"A45", chunked("5\rhello\r\n0\r\n\r\n"), "400"},
      {"A46", chunked("5\r\nhelloXX0\r\n\r\n"), "400"},
      {"A47", chunked("5\r\nhello\n0\r\n\r\n"), "400"},
      {"A47b", chunked("5\r\nhello\rX0\r\n\r\n"), "400"},
      {"A49", chunked("5;a=b\r\nhello\r\n0;c\r\n\r\n"), chunked_result("hello")},
      {"A50a", chunked("5;a\nb\r\nhello\r\n0\r\n\r\n"), "400"},
      {"A50b", chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"), "400"},
      {"A51", chunked("5;" + std::string(1000, 'a') + "\r\nhello\r\n0\r\n\r\n"), "400"},
      {"A51b", chunked("5;" + std::string(252, 'a') + "\r\nhello\r\n0\r\n\r\n"), chunked_result("hello")},
      {"A51c", chunked("5;" + std::string(253, 'a') + "\r\nhello\r\n0\r\n\r\n"), "400"},
      {"A53", chunked("0005\r\nhello\r\n0\r\n\r\n"), chunked_result("hello")},
      {"A54", chunked("5\r\nhello\r\n000\r\n\r\n"), chunked_result("hello")},
      {"A55", chunked("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"),
       chunked_result("01234567890123456789")},
      {"A56",
       chunked("0\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\nHost: b\r\nAuthorization: c\r\n\r\n"),
       chunked_result("")},
      {"A57", chunked("0\r\nno colon\r\n\r\n"), "400"},
      {"A57b", chunked("0\r\nX: y\n\r\n"), "400"},
      {"A58", chunked("0\r\nX: " + std::string(5000, 'a') + "\r\n\r\n"), "431"},
      {"A58b", chunked("0\r\nX: " + std::string(4096 - 5, 'a') + "\r\n\r\n"), chunked_result("")},
      {"A58c", chunked("0\r\nX: " + std::string(4096 - 4, 'a') + "\r\n\r\n"), "431"},
      {"A73",
       chunked("20\r\n" + std::string(32, 'x') + "\r\n21\r\n" + std::string(33, 'x') + "\r\n0\r\n\r\n"),
       "413"},
      {"A73b",
       chunked("20\r\n" + std::string(32, 'x') + "\r\n20\r\n" + std::string(32, 'x') + "\r\n0\r\n\r\n"),
       chunked_result(std::string(64, 'x'))},
  });
}

TEST(RequestParser, BodiesAndSequences) {
  std::string smuggled = "GET /admin HTTP/1.1\r\nHost: b\r\n\r\n";
  std::string length = std::to_string(smuggled.size());
  std::string sized = "[Host:a] [Content-Length:" + length + "] <" + smuggled + ">; end";
  std::vector<Case> cases = {
      {"A59", post("Content-Length: 5\r\n", "hel"), "more"},
      {"A69", get("") + "GET  / HTTP/1.1\r\n\r\n", "GET / [Host:a] <>; 400"},
      {"A70", get("Connection: close\r\n") + "garbage", "GET / [Host:a] [Connection:close] <> close; end"},
      {"A71", post("") + get(""), "POST / [Host:a] <>; GET / [Host:a] <>; end"},
      {"A71b", "POST / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n", "POST / <> close; end"},
      {"A72", post("Content-Length: 65\r\n", "x"), "413"},
      {"A72b", post("Content-Length: 64\r\n", std::string(64, 'x')),
       "POST / [Host:a] [Content-Length:64] <" + std::string(64, 'x') + ">; end"},
      {"A66a", post("Expect: foo\r\nContent-Length: 1\r\n", "x"), "417"},
      {"A66b", post("Expect: y 100-continue\r\nContent-Length: 1\r\n", "x"), "417"},
      {"1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET / HTTP/1.0\r\n\r\n",
       "GET / [Connection:Keep-Alive] <>; GET / <> close; end"},
      {"close in a list", get("Connection: x, Close ,y\r\n"),
       "GET / [Host:a] [Connection:x, Close ,y] <> close; end"},
  };
  for (const char* verb : {"GET", "HEAD", "OPTIONS", "DELETE"}) {
    std::string line = fmt::format("{} / HTTP/1.1\r\nHost: a\r\n", verb);
    cases.push_back(
        {"A60", line + "Content-Length: " + length + "\r\n\r\n" + smuggled, verb + (" / " + sized)});
    cases.push_back({"A61",
                     line + fmt::format("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", smuggled.size()) +
                         smuggled + "\r\n0\r\n\r\n",
                     verb + (" / [Host:a] [Transfer-Encoding:chunked] <" + smuggled + ">; end")});
  }
  check(cases);
}

TEST(RequestParser, ExpectContinueIsToldOnlyWhileTheBodyIsMissing) {
  auto limits = small_limits();
  RequestParser parser(limits);
  EXPECT_FALSE(parser.expects_continue());
  parser.feed(post("Expect: 100-Continue\r\nContent-Length: 2\r\n"));
  EXPECT_TRUE(parser.expects_continue());
  parser.feed("ab");
  EXPECT_FALSE(parser.expects_continue());
  EXPECT_EQ(parser.take().body, "ab");
  parser.feed("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_FALSE(parser.expects_continue());
}

}  // namespace
}  // namespace portico::net
