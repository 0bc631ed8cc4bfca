#include "portico/schema/openapi.h"

#include <gtest/gtest.h>

#include "portico/schema/openapi_golden.h"
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
            golden_document);
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
  EXPECT_FALSE(has(json, R"("Change":)"));  // it never travels whole: no component without use
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
