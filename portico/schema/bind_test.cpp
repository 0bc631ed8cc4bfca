#include <gtest/gtest.h>

#include "portico/schema/sample.h"

namespace portico::schema {
namespace {

using sample::Channel;
using sample::Everything;
using sample::Item;

struct Search {
  Id<Search> id;
  std::optional<Text<2, 20>> text;
  std::optional<Int<1, 100>> limit;
  std::optional<bool> active;
  std::optional<Money> price_max;
  std::optional<Time> after;
  std::optional<Date> day;
  std::optional<Channel> channel;
  std::optional<Email> email;
  List<Channel, 0, 3> channels;
  std::optional<List<int, 1, 2>> numbers;
  Nullable<Json> extra;
  std::optional<Item> item;
  List<List<int, 0, 2>, 0, 2> rows;
};
PORTICO_DESCRIBE(Search, id, text, limit, active, price_max, after, day, channel, email, channels, numbers,
                 extra, item, rows)
PORTICO_ALIASES(Search, {"q", "text"}, {"size", "limit"})

using Parameters = std::vector<Parameter>;

Violations bind(Search& search, const Parameters& parameters, const char* body = nullptr,
                ReadLimits limits = {}) {
  std::string_view json = body ? body : "";
  return schema::bind(type_of<Search>(), &search, parameters, body ? &json : nullptr, limits);
}

Violations bind(const Parameters& parameters, const char* body = nullptr, ReadLimits limits = {}) {
  Search search;
  return bind(search, parameters, body, limits);
}

const Parameter id{"id", "s-1"}, extra{"extra", "null"};

TEST(Bind, FillsEveryKindFromText) {
  Search search;
  EXPECT_EQ(bind(search, {id,
                          {"q", "täst, too"},
                          {"size", "1e2"},
                          {"active", "false"},
                          {"priceMax", "19.90"},
                          {"after", "2026-11-21T13:16:00Z"},
                          {"day", "2026-11-21"},
                          {"channel", "push"},
                          {"email", "A@B.org"},
                          {"channels", "sms,mail"},
                          {"numbers", "4"},
                          {"numbers", "5"},
                          {"extra", "{\"a\": [1, 2]}"},
                          {"unknown", "\xFF"}}),
            Violations{});
  EXPECT_EQ(search.id.value, "s-1");
  EXPECT_EQ(search.text, "täst, too");  // commas part only lists
  EXPECT_EQ(search.limit->value, 100);
  EXPECT_EQ(search.active, false);
  EXPECT_EQ(search.price_max, Money{1990});
  EXPECT_EQ(search.day, parse_date("2026-11-21"));
  EXPECT_EQ(search.channel, Channel::push);
  EXPECT_EQ(search.email, "a@b.org");
  EXPECT_EQ(search.channels, (std::vector{Channel::sms, Channel::email}));
  EXPECT_EQ(search.numbers, (std::vector{4, 5}));
  EXPECT_EQ(search.extra->text, R"({"a":[1,2]})");
}

TEST(Bind, TakesListsInBothForms) {
  Search search;
  EXPECT_EQ(bind(search, {id, extra, {"channels", ""}}), Violations{});
  EXPECT_TRUE(search.channels.empty());
  EXPECT_EQ(bind({id, extra, {"channels", "sms,sms,sms"}}), Violations{});
  EXPECT_EQ(bind({id, extra, {"channels", "sms,sms,sms,fax,fax"}}),
            (Violations{{"/channels", "must be at most 3 items"}}));
  EXPECT_EQ(bind({id, extra, {"channels", "sms"}, {"channels", "sms,push"}}),
            (Violations{{"/channels/1", "must be one of: email, sms, push"}}));
  EXPECT_EQ(bind({id, extra, {"numbers", ""}}), (Violations{{"/numbers", "must be at least 1 item"}}));
  EXPECT_EQ(bind({id, extra, {"numbers", "1,,"}}),
            (Violations{{"/numbers/1", "must be a whole number"}, {"/numbers", "must be at most 2 items"}}));
}

TEST(Bind, SaysWhatIsWrongWithText) {
  struct Case {
    std::string name, text, message;
  };
  const Case cases[] = {
      {"text", "a", "must be at least 2 characters"},
      {"q", "", "must be at least 2 characters"},
      {"text", "\xFF\xFF", "must be valid UTF-8"},
      {"text", std::string("a\0b", 3), "must not contain the character U+0000"},
      {"limit", "0", "must be at least 1"},
      {"limit", "101", "must be at most 100"},
      {"limit", "", "must be a whole number"},
      {"limit", "1.5", "must be a whole number"},
      {"limit", "+1", "must be a whole number"},
      {"limit", " 1", "must be a whole number"},
      {"limit", "0x1", "must be a whole number"},
      {"active", "1", "must be true or false"},
      {"active", "TRUE", "must be true or false"},
      {"priceMax", "1.999", "must be a number with at most 2 decimals"},
      {"priceMax", "abc", "must be a number with at most 2 decimals"},
      {"after", "yesterday", "must be a date-time such as 2026-11-21T13:16:00Z"},
      {"day", "2026-02-30", "must be a date such as 2026-11-21"},
      {"channel", "fax", "must be one of: email, sms, push"},
      {"email", "ann", "must be an e-mail address"},
      {"item", "{}", "must be given in the body"},
  };
  for (const Case& test : cases)
    EXPECT_EQ(bind({id, extra, {test.name, test.text}}), (Violations{{"/" + test.name, test.message}}))
        << test.text;
  EXPECT_EQ(bind({id, extra, {"rows", "1"}}), (Violations{{"/rows/0", "must be given in the body"}}));
  EXPECT_EQ(bind({id, {"extra", "{\"a\""}}), (Violations{{"/extra", "must be JSON"}}));
  EXPECT_EQ(bind({id, {"extra", "1 2"}}), (Violations{{"/extra", "must be JSON"}}));
  EXPECT_EQ(bind({id, {"extra", "[[[]]]"}}, nullptr, {.depth_max = 2}),
            (Violations{{"/extra", "must be JSON"}}));
}

TEST(Bind, RefusesWhatIsGivenTwice) {
  EXPECT_EQ(bind({id, extra, id}), (Violations{{"/id", "is given more than once"}}));
  EXPECT_EQ(bind({id, extra, {"q", "ab"}, {"text", "cd"}}),
            (Violations{{"/text", "is given more than once"}}));
}

TEST(Bind, ParametersWinOverTheBody) {
  Search search;
  EXPECT_EQ(bind(search, {id}, R"({"id":"other","text":"from body","extra":1})"), Violations{});
  EXPECT_EQ(search.id.value, "s-1");
  EXPECT_EQ(search.text, "from body");
  // What does not count is not judged, but it is still JSON.
  EXPECT_EQ(bind({id}, R"({"id":17,"extra":1})"), Violations{});
  EXPECT_EQ(bind({id}, R"({"id":17,"id":18,"extra":1})"), Violations{});
  EXPECT_EQ(bind({id}, R"({"id":tru,"extra":1})"),
            (Violations{{"", "malformed JSON at byte 6: expected a value"}}));
}

TEST(Bind, JudgesBothTogether) {
  EXPECT_EQ(bind({}), (Violations{{"/id", "is required"}, {"/extra", "is required"}}));
  EXPECT_EQ(bind({{"limit", "0"}}, R"({"extra":1,"day":1,"id":""})"),
            (Violations{{"/limit", "must be at least 1"},
                        {"/day", "must be a string"},
                        {"/id", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -, not only dots"}}));
  EXPECT_EQ(bind({{"limit", "0"}}, R"({"day":1,)"),
            (Violations{{"/limit", "must be at least 1"}, {"", "malformed JSON at byte 9: unexpected end"}}));
  EXPECT_EQ(bind({id}, "[]"), (Violations{{"", "must be an object"}}));
  EXPECT_EQ(bind({id}, "null"), (Violations{{"", "must be an object"}}));
  EXPECT_EQ(bind({id, extra}, ""), Violations{});
  EXPECT_EQ(bind({id, extra}, " ").size(), 1u);
  EXPECT_EQ(bind({id, extra, {"limit", "0"}, {"q", ""}}, "{", {.violations_max = 1}).back(),
            (Violation{"", "has 1 more violation"}));
}

}  // namespace
}  // namespace portico::schema
