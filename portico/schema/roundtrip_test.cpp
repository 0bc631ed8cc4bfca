// Writing, validation, and that what is written reads back as it was.
#include <gtest/gtest.h>

#include <random>

#include "portico/schema/rules.h"
#include "portico/schema/sample.h"

namespace portico::schema {
namespace {

using namespace sample;

// Makes random values that keep the limits of their types.
class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}

  bool flag() { return number(0, 1); }
  int64_t number(int64_t min, int64_t max) {
    // Edges as often as what lies between.
    if (random_() % 4 == 0) return random_() % 2 ? min : max;
    return std::uniform_int_distribution<int64_t>(min, max)(random_);
  }
  std::string text(int64_t min, int64_t max) {
    std::string out;
    for (int64_t left = number(min, max); left > 0; --left) {
      const std::string_view odd[] = {"\"",   "\\", "/", "\n", "\x01",  "\x1F",
                                      "\x7F", "é",  "€", "😀", "\u2028"};
      if (random_() % 3 == 0)
        out += odd[random_() % std::size(odd)];
      else
        out += char(number(' ', '~'));
    }
    return out;
  }
  std::string id() {
    std::string out;
    for (int64_t left = number(0, 63); left > 0; --left) out += "abcXYZ0189._:-"[random_() % 14];
    out += "abcXYZ0189_:-"[random_() % 13];
    return out;
  }
  std::string email() { return std::string(size_t(number(1, 64)), 'x') + "@mail-7.example.org"; }
  Json json() {
    const char* texts[] = {"null", "[]", "{}", "-1.50e7", R"({"a b":[1,{"c":"\"\\ é"}]})", R"("\u0041")"};
    return {texts[random_() % std::size(texts)]};
  }
  Item item() { return {{id()}, number(1, 100)}; }
  Money money() { return {number(-Money::minor_max, Money::minor_max)}; }
  Time time() {
    return {number(detail::days_min * detail::day_ms, (detail::days_max + 1) * detail::day_ms - 1)};
  }
  Node node(int levels) {
    Node node;
    if (flag()) node.label = text(1, 8);
    for (int64_t left = levels ? number(0, 4) : 0; left > 0; --left)
      node.children.push_back(node_below(levels));
    return node;
  }
  Everything everything() {
    Everything e;
    e.active = flag();
    e.number = int(number(INT32_MIN, INT32_MAX));
    e.large = number(INT64_MIN, INT64_MAX);
    e.bounded = number(-10, 1000);
    e.channel = Channel(number(0, 2));
    e.plain = text(0, 100);
    e.title = text(2, 5);
    e.password = text(8, 72);
    e.email = email();
    e.id = {id()};
    e.price = money();
    e.at = time();
    e.born = {int32_t(number(detail::days_min, detail::days_max))};
    e.extra = json();
    for (int64_t left = number(0, 5); left > 0; --left) e.numbers.push_back(number(INT64_MIN, INT64_MAX));
    for (int64_t left = number(0, 3); left > 0; --left) e.tags.push_back(text(1, 40));
    for (int64_t left = number(1, 2); left > 0; --left) e.items.push_back(item());
    e.item = item();
    if (flag()) e.note = text(1, 10);
    if (flag()) e.discount = money();
    if (flag()) e.spare = item();
    if (flag()) e.ended = time();
    if (flag()) e.last = item();
    if (flag()) e.grade = flag() ? Nullable<Int<0, 9>>(number(0, 9)) : Nullable<Int<0, 9>>();
    if (flag()) e.tree = node(3);
    for (int64_t left = number(0, 3); left > 0; --left)
      e.flags.push_back(flag() ? Nullable<bool>(flag()) : Nullable<bool>());
    return e;
  }

 private:
  Node node_below(int levels) { return node(levels - 1); }
  std::mt19937_64 random_;
};

TEST(RoundTrip, WhatIsWrittenReadsBack) {
  uint64_t seed = seed_of_run();
  SCOPED_TRACE("PORTICO_TEST_SEED=" + std::to_string(seed));
  Maker make(seed);
  for (int round = 0; round < 2000; ++round) {
    Everything value = make.everything();
    ASSERT_EQ(validate(type_of<Everything>(), &value), Violations{});
    std::string json = to_json(value);
    auto back = from_json<Everything>(json);
    ASSERT_TRUE(back) << json << "\n" << testing::PrintToString(back.error());
    ASSERT_TRUE(*back == value) << json << "\n" << to_json(*back);
    ASSERT_EQ(to_json(*back), json);
  }
}

TEST(Write, IsCompactAndExact) {
  Everything value;
  value.plain = "\"\\\b\f\n\r\t\x01 \x7F é";
  value.price = {-5};
  value.at = parse_time("1969-12-31T23:59:59.999Z").value();
  value.born = parse_date("0000-01-01").value();
  value.extra = {R"({"a":[1]})"};
  value.note = "";
  value.grade.emplace();
  value.flags = {true, {}};
  EXPECT_EQ(to_json(value),
            R"({"active":false,"number":0,"large":0,"bounded":0,"channel":"email","plain":)"
            "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001 \x7F é\""
            R"(,"title":"","password":"","email":"","id":"","price":-0.05,"at":"1969-12-31T23:59:59.999Z",)"
            R"("born":"0000-01-01","extra":{"a":[1]},"numbers":[],"tags":[],"items":[],)"
            R"("item":{"productId":"","quantity":1},"note":"","ended":null,"last":null,"grade":null,)"
            R"("flags":[true,null]})");
  EXPECT_EQ(to_json(Node{}), R"({"children":[]})");
  EXPECT_EQ(to_json(std::optional<int>{}), "null");
  EXPECT_EQ(to_json(std::vector<std::optional<int>>{1, {}}), "[1,null]");
  EXPECT_EQ(to_json(Json{""}), "null");
  EXPECT_EQ(to_json(Money{100}), "1.00");
  EXPECT_EQ(to_json(Money{INT64_MIN}), "-92233720368547758.08");
  EXPECT_EQ(to_json(INT64_MIN), "-9223372036854775808");
}

TEST(Write, ReplacesWhatIsNotUtf8) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"\xFF", "\"\xEF\xBF\xBD\""},
      {"a\xC3", "\"a\xEF\xBF\xBD\""},
      {"\xED\xA0\x80!", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD!\""},
      {"12345678\x80\n", "\"12345678\xEF\xBF\xBD\\n\""},
  };
  for (const auto& [text, json] : cases) {
    std::string out;
    write_json_text(out, text);
    EXPECT_EQ(out, json);
  }
}

TEST(Write, TextsOfEveryLengthAndPlace) {
  // The fast path takes eight bytes at once: each place of each odd byte must be seen.
  for (size_t length = 0; length < 20; ++length)
    for (size_t place = 0; place < length; ++place)
      for (char odd : {'"', '\\', '\n', '\x1F', ' ', '!', '#', '[', ']', '\x7F'}) {
        std::string text(length, 'x');
        text[place] = odd;
        EXPECT_EQ(from_json<std::string>(to_json(text)).value(), text);
        text.replace(place, 1, "é");
        EXPECT_EQ(from_json<std::string>(to_json(text)).value(), text);
      }
}

TEST(Validate, FindsWhatCodeDidWrong) {
  Maker make(1);
  Everything value = make.everything();
  value.bounded = 1001;
  value.channel = Channel(3);
  value.title = "x";
  value.password = "123456\xFF";
  value.email = "a b@c.de";
  value.id = {};
  value.price = {Money::minor_max + 1};
  value.at = {INT64_MAX};
  value.born = {INT32_MIN};
  value.extra = {"{\"a\":1,}"};
  value.tags = {"a", std::string("\0", 1), "c", ""};
  value.items.clear();
  value.item.quantity = 0;
  value.note = std::string(11, 'x');
  value.ended = Time{INT64_MIN};
  value.last = Item{{"a/b"}, 1};
  value.tree = Node{{}, {Node{"123456789", {}}}};
  Violations expected{
      {"/bounded", "must be at most 1000"},
      {"/channel", "must be one of: email, sms, push"},
      {"/title", "must be at least 2 characters"},
      {"/password", "must be valid UTF-8"},
      {"/email", "must be an e-mail address"},
      {"/id", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -, not only dots"},
      {"/price", "must be at most 9999999999.99"},
      {"/at", "must be within the years 0000 to 9999"},
      {"/born", "must be within the years 0000 to 9999"},
      {"/extra", "must be JSON"},
      {"/tags", "must be at most 3 items"},
      {"/tags/1", "must not contain the character U+0000"},
      {"/tags/3", "must be at least 1 character"},
      {"/items", "must be at least 1 item"},
      {"/item/quantity", "must be at least 1"},
      {"/note", "must be at most 10 characters"},
      {"/ended", "must be within the years 0000 to 9999"},
      {"/last/productId", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -, not only dots"},
      {"/tree/children/0/label", "must be at most 8 characters"}};
  EXPECT_EQ(validate(type_of<Everything>(), &value), expected);
  std::vector<Int<0, 1>> many(200, 2);
  EXPECT_EQ(validate(type_of<std::vector<Int<0, 1>>>(), &many).size(), 101u);
}

TEST(Email, IsJudgedAsMailServersDo) {
  std::string local(64, 'a'), label(63, 'b');
  for (const std::string& good :
       {std::string("a@b.de"), std::string("ann.lee+shop_1@mail.example.co.uk"),
        std::string("!#$%&'*/=?^`{|}~-@x-y.org"), local + "@b.de", "a@" + label + ".de",
        std::string("a@1.2.x3"), std::string("a@xn--bcher-kva.example")})
    EXPECT_TRUE(detail::is_email(good)) << good;
  for (const std::string& bad : {std::string(""),
                                 std::string("@"),
                                 std::string("a@"),
                                 std::string("@b.de"),
                                 std::string("a.b.de"),
                                 std::string("a@b"),
                                 std::string("a@@b.de"),
                                 std::string("a@b@c.de"),
                                 std::string("a b@c.de"),
                                 std::string(" a@b.de"),
                                 std::string("a@b.de "),
                                 std::string("a@b.de\n"),
                                 std::string("a@b..de"),
                                 std::string("a@.de"),
                                 std::string("a@b.de."),
                                 std::string(".a@b.de"),
                                 std::string("a.@b.de"),
                                 std::string("a..b@c.de"),
                                 std::string("a@-b.de"),
                                 std::string("a@b-.de"),
                                 std::string("a@b_c.de"),
                                 std::string("a@127.0.0.1"),
                                 std::string("a@[127.0.0.1]"),
                                 std::string("\"a b\"@c.de"),
                                 std::string("é@b.de"),
                                 std::string("a@é.de"),
                                 std::string("a<b@c.de"),
                                 std::string("a,b@c.de"),
                                 local + "a@b.de",
                                 "a@" + label + "b.de",
                                 "a@" + label + '.' + label + '.' + label + '.' + label + ".de"})
    EXPECT_FALSE(detail::is_email(bad)) << bad;
  std::string longest = local + '@' + label + '.' + label + '.' + std::string(58, 'c') + ".de";
  ASSERT_EQ(longest.size(), 254u);
  EXPECT_TRUE(detail::is_email(longest));
  longest.insert(130, "d");
  EXPECT_FALSE(detail::is_email(longest));
}

}  // namespace
}  // namespace portico::schema
