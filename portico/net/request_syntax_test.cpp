#include "portico/net/request_parser_test_support.h"

namespace portico::net {
namespace {

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
