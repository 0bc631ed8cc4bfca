#include "portico/schema/openapi.h"

#include <gtest/gtest.h>

#include "portico/schema/document.h"
#include "portico/schema/sample.h"

namespace portico::schema {
namespace other {

struct Product {
  std::string label;
};
PORTICO_DESCRIBE(Product, label)

}  // namespace other

namespace {

using sample::Channel;

enum class Level { low, high };
PORTICO_DESCRIBE_ENUM(Level, low, high)

struct Product {
  Id<Product> id;
  Text<1, 255> name;
  Money price;
  Nullable<Level> level;
};
PORTICO_DESCRIBE(Product, id, name, price, level)

struct NewProduct {
  Text<1, 255> name;
  Money price;
};
PORTICO_DESCRIBE(NewProduct, name, price)

struct Change {
  Id<Product> id;
  std::optional<Int<0, 10>> stock;
};
PORTICO_DESCRIBE(Change, id, stock)

struct Search {
  Id<Product> id;
  std::optional<Text<0, 9>> text;
  bool all;
};
PORTICO_DESCRIBE(Search, id, text, all)

struct Login {
  SecretText<8, 72> password;
  std::optional<other::Product> product;
};
PORTICO_DESCRIBE(Login, password, product)

struct Session {
  SecretText<0, 72> token;
};
PORTICO_DESCRIBE(Session, token)

struct Error {
  int code = 0;
};
PORTICO_DESCRIBE(Error, code)

// {"success": true, "data": …}
struct DataEnvelope : Envelope {
  std::string success(const Operation&, std::string_view payload) const override {
    if (payload.empty()) return {};
    return R"({"type":"object","properties":{"data":)" + std::string(payload) + R"(},"required":["data"]})";
  }
  std::string failure() const override {
    return R"({"type":"object","properties":{"error":{"type":"string"}},"required":["error"]})";
  }
};

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

TEST(JsonSchema, SaysTheLimitsOfEveryKind) {
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
      {type_of<Id<Product>>(), R"({"type":"string","minLength":1,"maxLength":64})"},
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
  for (const Case& test : cases) EXPECT_EQ(json_schema(test.type), test.schema);
}

TEST(Pretty, IndentsAndKeepsStrings) {
  EXPECT_EQ(detail::pretty("[]"), "[]\n");
  EXPECT_EQ(detail::pretty(R"( {"a" : [ 1,{ }] ,"b:\"{,":"[\\"} )"),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b:\\\"{,\": \"[\\\\\"\n}\n");
}

TEST(OpenApi, IsTheGoldenDocument) {
  const Operation operations[] = {{.verb = "get",
                                   .path = "/api/products/{id}",
                                   .id = "product.read",
                                   .tag = "product",
                                   .summary = "Read one product",
                                   .request = &type_of<Search>(),
                                   .response = &type_of<Product>(),
                                   .failures = {404}}};
  EXPECT_EQ(openapi({"Shop", "1.0.0", "What the shop offers", {"http://localhost:3200"}}, operations,
                    DataEnvelope()),
            R"({
  "openapi": "3.1.0",
  "info": {
    "title": "Shop",
    "version": "1.0.0",
    "description": "What the shop offers",
    "license": {
      "name": "Apache License 2.0",
      "identifier": "Apache-2.0"
    }
  },
  "servers": [
    {
      "url": "http://localhost:3200"
    }
  ],
  "tags": [
    {
      "name": "product",
      "description": "Operations of product"
    }
  ],
  "paths": {
    "/api/products/{id}": {
      "get": {
        "operationId": "product.read",
        "tags": [
          "product"
        ],
        "summary": "Read one product",
        "security": [],
        "parameters": [
          {
            "name": "id",
            "in": "path",
            "required": true,
            "schema": {
              "type": "string",
              "minLength": 1,
              "maxLength": 64
            }
          },
          {
            "name": "text",
            "in": "query",
            "required": false,
            "schema": {
              "type": "string",
              "maxLength": 9
            }
          },
          {
            "name": "all",
            "in": "query",
            "required": true,
            "schema": {
              "type": "boolean"
            }
          }
        ],
        "responses": {
          "200": {
            "description": "OK",
            "content": {
              "application/json": {
                "schema": {
                  "type": "object",
                  "properties": {
                    "data": {
                      "$ref": "#/components/schemas/Product"
                    }
                  },
                  "required": [
                    "data"
                  ]
                }
              }
            }
          },
          "400": {
            "description": "The request is not valid",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Error"
                }
              }
            }
          },
          "404": {
            "description": "Not found",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Error"
                }
              }
            }
          }
        }
      }
    }
  },
  "components": {
    "schemas": {
      "Error": {
        "type": "object",
        "properties": {
          "error": {
            "type": "string"
          }
        },
        "required": [
          "error"
        ]
      },
      "Product": {
        "type": "object",
        "properties": {
          "id": {
            "type": "string",
            "minLength": 1,
            "maxLength": 64
          },
          "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255
          },
          "price": {
            "type": "number",
            "multipleOf": 0.01
          },
          "level": {
            "type": [
              "string",
              "null"
            ],
            "enum": [
              "low",
              "high",
              null
            ]
          }
        },
        "required": [
          "id",
          "name",
          "price",
          "level"
        ]
      }
    }
  }
}
)");
}

std::string compact(std::string_view json) { return from_json<Json>(json)->text; }

TEST(OpenApi, KeepsStructsOfOneNameApart) {
  const Operation operations[] = {
      {"post", "/a", "a", "t", "A", &type_of<Product>(), &type_of<other::Product>(), 201},
      {"put", "/a", "b", "t", "B", &type_of<other::Product>(), &type_of<Product>()},
      {"get", "/e", "c", "t", "C", nullptr, &type_of<Error>()}};
  std::string text = openapi({"T", "1", "", {}}, operations, DataEnvelope());
  EXPECT_EQ(text, openapi({"T", "1", "", {}}, operations, DataEnvelope()));
  EXPECT_TRUE(has(text, "\"Product\": {"));
  EXPECT_TRUE(has(text, "\"Product2\": {"));
  EXPECT_TRUE(has(text, "\"Error2\": {"));  // Error is what failures look like
  EXPECT_FALSE(has(text, "Product3"));
  std::string json = compact(text);
  EXPECT_TRUE(has(json, R"("servers":[{"url":"/"}])"));
  EXPECT_TRUE(has(json, R"("Product2":{"type":"object","properties":{"label")"));
  EXPECT_TRUE(has(json, R"("201":{"description":"Created")"));
}

TEST(OpenApi, PutsMembersWhereTheyTravel) {
  const Operation operations[] = {
      {"patch",
       "/p/{id}",
       "p.change",
       "p",
       "Change",
       &type_of<Change>(),
       nullptr,
       204,
       {409, 503},
       {"bearerAuth"}},
      {"delete",
       "/p/{id}/x/{other}",
       "p.drop",
       "p",
       "Drop",
       &type_of<Change>(),
       nullptr,
       200,
       {},
       {"bearerAuth", "internalKey"}},
      {"post", "/p", "p.add", "p", "Add", &type_of<NewProduct>(), nullptr, 202},
      {"get", "/report", "p.report", "p", "Report", nullptr, nullptr, 200, {}, {}, "text/csv"},
      {"get", "/image", "p.image", "p", "Image", nullptr, nullptr, 200, {}, {}, "image/png"},
  };
  std::string json = compact(openapi({"T", "1", "", {"/v1"}}, operations, DataEnvelope()));
  EXPECT_TRUE(has(
      json, R"("requestBody":{"required":false,"content":{"application/json":{"schema":{"type":"object",)"
            R"("properties":{"stock":{"type":"integer","format":"int32","minimum":0,"maximum":10}}}}}})"));
  EXPECT_TRUE(has(json, R"("204":{"description":"No content"},"400")"));
  EXPECT_TRUE(has(json, R"("security":[{"bearerAuth":[]},{"internalKey":[]}])"));
  EXPECT_TRUE(has(json, R"({"name":"other","in":"path","required":true,"schema":{"type":"string"}})"));
  EXPECT_TRUE(has(json, R"({"name":"stock","in":"query","required":false)"));
  EXPECT_TRUE(has(json, R"("requestBody":{"required":true,"content":{"application/json":{"schema":)"
                        R"({"$ref":"#/components/schemas/NewProduct"}}}})"));
  EXPECT_TRUE(has(json, R"("content":{"text/csv":{"schema":{"type":"string"}}})"));
  EXPECT_TRUE(has(json, R"("content":{"image/png":{"schema":{}}})"));
  EXPECT_TRUE(has(json,
                  R"("securitySchemes":{"bearerAuth":{"type":"http","scheme":"bearer","bearerFormat":"JWT"},)"
                  R"("internalKey":{"type":"apiKey","in":"header","name":"X-Internal-Key"}})"));
  EXPECT_FALSE(has(json, R"("Change")"));  // it never travels whole: no component without use
  EXPECT_TRUE(has(json, R"("401":{"description":"Authentication required")"));
}

TEST(OpenApi, SecretsOfRequestsAreWriteOnly) {
  const Operation operations[] = {
      {"post", "/login", "l", "t", "Log in", &type_of<Login>(), &type_of<Session>()}};
  std::string json = compact(openapi({"T", "1", "", {}}, operations, DataEnvelope()));
  EXPECT_TRUE(has(json, R"("password":{"type":"string","format":"password","writeOnly":true,"minLength":8)"));
  EXPECT_TRUE(has(json, R"("token":{"type":"string","format":"password","maxLength":72})"));
}

}  // namespace
}  // namespace portico::schema
