// What is JSON and what is not, by a table and by comparison with another parser.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <random>

#include "portico/base/money.h"
#include "portico/schema/number.h"
#include "portico/schema/sample.h"
#include "portico/schema/scan.h"

namespace portico::schema {
namespace {

// Reads any JSON: a Json member has no type that could be wrong.
Violations read_any(std::string_view json, ReadLimits limits = {}) {
  auto value = from_json<Json>(json, limits);
  return value ? Violations{} : value.error();
}

bool is_json(std::string_view json) {
  detail::Scanner scan(json, detail::Scanner::levels_max);
  detail::Skipped skipped;
  return scan.skip_value(skipped) && scan.finish();
}

std::string nested(size_t levels, bool objects = false) {
  std::string json;
  for (size_t i = 0; i < levels; ++i) json += objects ? "{\"a\":" : "[";
  json += '1';
  for (size_t i = 0; i < levels; ++i) json += objects ? '}' : ']';
  return json;
}

const std::pair<std::string, std::string> broken[] = {
    {"", "malformed JSON at byte 0: unexpected end"},
    {"  ", "malformed JSON at byte 2: unexpected end"},
    {"{", "malformed JSON at byte 1: unexpected end"},
    {"{\"a\"", "malformed JSON at byte 4: unexpected end"},
    {"{\"a\":", "malformed JSON at byte 5: unexpected end"},
    {"{\"a\":1", "malformed JSON at byte 6: unexpected end"},
    {"{\"a\":1,", "malformed JSON at byte 7: unexpected end"},
    {"{\"a\":1,}", "malformed JSON at byte 7: expected a member name"},
    {"{\"a\" 1}", "malformed JSON at byte 5: expected ':'"},
    {"{\"a\":1 \"b\":2}", "malformed JSON at byte 7: expected ',' or '}'"},
    {"{a:1}", "malformed JSON at byte 1: expected a member name"},
    {"{'a':1}", "malformed JSON at byte 1: expected a member name"},
    {"{,}", "malformed JSON at byte 1: expected a member name"},
    {"[1,]", "malformed JSON at byte 3: expected a value"},
    {"[,1]", "malformed JSON at byte 1: expected a value"},
    {"[1 2]", "malformed JSON at byte 3: expected ',' or ']'"},
    {"[1}", "malformed JSON at byte 2: expected ',' or ']'"},
    {"]", "malformed JSON at byte 0: expected a value"},
    {"[1]]", "malformed JSON at byte 3: expected the end"},
    {"1 2", "malformed JSON at byte 2: expected the end"},
    {"nul", "malformed JSON at byte 0: expected a value"},
    {"True", "malformed JSON at byte 0: expected a value"},
    {"NaN", "malformed JSON at byte 0: expected a value"},
    {"truefalse", "malformed JSON at byte 4: expected the end"},
    {"01", "malformed JSON at byte 1: expected the end"},
    {"+1", "malformed JSON at byte 0: expected a value"},
    {"-", "malformed JSON at byte 0: expected a value"},
    {".5", "malformed JSON at byte 0: expected a value"},
    {"1.", "malformed JSON at byte 0: expected a value"},
    {"1e", "malformed JSON at byte 0: expected a value"},
    {"1e+", "malformed JSON at byte 0: expected a value"},
    {"0x1", "malformed JSON at byte 1: expected the end"},
    {"\xEF\xBB\xBF{}", "malformed JSON at byte 0: expected a value"},
    {"/* */1", "malformed JSON at byte 0: expected a value"},
    {"1//", "malformed JSON at byte 1: expected the end"},
    {"\"a", "malformed JSON at byte 2: unexpected end"},
    {"\"a\\", "malformed JSON at byte 3: unexpected end"},
    {"\"a\nb\"", "malformed JSON at byte 2: control character in a string"},
    {std::string("\"a\0b\"", 5), "malformed JSON at byte 2: control character in a string"},
    {std::string("1\0", 2), "malformed JSON at byte 1: expected the end"},
    {R"("\x41")", "malformed JSON at byte 2: unknown escape"},
    {R"("\u12")", "malformed JSON at byte 5: expected four hexadecimal digits"},
    {R"("\u12g4")", "malformed JSON at byte 5: expected four hexadecimal digits"},
    {R"("\ud800")", "malformed JSON at byte 7: lone surrogate"},
    {R"("\ud800\n")", "malformed JSON at byte 7: lone surrogate"},
    {R"("\ud800\u0041")", "malformed JSON at byte 13: lone surrogate"},
    {R"("\udc00")", "malformed JSON at byte 7: lone surrogate"},
    {"\"\x80\"", "malformed JSON at byte 1: invalid UTF-8"},
    {"\"\xC0\x80\"", "malformed JSON at byte 1: invalid UTF-8"},          // overlong NUL
    {"\"\xC1\xBF\"", "malformed JSON at byte 1: invalid UTF-8"},          // overlong
    {"\"\xE0\x9F\xBF\"", "malformed JSON at byte 1: invalid UTF-8"},      // overlong
    {"\"\xF0\x8F\xBF\xBF\"", "malformed JSON at byte 1: invalid UTF-8"},  // overlong
    {"\"\xED\xA0\x80\"", "malformed JSON at byte 1: invalid UTF-8"},      // surrogate
    {"\"\xF4\x90\x80\x80\"", "malformed JSON at byte 1: invalid UTF-8"},  // above U+10FFFF
    {"\"\xF5\x80\x80\x80\"", "malformed JSON at byte 1: invalid UTF-8"},
    {"\"\xC3\"", "malformed JSON at byte 1: invalid UTF-8"},
    {"\"\xE2\x82\"", "malformed JSON at byte 1: invalid UTF-8"},
    {"\"12345678\xFF\"", "malformed JSON at byte 9: invalid UTF-8"},
    {"{\"\xFF\":1}", "malformed JSON at byte 2: invalid UTF-8"},
};

TEST(Syntax, SaysWhereItIsBroken) {
  for (const auto& [json, message] : broken) EXPECT_EQ(read_any(json), (Violations{{"", message}})) << json;
}

TEST(Syntax, AcceptsEveryFormOfAValue) {
  for (const char* json :
       {"0", "-0", "-0.0e-0", "1E+9", "123.456e7", "true", " null\r\n\t", "\"\"", "[]", "{}", "[ ]", "{ }",
        "[[],{}]", R"({"":{"":[]}})", "\"\x7F\"", "\"\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\"",
        "\"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\"", R"("\ud83d\ude00\u0001\/")", "{\"a\":1,\"A\":2}"})
    EXPECT_EQ(read_any(json), Violations{}) << json;
}

TEST(Syntax, EndsAtTheLimitsOfDepthAndSize) {
  for (bool objects : {false, true}) {
    EXPECT_EQ(read_any(nested(32, objects)), Violations{});
    EXPECT_EQ(read_any(nested(33, objects)), (Violations{{"", "must not be nested deeper than 32 levels"}}));
  }
  EXPECT_EQ(read_any("5", {.depth_max = 0}), Violations{});
  EXPECT_EQ(read_any("[]", {.depth_max = 0}).size(), 1u);
  EXPECT_EQ(read_any(nested(512), {.depth_max = 100'000}), Violations{});
  EXPECT_EQ(read_any(std::string(100'000, '['), {.depth_max = 100'000}),
            (Violations{{"", "must not be nested deeper than 512 levels"}}));
  EXPECT_EQ(read_any(std::string(64, ' ') + "1", {.bytes_max = 65}), Violations{});
  EXPECT_EQ(read_any(std::string(65, ' ') + "1", {.bytes_max = 65}),
            (Violations{{"", "must be at most 65 bytes"}}));
  // Structs that hold themselves, and what is skipped, count as well.
  std::string tree = R"({"children":[])";
  for (int i = 0; i < 15; ++i) tree = R"({"children":[)" + tree + "}]";
  EXPECT_EQ(from_json<sample::Node>(tree + "}").has_value(), true);
  EXPECT_FALSE(from_json<sample::Node>(R"({"children":[)" + tree + "}]}"));
  EXPECT_TRUE(from_json<sample::Node>("{\"x\":" + nested(31) + "}"));
  EXPECT_FALSE(from_json<sample::Node>("{\"x\":" + nested(32) + "}"));
}

TEST(Syntax, FindsRepeatedNamesAmongMany) {
  std::string json = "{\"n0\":0";
  for (int i = 1; i < 20'000; ++i) json += ",\"n" + std::to_string(i) + "\":0";
  EXPECT_TRUE(from_json<sample::Node>(json + "}"));
  EXPECT_FALSE(from_json<sample::Node>(json + ",\"\\u006e7\":0}"));
}

TEST(Number, IsReadFromItsDigits) {
  using detail::NumberFault;
  std::mt19937_64 random(17);
  for (int i = 0; i < 20'000; ++i) {
    auto value = int64_t(random()) >> (random() % 64);
    std::string text = std::to_string(value);
    size_t zeros = random() % 30;
    if (i % 3 == 1) text += '.' + std::string(zeros + 1, '0');
    if (i % 3 == 2) text += std::string(zeros, '0') + "e-" + std::to_string(zeros);
    int64_t read = 0;
    ASSERT_EQ(detail::to_scaled(text, 0, read), NumberFault::none) << text;
    ASSERT_EQ(read, value) << text;
    Money money{value % Money::minor_max};
    ASSERT_EQ(detail::to_scaled(to_string(money), 2, read), NumberFault::none);
    ASSERT_EQ(read, money.minor);
  }
  int64_t kept = 5;
  EXPECT_EQ(detail::to_scaled("0.1", 0, kept), NumberFault::fraction);
  EXPECT_EQ(detail::to_scaled("1" + std::string(1000, '0') + "e-1000", 0, kept), NumberFault::none);
  EXPECT_EQ(kept, 1);
  EXPECT_EQ(detail::to_scaled("10000000000000000000", 0, kept), NumberFault::too_high);
  EXPECT_EQ(detail::to_scaled("-10000000000000000000", 0, kept), NumberFault::too_low);
  EXPECT_EQ(kept, 1);
}

// Whether the other parser takes it. It stops at exponents and numbers that it cannot hold, which are JSON.
bool other_accepts(const std::string& json, bool& undecided) {
  boost::json::error_code failure;
  boost::json::parse_options options;
  options.max_depth = detail::Scanner::levels_max;
  boost::json::parse(json, failure, {}, options);
  undecided = failure == boost::json::error::exponent_overflow;
  return !failure;
}

const std::string whole[] = {
    R"({"active":true,"number":-12,"list":[1.5e3,-0.25E-2,0],"text":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"})",
    R"([[],{},"",null,false,{"a":{"b":[{"c":"é€😀"}]}}, 1e10 , 100000000000000000000 ])",
    "{\r\n\t\"k\" : \"\xF4\x8F\xBF\xBF\xED\x9F\xBF\xEE\x80\x80\" , \"\\u0000\" : [ 0.0 ]\n}",
};
const std::string pieces[] = {"\"",       "\\",
                              "\\u",      "\\ud800",
                              "\\udc00",  "{",
                              "}",        "[",
                              "]",        ",",
                              ":",        "0",
                              "-",        "+",
                              ".",        "e",
                              "E1",       "true",
                              "null",     " ",
                              "\n",       "\x7F",
                              "\x80",     "\xC2",
                              "\xE0\x80", "\xED\xA0\x80",
                              "\xF0\x9F", std::string(1, '\0'),
                              "\x1F"};

// A few pieces put in, cut out, overwritten or doubled.
std::string mutate(std::string json, std::mt19937_64& random) {
  for (size_t changes = 1 + random() % 3; changes > 0; --changes) {
    size_t at = random() % (json.size() + 1);
    switch (random() % 4) {
      case 0:
        json.insert(at, pieces[random() % std::size(pieces)]);
        break;
      case 1:
        json.erase(at, 1 + random() % 3);
        break;
      case 2:
        if (at < json.size()) json[at] = char(random());
        break;
      default:
        json.insert(at, json.substr(random() % json.size(), random() % 8));
    }
    if (json.empty()) json = "0";
  }
  return json;
}

TEST(Syntax, AgreesWithAnotherParserOnMutations) {
  uint64_t seed = sample::seed_of_run();
  SCOPED_TRACE("PORTICO_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  size_t accepted = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string json = mutate(whole[random() % std::size(whole)], random);
    bool undecided = false;
    bool theirs = other_accepts(json, undecided);
    if (undecided) continue;
    ASSERT_EQ(is_json(json), theirs) << json;
    accepted += theirs;
  }
  EXPECT_GT(accepted, 1000u);  // the comparison is worth something on both sides
}

}  // namespace
}  // namespace portico::schema
