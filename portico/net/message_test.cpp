#include "portico/net/message.h"

#include <gtest/gtest.h>

namespace portico::net {
namespace {

std::string dump(const Headers& headers) {
  std::string text;
  for (auto [name, value] : headers) text += fmt::format("{}={};", name, value);
  return text;
}

TEST(Headers, KeepOrderAndCompareWithoutCase) {
  Headers headers;
  EXPECT_EQ(headers.get("x"), "");
  headers.add("Set-Cookie", "a");
  headers.add("Content-Type", "text/plain");
  headers.add("set-cookie", "b");
  EXPECT_EQ(headers.get("SET-COOKIE"), "a");
  EXPECT_TRUE(headers.has("content-TYPE"));
  EXPECT_FALSE(headers.has("content"));
  headers.set("set-cookie", "c");
  EXPECT_EQ(dump(headers), "set-cookie=c;Content-Type=text/plain;");
  headers.set("new", "n");
  headers.remove("CONTENT-TYPE");
  EXPECT_EQ(dump(headers), "set-cookie=c;new=n;");
  headers.add("X-A", "1");
  headers.add("X-B", "2");
  headers.remove_if([](std::string_view name) { return name.starts_with("X-"); });
  EXPECT_EQ(headers.size(), 2u);
}

TEST(Headers, TakeViewsOfThemselves) {
  Headers headers;
  headers.add("a", std::string(200, 'v'));
  for (int i = 0; i < 10; ++i) headers.add("b" + std::to_string(i), headers.get("a"));
  headers.set("c", headers.get("b9"));
  EXPECT_EQ(headers.get("c"), std::string(200, 'v'));
  Headers copy = headers, moved = std::move(headers);
  EXPECT_EQ(dump(copy), dump(moved));
}

TEST(Request, PathAndQuery) {
  Request request;
  request.target = "/a/b?c=d?e";
  EXPECT_EQ(request.path(), "/a/b");
  EXPECT_EQ(request.query(), "c=d?e");
  request.target = "/a";
  EXPECT_EQ(request.path(), "/a");
  EXPECT_EQ(request.query(), "");
}

TEST(Verb, NamesGoBothWays) {
  for (const char* name : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    ASSERT_TRUE(parse_verb(name));
    EXPECT_EQ(name_of(*parse_verb(name)), name);
  }
  for (const char* name : {"", "get", "TRACE", "GET "}) EXPECT_FALSE(parse_verb(name)) << name;
}

TEST(Percent, DecodesAndEncodes) {
  EXPECT_EQ(percent_decode("a%20b+c"), "a b+c");
  EXPECT_EQ(percent_decode("a%20b+c", true), "a b c");
  EXPECT_EQ(percent_decode("%C3%a4"), "\xc3\xa4");
  for (const char* bad : {"%", "%4", "%zz", "a%0", "%00", "%g1"}) EXPECT_FALSE(percent_decode(bad)) << bad;
  EXPECT_EQ(percent_encode("a b/\xc3\xa4~"), "a%20b%2F%C3%A4~");
  std::string all;
  for (int c = 1; c < 256; ++c) all.push_back(static_cast<char>(c));
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
}

TEST(Query, IsReadInOrder) {
  auto pairs = parse_query("a=1&b=x+y&&c&a=%32&=v&d==");
  ASSERT_TRUE(pairs);
  std::vector<std::pair<std::string, std::string>> wanted = {{"a", "1"}, {"b", "x y"}, {"c", ""},
                                                             {"a", "2"}, {"", "v"},    {"d", "="}};
  EXPECT_EQ(*pairs, wanted);
  EXPECT_TRUE(parse_query("")->empty());
  EXPECT_FALSE(parse_query("a=%"));
  EXPECT_FALSE(parse_query("%00=1"));
}

TEST(CanonicalPath, HasOneSpelling) {
  std::vector<std::pair<std::string, std::string>> good = {{"/", "/"},
                                                           {"//", "/"},
                                                           {"/a/", "/a/"},
                                                           {"/a//", "/a/"},
                                                           {"/a/.", "/a/"},
                                                           {"/a/..", "/"},
                                                           {"/..", "/"},
                                                           {"/../../a", "/a"},
                                                           {"/a/b/../c", "/a/c"},
                                                           {"/a/./b", "/a/b"},
                                                           {"/%7euser", "/~user"},
                                                           {"/a%2db", "/a-b"},
                                                           {"/%c3%a4", "/%C3%A4"},
                                                           {"/...", "/..."},
                                                           {"/.a", "/.a"},
                                                           {"/a%20b", "/a%20b"},
                                                           {"/%e2%82%ac", "/%E2%82%AC"},
                                                           {"/a;b", "/a;b"},
                                                           {"/a/..b/", "/a/..b/"},
                                                           {"/a:b", "/a:b"}};
  for (auto& [path, wanted] : good) {
    EXPECT_EQ(canonical_path(path), wanted) << path;
    EXPECT_EQ(canonical_path(wanted), wanted) << path;  // a fixed point
  }
  for (const char* bad :
       {"",     "a",    "/%2f",     "/%2F", "/\\",  "/%5C",       "/%00",          "/%1f",
        "/%7f", "/%0a", "/%",       "/%c3", "/%ff", "/%ed%a0%80", "/%f4%90%80%80", "/%c1%81",
        "/..;", "/.;a", "/..%3b/x", "/a?b", "/a b"}) {
    EXPECT_FALSE(canonical_path(bad)) << bad;
  }
}

TEST(ReasonPhrase, IsStandard) {
  EXPECT_EQ(reason_phrase(404), "Not Found");
  EXPECT_EQ(reason_phrase(299), "Unknown");
}

}  // namespace
}  // namespace portico::net
