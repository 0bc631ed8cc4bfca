#include <gtest/gtest.h>

#include "portico/schema/document.h"
#include "portico/schema/openapi.h"
#include "portico/schema/sample.h"

namespace portico::schema {
namespace {

enum class Level { low, high };
PORTICO_DESCRIBE_ENUM(Level, low, high)

struct Error {
  int code = 0;
};
PORTICO_DESCRIBE(Error, code)

struct Case {
  const Type& type;
  const char* schema;
};
const Case cases[] = {
    {type_of<bool>(), R"({"type":"boolean"})"},
    {type_of<int>(), R"({"type":"integer","format":"int32"})"},
    {type_of<int64_t>(), R"({"type":"integer","format":"int64"})"},
    {type_of<Int<0, 100>>(), R"({"type":"integer","format":"int32","minimum":0,"maximum":100})"},
    {type_of<Int<0, 1LL << 40>>(),
     R"({"type":"integer","format":"int64","minimum":0,"maximum":1099511627776})"},
    {type_of<std::string>(), R"({"type":"string","maxLength":1048576})"},
    {type_of<Text<1, 255>>(), R"({"type":"string","minLength":1,"maxLength":255})"},
    {type_of<SecretText<8, 72>>(), R"({"type":"string","format":"password","minLength":8,"maxLength":72})"},
    {type_of<Email>(), R"({"type":"string","format":"email","minLength":3,"maxLength":254})"},
    {type_of<Id<Error>>(), R"({"type":"string","minLength":1,"maxLength":64})"},
    {type_of<Money>(), R"({"type":"number","multipleOf":0.01})"},
    {type_of<Time>(), R"({"type":"string","format":"date-time"})"},
    {type_of<Date>(), R"({"type":"string","format":"date"})"},
    {type_of<Level>(), R"({"type":"string","enum":["low","high"]})"},
    {type_of<Json>(), "{}"},
    {type_of<List<int, 1, 5>>(),
     R"({"type":"array","items":{"type":"integer","format":"int32"},"minItems":1,"maxItems":5})"},
    {type_of<List<int, 0, 5>>(),
     R"({"type":"array","items":{"type":"integer","format":"int32"},"maxItems":5})"},
    {type_of<std::optional<bool>>(), R"({"type":"boolean"})"},
    {type_of<Nullable<bool>>(), R"({"type":["boolean","null"]})"},
    {type_of<Nullable<int>>(), R"({"type":["integer","null"],"format":"int32"})"},
    {type_of<Nullable<Money>>(), R"({"type":["number","null"],"multipleOf":0.01})"},
    {type_of<Nullable<Time>>(), R"({"type":["string","null"],"format":"date-time"})"},
    {type_of<Nullable<Text<1, 2>>>(), R"({"type":["string","null"],"minLength":1,"maxLength":2})"},
    {type_of<Nullable<Level>>(), R"({"type":["string","null"],"enum":["low","high",null]})"},
    {type_of<Nullable<List<Date, 0, 5>>>(),
     R"({"type":["array","null"],"items":{"type":"string","format":"date"},"maxItems":5})"},
    {type_of<Nullable<Json>>(), "{}"},
    {type_of<std::optional<Nullable<bool>>>(), R"({"type":["boolean","null"]})"},
    {type_of<Nullable<Error>>(),
     R"({"anyOf":[{"$ref":"#/$defs/Error"},{"type":"null"}],"$defs":{"Error":{"type":"object",)"
     R"("properties":{"code":{"type":"integer","format":"int32"}},"required":["code"]}}})"},
    {type_of<sample::Node>(),
     R"({"type":"object","properties":{"label":{"type":"string","minLength":1,"maxLength":8},)"
     R"("children":{"type":"array","items":{"$ref":"#/$defs/Node"},"maxItems":4}},)"
     R"("$defs":{"Node":{"type":"object","properties":{"label":{"type":"string","minLength":1,"maxLength":8},)"
     R"("children":{"type":"array","items":{"$ref":"#/$defs/Node"},"maxItems":4}}}}})"},
};

TEST(JsonSchema, SaysTheLimitsOfEveryKind) {
  for (const Case& test : cases) EXPECT_EQ(json_schema(test.type), test.schema);
}

TEST(Pretty, IndentsAndKeepsStrings) {
  EXPECT_EQ(detail::pretty("[]"), "[]\n");
  EXPECT_EQ(detail::pretty(R"( {"a" : [ 1,{ }] ,"b:\"{,":"[\\"} )"),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b:\\\"{,\": \"[\\\\\"\n}\n");
}

}  // namespace
}  // namespace portico::schema
