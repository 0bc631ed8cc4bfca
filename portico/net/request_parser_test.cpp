#include <gtest/gtest.h>

#include "portico/net/codec.h"

namespace portico::net {
namespace {

ServerLimits small_limits() {
  ServerLimits limits;
  limits.request_line_bytes_max = 100;
  limits.header_bytes_max = 400;
  limits.header_count_max = 12;
  limits.body_bytes_max = 64;
  return limits;
}

// Everything that a parser made of `input`, fed in pieces that end at `cuts`: the requests, then how it
// ended.
std::string outcome(const std::string& input, const std::vector<size_t>& cuts, const ServerLimits& limits) {
  RequestParser parser(limits);
  std::string text, pending;
  size_t from = 0;
  bool closed = false;  // what follows on the connection is not looked at
  auto feed_on = [&] {
    while (!parser.failed() && !closed) {
      pending.erase(0, parser.feed(pending));
      if (!parser.done()) break;
      bool keep_alive = parser.keep_alive();
      Request request = parser.take();
      text += fmt::format("{} {}", name_of(request.verb), request.target);
      for (auto [name, value] : request.headers) text += fmt::format(" [{}:{}]", name, value);
      text += fmt::format(" <{}>{}; ", request.body, keep_alive ? "" : " close");
      closed = !keep_alive;
    }
  };
  for (size_t cut : cuts) {
    pending.append(input, from, cut - from);
    from = cut;
    feed_on();
  }
  pending.append(input, from);
  feed_on();
  if (parser.failed()) return text + std::to_string(parser.refusal().status);
  return text + (closed || (pending.empty() && !parser.in_body()) ? "end" : "more");
}

// A75: the same whatever the cuts.
std::string outcome_of(const std::string& input, const ServerLimits& limits = small_limits()) {
  std::string whole = outcome(input, {}, limits);
  std::vector<size_t> every;
  for (size_t cut = 1; cut < input.size(); ++cut) {
    every.push_back(cut);
    EXPECT_EQ(outcome(input, {cut}, limits), whole) << "cut at " << cut << " of: " << input;
  }
  EXPECT_EQ(outcome(input, every, limits), whole) << "byte by byte: " << input;
  return whole;
}

std::string post(const std::string& fields, const std::string& body = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}

std::string get(const std::string& fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }

struct Case {
  std::string id, input, wanted;
};

void check(const std::vector<Case>& cases) {
  for (const auto& c : cases) EXPECT_EQ(outcome_of(c.input), c.wanted) << c.id << ": " << c.input;
}

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

TEST(RequestParser, HeaderSyntax) {
  using namespace std::string_literals;
  std::vector<Case> cases = {
      {"B01", get("Name : v\r\n"), "400"},
      {"B02", get(": v\r\n"), "400"},
      {"B03", get("no colon\r\n"), "400"},
      {"B04", get("X: a\0b\r\n"s), "400"},
      {"B05", get("X: a\rb\r\n"), "400"},
      {"B07a", get("X: \x80\xff\r\n"), "GET / [Host:a] [X:\x80\xff] <>; end"},
      {"B07b", get("X\x80: a\r\n"), "400"},
      {"B09", get("X: a\r\n b\r\n"), "400"},
      {"B09b", get("X: a\r\n\tb\r\n"), "400"},
      {"B10", "GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n", "400"},
      {"B10b", "GET / HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n", "400"},
      {"B11", get("X_User_Id: 1\r\nX-User: 2\r\n"), "GET / [Host:a] [X-User:2] <>; end"},
      {"B14", get("X: " + std::string(1000, 'a') + "\r\n"), "431"},
      {"B17", "GET / HTTP/1.1\r\nHost: a\n\n", "400"},
      {"B18", get("Authorization: a\r\nAuthorization: b\r\n"), "400"},
      {"B18b", get("Content-Type: a\r\nContent-Type: b\r\n"), "400"},
      {"B19", get("Cookie: a=1\r\nCookie: b=2\r\n"), "GET / [Host:a] [Cookie:a=1] [Cookie:b=2] <>; end"},
      {"B23", get("X:\r\nY: \t \r\n"), "GET / [Host:a] [X:] [Y:] <>; end"},
      {"B25", "GET / HTTP/1.1\r\nHos\r\n t: a\r\n\r\n", "400"},
      {"trimmed", get("X: \t a b \t\r\n"), "GET / [Host:a] [X:a b] <>; end"},
  };
  for (int c = 1; c < 0x20; ++c) {
    if (c == '\t' || c == '\n') continue;
    cases.push_back({"B06", get(fmt::format("X: a{}b\r\n", static_cast<char>(c))), "400"});
  }
  cases.push_back({"B06", get("X: a\x7f\r\n"), "400"});
  for (char c : " (),/:;<=>?@[\\]{}\"\x80"s) {
    if (c == ':') continue;  // ends the name
    cases.push_back({"B08", get(fmt::format("X{}Y: a\r\n", c)), "400"});
  }
  check(cases);
}

TEST(RequestParser, HeaderLimitsAreExact) {
  auto head = [](size_t bytes) {  // all field lines together
    std::string host = "Host: a\r\n";
    return "GET / HTTP/1.1\r\n" + host + "X: " + std::string(bytes - host.size() - 5, 'v') + "\r\n\r\n";
  };
  EXPECT_TRUE(outcome_of(head(400)).ends_with("; end"));
  EXPECT_EQ(outcome_of(head(401)), "431");
  EXPECT_EQ(outcome_of(head(402)), "431");
  EXPECT_EQ(outcome_of(head(403)), "431");
  auto fields = [](size_t count) {
    std::string text;
    for (size_t i = 1; i < count; ++i) text += "X: y\r\n";
    return get(text);
  };
  EXPECT_TRUE(outcome_of(fields(12)).ends_with("; end"));
  EXPECT_EQ(outcome_of(fields(13)), "431");  // B13
  auto line = [](size_t bytes) {
    return "GET /" + std::string(bytes - 14, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  EXPECT_TRUE(outcome_of(line(100)).ends_with("; end"));
  EXPECT_EQ(outcome_of(line(101)), "414");
  EXPECT_EQ(outcome_of(line(500)), "414");  // C07
  EXPECT_EQ(outcome_of(std::string(103, 'a')), "414");
  EXPECT_EQ(outcome_of(std::string(101, 'a')), "more");
}

TEST(RequestParser, RequestLine) {
  auto line = [](const std::string& text) { return text + "\r\nHost: a\r\n\r\n"; };
  std::string ok = "GET / [Host:a] <>; end";
  check({
      {"C01a", line("GET  / HTTP/1.1"), "400"},
      {"C01b", line("GET\t/\tHTTP/1.1"), "400"},
      {"C01c", line(" GET / HTTP/1.1"), "400"},
      {"C01d", line("GET / HTTP/1.1 "), "400"},
      {"C01e", line("GET /  HTTP/1.1"), "400"},
      {"C02a", "\r\n" + get(""), ok},
      {"C02b", "\r\n\r\n" + get(""), ok},
      {"C02c", "\r\n\r\n\r\n" + get(""), "400"},
      {"C02d", "\n" + get(""), "400"},
      {"C03", line("GET /"), "400"},
      {"C05", line("get / HTTP/1.1"), "501"},
      {"C06a", line(std::string(60, 'M') + " / HTTP/1.1"), "501"},
      {"C06b", line("G\x01T / HTTP/1.1"), "400"},
      {"C06c", line("G(T / HTTP/1.1"), "400"},
      {"version 2", line("GET / HTTP/2.0"), "505"},
      {"version 1.2", line("GET / HTTP/1.2"), "505"},
      {"version lower case", line("GET / http/1.1"), "400"},
      {"version long", line("GET / HTTP/1.10"), "400"},
      {"F26", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
      {"C33", line("CONNECT a:80 HTTP/1.1"), "405"},
      {"C34a", line("TRACE / HTTP/1.1"), "405"},
      {"C34b", line("TRACK / HTTP/1.1"), "405"},
      {"bare CR", line("GET /\rX HTTP/1.1"), "400"},
      {"bare LF", "GET / HTTP/1.1\nHost: a\n\n", "400"},
  });
}

TEST(RequestParser, Targets) {
  auto request = [](const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n"; };
  auto ok = [](const std::string& target) { return "GET " + target + " [Host:a] <>; end"; };
  check({
      {"C09", request("/a#b"), "400"},
      {"C10a", request("/a b"), "400"},
      {"C10b", request("/a\x01"), "400"},
      {"C11", request("/\xc3\xa4"), "400"},
      {"C11b", request("/?\xc3\xa4"), "400"},
      {"C12", request("/a%00b"), "400"},
      {"C13", request("/a%0d%0ab"), "400"},
      {"C14a", request("/%zz"), "400"},
      {"C14b", request("/%4"), "400"},
      {"C15", request("/public/../admin"), ok("/admin")},
      {"C16", request("/public/%2e%2E/admin"), ok("/admin")},
      {"C17", request("/public/..%2fadmin"), "400"},
      {"C18", request("/public/%252e%252e/admin"), ok("/public/%252e%252e/admin")},
      {"C19a", request("//admin"), ok("/admin")},
      {"C19b", request("/./admin"), ok("/admin")},
      {"C19c", request("/public//../admin"), ok("/admin")},
      {"C20a", request("/public\\..\\admin"), "400"},
      {"C20b", request("/public%5cadmin"), "400"},
      {"C21a", request("/public/..;/admin"), "400"},
      {"C21b", request("/public/..;x=1/admin"), "400"},
      {"C22a", request("/admin;x=1"), ok("/admin;x=1")},
      {"C22b", request("/admi%6e"), ok("/admin")},
      {"C23", request("/%c0%ae%c0%ae/"), "400"},
      {"C25", request("/admin.?"), ok("/admin.?")},
      {"C26", request("/Admin"), ok("/Admin")},
      {"C27", request("/api/%2e%2e/x"), ok("/x")},
      {"C29a", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * [Host:a] <>; end"},
      {"C29b", request("*"), "400"},
      {"C30", request("http://other.host:81/x?y"), "GET /x?y [host:other.host:81] <>; end"},
      {"C30b", request("HTTP://other.host"), "GET / [host:other.host] <>; end"},
      {"C30c", request("http://other.host?q"), "GET /?q [host:other.host] <>; end"},
      {"C30d", request("http:///x"), "400"},
      {"C31", request("https://user:pw@a/x"), "400"},
      {"no slash", request("a/b"), "400"},
      {"C35", request("/x?a=%00&b=..%2f//../"), ok("/x?a=%00&b=..%2f//../")},
  });
}

TEST(RequestParser, Host) {
  auto host = [](const std::string& field) { return "GET / HTTP/1.1\r\n" + field + "\r\n"; };
  check({
      {"D16", host(""), "400"},
      {"D16 1.0", "GET / HTTP/1.0\r\n\r\n", "GET / <> close; end"},
      {"D16 absolute", "GET http://b/ HTTP/1.1\r\n\r\n", "400"},
      {"D17a", host("Host: a\r\nHost: a\r\n"), "400"},
      {"D17b", host("Host: a\r\nHost: b\r\n"), "400"},
      {"D18a", host("Host:\r\n"), "400"},
      {"D18b", host("Host: a b\r\n"), "400"},
      {"D18c", host("Host: a/x\r\n"), "400"},
      {"D18d", host("Host: user@a\r\n"), "400"},
      {"D18e", host("Host: a,b\r\n"), "400"},
      {"D18f", host("Host: a:99999\r\n"), "400"},
      {"D18g", host("Host: a:80:80\r\n"), "400"},
      {"D18h", host("Host: a:\r\n"), "400"},
      {"D18i", host("Host: [::1\r\n"), "400"},
      {"D18j", host("Host: [::1]x\r\n"), "400"},
      {"D18k", host("Host: [nonsense]\r\n"), "400"},
      {"v6", host("Host: [::1]:80\r\n"), "GET / [Host:[::1]:80] <>; end"},
      {"D19", host("Host: A.Example.\r\n"), "GET / [Host:A.Example.] <>; end"},
  });
}

}  // namespace
}  // namespace portico::net
