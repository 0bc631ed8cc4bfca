#include <gtest/gtest.h>

#include "portico/schema/sample.h"

namespace portico::schema {

void PrintTo(const std::vector<Violation>& violations, std::ostream* out) {
  for (const Violation& violation : violations)
    *out << violation.pointer << ": " << violation.message << "\n";
}

namespace {

using sample::Channel;
using sample::Everything;

// A document that is right, with one member replaced, left out (value empty) or added.
std::string document(std::string_view name = {}, std::string_view value = {}) {
  std::vector<std::pair<std::string_view, std::string_view>> members = {
      {"active", "true"},
      {"number", "1"},
      {"large", "2"},
      {"bounded", "3"},
      {"channel", R"("sms")"},
      {"plain", R"("")"},
      {"title", R"("abc")"},
      {"password", R"("12345678")"},
      {"email", R"("ann@example.org")"},
      {"id", R"("e-1")"},
      {"price", "999.99"},
      {"at", R"("2026-11-21T13:16:00Z")"},
      {"born", R"("1990-05-15")"},
      {"extra", "{}"},
      {"numbers", "[]"},
      {"items", R"([{"productId":"p","quantity":1}])"},
      {"item", R"({"productId":"p","quantity":1})"},
      {"ended", "null"},
      {"last", "null"},
      {"flags", "[]"}};
  std::string out;
  bool known = false;
  auto add = [&](std::string_view key, std::string_view json) {
    if (!json.empty()) ((((out += out.empty() ? "{\"" : ",\"") += key) += "\":") += json);
  };
  for (const auto& [key, json] : members) {
    add(key, key == name ? value : json);
    known |= key == name;
  }
  if (!known) add(name, value);
  return out + "}";
}

Violations read(std::string_view json, ReadLimits limits = {}) {
  auto value = from_json<Everything>(json, limits);
  return value ? Violations{} : value.error();
}

struct Case {
  std::string name, value, pointer, message;
};

TEST(Read, AcceptsTheDocumentTheCasesStartFrom) { EXPECT_EQ(read(document()), Violations{}); }

// Each value alone in a document that is right otherwise.
const Case wrong_values[] = {
    // wrong types
    {"active", "1", "/active", "must be true or false"},
    {"active", "\"true\"", "/active", "must be true or false"},
    {"active", "null", "/active", "must be true or false"},
    {"number", "\"1\"", "/number", "must be a whole number"},
    {"number", "null", "/number", "must be a whole number"},
    {"number", "true", "/number", "must be a whole number"},
    {"number", "[1]", "/number", "must be a whole number"},
    {"title", "17", "/title", "must be a string"},
    {"title", "null", "/title", "must be a string"},
    {"title", R"({"deep":[{"er":1}]})", "/title", "must be a string"},
    {"password", "12345678", "/password", "must be a string"},
    {"email", "{}", "/email", "must be a string"},
    {"id", "5", "/id", "must be a string"},
    {"channel", "0", "/channel", "must be a string"},
    {"at", "0", "/at", "must be a string"},
    {"born", "false", "/born", "must be a string"},
    {"price", "\"999.99\"", "/price", "must be a number with at most 2 decimals"},
    {"numbers", "{}", "/numbers", "must be a list"},
    {"tags", "null", "/tags", "must be a list"},
    {"item", "[]", "/item", "must be an object"},
    {"item", "null", "/item", "must be an object"},
    {"note", "1", "/note", "must be a string"},
    {"spare", "1", "/spare", "must be an object"},
    {"ended", "1", "/ended", "must be a string"},
    {"flags", "[true,1]", "/flags/1", "must be true or false"},
    // missing
    {"active", "", "/active", "is required"},
    {"items", "", "/items", "is required"},
    {"ended", "", "/ended", "is required"},
    {"item", "{\"quantity\":1}", "/item/productId", "is required"},
    {"items", R"([{"productId":"p"}])", "/items/0/quantity", "is required"},
    // numbers, exactly
    {"number", "1.5", "/number", "must be a whole number"},
    {"number", "15e-1", "/number", "must be a whole number"},
    {"number", "1e-400", "/number", "must be a whole number"},
    {"number", "2147483648", "/number", "must be at most 2147483647"},
    {"number", "-2147483649", "/number", "must be at least -2147483648"},
    {"number", "1e99999999999999999999", "/number", "must be at most 2147483647"},
    {"number", "-1e99999999999999999999", "/number", "must be at least -2147483648"},
    {"large", "9223372036854775808", "/large", "must be at most 9223372036854775807"},
    {"large", "-9223372036854775809", "/large", "must be at least -9223372036854775808"},
    {"large", "99999999999999999999999999999999", "/large", "must be at most 9223372036854775807"},
    {"bounded", "1001", "/bounded", "must be at most 1000"},
    {"bounded", "-11", "/bounded", "must be at least -10"},
    {"price", "1.001", "/price", "must be a number with at most 2 decimals"},
    {"price", "1e-3", "/price", "must be a number with at most 2 decimals"},
    {"price", "10000000000", "/price", "must be at most 9999999999.99"},
    {"price", "-1e30", "/price", "must be at least -9999999999.99"},
    // texts
    {"title", "\"a\"", "/title", "must be at least 2 characters"},
    {"title", "\"abcdef\"", "/title", "must be at most 5 characters"},
    {"title", R"("\u00e9bcdef")", "/title", "must be at most 5 characters"},
    {"title", R"("a\u0000b")", "/title", "must not contain the character U+0000"},
    {"email", R"("a\u0000@b.de")", "/email", "must not contain the character U+0000"},
    {"password", "\"1234567\"", "/password", "must be at least 8 characters"},
    {"note", "\"\"", "/note", "must be at least 1 character"},
    {"tree", R"({"label":""})", "/tree/label", "must be at least 1 character"},
    {"id", "\"\"", "/id", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -, not only dots"},
    {"id", "\"a b\"", "/id", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -, not only dots"},
    {"id", "\"a/b\"", "/id", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -, not only dots"},
    {"id", "\"..\"", "/id", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -, not only dots"},
    {"id", "\"é\"", "/id", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -, not only dots"},
    {"channel", "\"fax\"", "/channel", "must be one of: email, sms, push"},
    {"channel", "\"SMS\"", "/channel", "must be one of: email, sms, push"},
    {"at", "\"2026-11-21\"", "/at", "must be a date-time such as 2026-11-21T13:16:00Z"},
    {"at", "\"0000-01-01T00:00:00+01:00\"", "/at", "must be within the years 0000 to 9999"},
    {"at", "\"9999-12-31T23:59:59-01:00\"", "/at", "must be within the years 0000 to 9999"},
    {"born", "\"2023-02-29\"", "/born", "must be a date such as 2026-11-21"},
    {"extra", R"({"a":"\u0000"})", "/extra", "must not contain the character U+0000"},
    {"extra", R"({"a\u0000":1})", "/extra", "must not contain the character U+0000"},
    {"extra", R"([{"a":1,"\u0061":2}])", "/extra", "names a member more than once"},
    // lists
    {"items", "[]", "/items", "must be at least 1 item"},
    {"items", R"([{"productId":"p","quantity":1},{"productId":"p","quantity":1},7])", "/items",
     "must be at most 2 items"},
    {"tags", R"(["a","b","c","d"])", "/tags", "must be at most 3 items"},
    {"tags", R"(["a","","c"])", "/tags/1", "must be at least 1 character"},
    {"items", "[3]", "/items/0", "must be an object"},
    {"numbers", "[1,2.5]", "/numbers/1", "must be a whole number"},
    {"tree", R"({"children":[{"children":[{"label":5}]}]})", "/tree/children/0/children/0/label",
     "must be a string"},
    // names
    {"name", "\"abc\"", "/name", "is given more than once"},  // the alias of title, beside it
    {"cost", "1", "/cost", "is given more than once"},
    {"\\u0069d", "\"x\"", "/id", "is given more than once"},  // id, escaped
    {"item", R"({"productId":"p","quantity":1,"quantity":1})", "/item/quantity", "is given more than once"},
    {"item", R"({"productId":"p","quantity":1,"x":1,"y":2,"x":3})", "/item", "names a member more than once"},
    {"unknown", R"({"a":[{"b":1,"b":1}]})", "/unknown", "names a member more than once"},
};

TEST(Read, SaysWhatIsWrongAndWhere) {
  for (const Case& test : wrong_values) {
    Violations expected{{test.pointer, test.message}};
    if (test.name == "unknown") expected[0].pointer = "";  // names of strangers are not repeated
    EXPECT_EQ(read(document(test.name, test.value)), expected) << test.name << " = " << test.value;
  }
}

const Case right_values[] = {
    {"number", "2147483647"},
    {"number", "-2147483648"},
    {"number", "1.0"},
    {"number", "1e2"},
    {"number", "1.5e1"},
    {"number", "100e-2"},
    {"number", "-0"},
    {"number", "0e99999999999999999999"},
    {"number", "0.000"},
    {"number", "0.00001e5"},
    {"large", "9223372036854775807"},
    {"large", "-9223372036854775808"},
    {"large", "9223372036854775807.0"},
    {"large", "922337203685477580.7e1"},
    {"bounded", "1000"},
    {"bounded", "-10"},
    {"bounded", "1e3"},
    {"price", "9999999999.99"},
    {"price", "-9999999999.99"},
    {"price", "1.000000000000000000000000000000000000000000000000000000000000000000000000000"},
    {"title", "\"ab\""},
    {"title", "\"abcde\""},
    {"title", "\"😀😀😀😀😀\""},
    {"title", R"("\ud83d\ude00\ud83d\ude00abc")"},
    {"id", '"' + std::string(64, 'x') + '"'},
    {"id", "\"A.b_c:d-9\""},
    {"at", "\"0000-01-01T00:00:00Z\""},
    {"at", "\"9999-12-31T23:59:59.999Z\""},
    {"born", "\"0000-01-01\""},
    {"born", "\"9999-12-31\""},
    {"tags", "[\"a\",\"b\",\"c\"]"},
    {"items", R"([{"productId":"p","quantity":1},{"productId":"p","quantity":100}])"},
    {"note", "null"},
    {"spare", "null"},
    {"grade", "null"},
    {"unknown", R"({"a":[1,{"b":null}],"c":"\u0000"})"},
    {"channel", "\"mail\""},
    {"extra", "null"},
    {"extra", '"' + std::string(Json::bytes_max - 2, 'x') + '"'},
};

TEST(Read, AcceptsWhatStandsAtTheEdgeOfALimit) {
  for (const Case& test : right_values)
    EXPECT_EQ(read(document(test.name, test.value)), Violations{}) << test.name << " = " << test.value;
  EXPECT_EQ(read(document("extra", '"' + std::string(Json::bytes_max - 1, 'x') + '"')),
            (Violations{{"/extra", "must be at most 16384 bytes"}}));
  EXPECT_EQ(read(document("id", '"' + std::string(65, 'x') + '"')).size(), 1u);
}

TEST(Read, KeepsValuesExactly) {
  auto value = from_json<Everything>(R"({"extra":[ 1.50 , "a \" b" ],)" + document("name", "").substr(1));
  ASSERT_FALSE(value);  // extra stands there twice
  value = from_json<Everything>(document("extra", R"([ 1.50 , {"a b" :	"\" \\"} ])"));
  ASSERT_TRUE(value);
  EXPECT_EQ(value->extra.text, R"([1.50,{"a b":"\" \\"}])");
  EXPECT_EQ(value->price, Money{99999});
  EXPECT_EQ(value->channel, Channel::sms);
  value =
      from_json<Everything>(document("plain", R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00 é€😀")"));
  ASSERT_TRUE(value);
  EXPECT_EQ(value->plain, "\"\\/\b\f\n\r\tAé€😀 é€😀");
  value = from_json<Everything>(document("email", R"("Ann.Lee+X@Example.ORG")"));
  ASSERT_TRUE(value);
  EXPECT_EQ(value->email, "ann.lee+x@example.org");
  value = from_json<Everything>(document("grade", "null"));
  ASSERT_TRUE(value);
  EXPECT_TRUE(value->grade && !*value->grade);  // given as null, not left out
  value = from_json<Everything>(document("at", "\"2026-11-21T14:16:00.5+01:00\""));
  ASSERT_TRUE(value);
  EXPECT_EQ(to_string(value->at), "2026-11-21T13:16:00.500Z");
}

TEST(Read, ReportsEveryViolationAtOnce) {
  Violations violations =
      read(document("items", R"([{"quantity":101},3,{"productId":"","quantity":0.5}])") + "garbage");
  ASSERT_EQ(violations.size(), 1u);  // malformed input hides what was found before
  EXPECT_EQ(violations[0].pointer, "");
  violations = read(R"({"number":1.5,"items":[{"quantity":101},3],"title":"a","channel":"x"})");
  Violations first{{"/number", "must be a whole number"},
                   {"/items/0/quantity", "must be at most 100"},
                   {"/items/0/productId", "is required"},
                   {"/items/1", "must be an object"},
                   {"/title", "must be at least 2 characters"},
                   {"/channel", "must be one of: email, sms, push"},
                   {"/active", "is required"}};
  ASSERT_GT(violations.size(), first.size());
  EXPECT_EQ(Violations(violations.begin(), violations.begin() + long(first.size())), first);
}

TEST(Read, CountsTheViolationsBeyondTheLimit) {
  std::string list = "[1.5";
  for (int i = 1; i < 10; ++i) list += ",1.5";
  std::string json = document("numbers", list + "]");
  EXPECT_EQ(read(json, {.violations_max = 10}).size(), 10u);
  Violations violations = read(json, {.violations_max = 9});
  ASSERT_EQ(violations.size(), 10u);
  EXPECT_EQ(violations[8].pointer, "/numbers/8");
  EXPECT_EQ(violations[9], (Violation{"", "has 1 more violation"}));
  EXPECT_EQ(read(json, {.violations_max = 0}), (Violations{{"", "has 10 more violations"}}));
}

TEST(Read, NeverRepeatsValuesOfTheInput) {
  for (const char* name : {"number", "bounded", "channel", "title", "password", "email", "id", "price", "at",
                           "born", "extra", "numbers", "items", "item", "ended"})
    for (const char* value :
         {"\"hunter2hunter2hunter2\x01\"", "\"hunter2 \\u0000\"", "{\"hunter2\":1,\"hunter2\":1}",
          "[\"hunter2\"", "hunter2", "\"hunter2\xff\"", "\"hunter2\\x\""})
      for (const Violation& violation : read(document(name, value)))
        EXPECT_EQ((violation.pointer + violation.message).find("hunter2"), std::string::npos)
            << violation.message;
}

}  // namespace
}  // namespace portico::schema
