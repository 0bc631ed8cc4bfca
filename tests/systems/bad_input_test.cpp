// Input that no client of good will sends: the right refusal, never a 500, nothing stored.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/systems/contract.h"

namespace portico::test {
namespace {

using ::testing::HasSubstr;

// What is stored, as far as anything below could have changed it.
struct Stored {
  int64_t products = 0, orders = 0, notifications = 0;
  size_t categories = 0, cart = 0;
  std::string profile;
  bool operator==(const Stored&) const = default;
};

Stored stored() {
  HeaderLines token = bearer(shop().admin().token);
  return {.products = shop().get("product", "/api/products?limit=1").number("/data/pagination/total"),
          .orders = shop().get("order", "/api/admin/orders?limit=1", token).number("/data/pagination/total"),
          .notifications = shop()
                               .get("notification",
                                    "/api/notifications/user/" + shop().admin().id + "/unread/count", token)
                               .number("/data/count"),
          .categories = shop().get("product", "/api/categories").size("/data/categories"),
          .cart = shop().get("order", "/api/cart", token).size("/data/cart/items"),
          .profile = shop().get("user", "/api/users/profile", token).text("/data/user")};
}

// Endpoints whose body holds at least one member that does not come from the path.
std::vector<ContractEndpoint> with_body() {
  std::vector<ContractEndpoint> found;
  for (const ContractEndpoint& endpoint : contract()) {
    if (!endpoint.takes_body()) continue;
    for (const schema::Member& member : endpoint.info.request->members)
      if (endpoint.info.path.find("{" + std::string(member.name) + "}") == std::string_view::npos) {
        found.push_back(endpoint);
        break;
      }
  }
  return found;
}

Reply send(const ContractEndpoint& endpoint, const std::string& body, HeaderLines headers = every_right(),
           const std::string& where = {}) {
  std::string path = path_of(endpoint.info, "no-such-id", shop().admin().id);
  return shop().ask(where.empty() ? endpoint.service : where, std::string(net::name_of(endpoint.info.verb)),
                    path, body, headers);
}

class BadInput : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(stored(), before_); }
  const Stored before_ = (shop().category(), stored());
};

TEST_F(BadInput, BrokenDocumentsAreRefusedByEveryEndpoint) {
  std::string deep(100'000, '[');
  const std::pair<const char*, std::string> documents[] = {
      {"unfinished", R"({"name":)"},
      {"two documents", "{}{}"},
      {"no document", "hello"},
      {"a trailing comma", R"({"a":1,})"},
      {"single quotes", "{'a':1}"},
      {"a list", "[]"},
      {"a text", R"("text")"},
      {"a number", "42"},
      {"null", "null"},
      {"NaN", R"({"a":NaN})"},
      {"invalid UTF-8", "{\"name\":\"\xff\xfe\"}"},
      {"an overlong encoding", "{\"name\":\"\xc0\xaf\"}"},
      {"a lone surrogate", R"({"name":"\ud800"})"},
      {"a zero byte", std::string("{\"a\":\"\0\"}", 9)},
      {"deep nesting", deep},
      {"deep nesting in a member", R"({"name":)" + deep + "}"},
      {"a byte order mark", "\xef\xbb\xbf{"}};
  for (const ContractEndpoint& endpoint : with_body())
    for (const auto& [what, document] : documents) {
      Reply reply = send(endpoint, document);
      EXPECT_EQ(reply.status, 400) << endpoint.name() << ", " << what << ": " << reply;
      EXPECT_EQ(reply.text("/success"), "false");
    }
}

TEST_F(BadInput, ABodyOfTenMegabytesIsRefusedBeforeItIsRead) {
  std::string large = R"({"name":")" + std::string(10'000'000, 'x') + R"("})";
  for (const char* where : {"product", "gateway"}) {
    Reply reply = shop().post(where, "/api/categories", large, every_right());
    EXPECT_EQ(reply.status, 413) << reply;
  }
  EXPECT_EQ(shop().get("product", "/api/categories").status, 200);
}

TEST_F(BadInput, WhatIsNotJsonIsNotTaken) {
  for (const ContractEndpoint& endpoint : with_body())
    for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "application/xml"}) {
      HeaderLines headers = every_right();
      headers.push_back(std::string("Content-Type: ") + type);
      EXPECT_EQ(send(endpoint, "{}", headers).status, 415) << endpoint.name() << ' ' << type;
    }
}

// For every endpoint a body whose every member has a type that it cannot have: each is named.
TEST_F(BadInput, EveryMemberOfAWrongTypeIsNamed) {
  for (const ContractEndpoint& endpoint : with_body()) {
    std::string body;
    std::vector<std::string> expected;
    for (const schema::Member& member : endpoint.info.request->members) {
      const schema::Type* type = &member.type();
      if (type->kind == schema::Kind::optional || type->kind == schema::Kind::nullable)
        type = &type->element();
      bool in_path = endpoint.info.path.find("{" + std::string(member.name) + "}") != std::string_view::npos;
      if (in_path || type->kind == schema::Kind::json) continue;
      body += (body.empty() ? "{\"" : ",\"") + std::string(member.name) +
              (type->kind == schema::Kind::object ? "\":7" : "\":{\"$gt\":\"\"}");
      expected.emplace_back(member.name);
    }
    std::sort(expected.begin(), expected.end());
    Reply reply = send(endpoint, body + "}");
    EXPECT_EQ(reply.status, 400) << endpoint.name() << ' ' << reply;
    EXPECT_EQ(reply.fields_at_fault(), expected) << endpoint.name() << ' ' << reply;
    EXPECT_EQ(reply.header("content-type"), "application/problem+json");
  }
}

TEST_F(BadInput, EveryRequiredMemberThatIsMissingIsNamed) {
  for (const ContractEndpoint& endpoint : with_body()) {
    std::vector<std::string> expected;
    for (const schema::Member& member : endpoint.info.request->members)
      if (member.required &&
          endpoint.info.path.find("{" + std::string(member.name) + "}") == std::string_view::npos)
        expected.emplace_back(member.name);
    if (expected.empty()) continue;
    std::sort(expected.begin(), expected.end());
    Reply reply = send(endpoint, "{}");
    EXPECT_EQ(reply.status, 400) << endpoint.name() << ' ' << reply;
    EXPECT_EQ(reply.fields_at_fault(), expected) << endpoint.name() << ' ' << reply;
    EXPECT_EQ(send(endpoint, "").status, 400) << endpoint.name();
  }
}

TEST_F(BadInput, NumbersOutsideTheirRangeAreRefused) {
  std::string product =
      before_.products ? shop().get("product", "/api/products?limit=1").text("/data/products/0/id") : "none";
  HeaderLines token = bearer(shop().user("numbers").token);
  for (const char* quantity : {"0", "-1", "-9223372036854775809", "9223372036854775808", "1e400",
                               "1e3000000000", "1.5", "0x10", "1000001", "\"3\"", "true", "[1]"}) {
    Reply reply =
        shop().post("order", "/api/orders",
                    R"({"items":[{"productId":")" + product + R"(","quantity":)" + quantity + "}]}", token);
    EXPECT_EQ(reply.status, 400) << quantity << ' ' << reply;
  }
  for (const char* price : {"0", "-1", "0.001", "1e12", "99999999999999999999", "\"free\"", "100000000"}) {
    Reply reply = shop().post("product", "/api/products",
                              R"({"name":"n","stock":1,"categoryId":"x","price":)" + std::string(price) + "}",
                              internal_key());
    EXPECT_EQ(reply.status, 400) << price << ' ' << reply;
    EXPECT_THAT(reply.fields_at_fault(), ::testing::Contains("price")) << price;
  }
}

TEST_F(BadInput, ViolationsInListsAreNamedWithTheirPlace) {
  HeaderLines token = bearer(shop().user("numbers").token);
  Reply reply = shop().post(
      "order", "/api/orders",
      R"({"items":[{"productId":"a","quantity":0},{"quantity":1},{"productId":"","quantity":-5}]})", token);
  EXPECT_EQ(reply.status, 400) << reply;
  EXPECT_THAT(reply.fields_at_fault(), ::testing::ElementsAre("items.0.quantity", "items.1.productId",
                                                              "items.2.productId", "items.2.quantity"));
  EXPECT_EQ(shop().post("order", "/api/orders", R"({"items":[]})", token).status, 400);
  std::vector<std::pair<std::string, int>> many(101, {"x", 1});
  EXPECT_EQ(shop().post("order", "/api/orders", order_body(many), token).status, 400);
}

TEST_F(BadInput, QueriesAreCheckedLikeBodies) {
  for (const char* query : {"limit=0", "limit=-1", "limit=101", "limit=99999999999999999999", "limit=abc",
                            "page=0", "page=1.5", "sort=price;DROP%20TABLE%20products", "minPrice=cheap",
                            "inStock=maybe", "limit=%31%00", "search=%ff", "search=%zz", "search="}) {
    Reply reply = shop().get("product", std::string("/api/products?") + query);
    EXPECT_EQ(reply.status, 400) << query << ' ' << reply;
  }
  HeaderLines token = bearer(shop().user("numbers").token);
  EXPECT_EQ(shop().get("order", "/api/orders?status=lost", token).status, 400);
  EXPECT_EQ(shop().get("order", "/api/orders?status[$ne]=x", token).status, 200);  // an unknown member
  EXPECT_EQ(shop().get("order", "/api/admin/orders?from=yesterday", bearer(shop().admin().token)).status,
            400);
}

TEST_F(BadInput, PathsThatLeadElsewhereAreRefused) {
  for (const char* path :
       {"/api/products/../../etc/passwd", "/api/products/%2e%2e", "/api/products/%00", "/api/products/%zz",
        "/api/products/a%2Fb", "/api/products/%ff", "//api/products/x"}) {
    for (const char* where : {"product", "gateway"}) {
      Reply reply = shop().get(where, path);
      EXPECT_TRUE(reply.status == 400 || reply.status == 404) << where << path << ' ' << reply;
    }
  }
  EXPECT_EQ(shop().get("product", "/api/products/" + std::string(65, 'x')).status, 400);
  Reply long_path = shop().get("product", "/api/products/" + std::string(100'000, 'x'));
  EXPECT_TRUE(long_path.status == 414 || long_path.status == 431 || long_path.status == 400) << long_path;
}

constexpr const char* injections[] = {"' OR '1'='1",
                                      "x'; DROP TABLE products; --",
                                      "\" OR \"\"=\"",
                                      "%' UNION SELECT * FROM accounts --",
                                      "{\"$gt\":\"\"}",
                                      "$where: sleep(1000)",
                                      "%",
                                      "_",
                                      "%25",
                                      "*",
                                      ".*"};

// Most are no ids at all (400); the one that could be an id is one that nobody has (404).
TEST_F(BadInput, InjectionsAreOnlyTextInAddressesAndQueries) {
  const Account& user = shop().user("numbers");
  HeaderLines token = bearer(user.token);
  for (const char* text : injections) {
    SCOPED_TRACE(text);
    bool could_be_id = std::string_view(text) == "_";
    int expected = could_be_id ? 404 : 400;
    EXPECT_EQ(shop().get("product", "/api/products/" + escaped(text)).status, expected);
    EXPECT_EQ(shop().get("order", "/api/orders/" + escaped(text), token).status, expected);
    EXPECT_EQ(shop().order(user, {{text, 1}}).status, expected);
    Reply list = shop().get("product", "/api/products?categoryId=" + escaped(text));
    EXPECT_EQ(list.status, could_be_id ? 200 : 400) << list;
    EXPECT_EQ(list.size("/data/products"), 0u);
    Reply search = shop().get("product", "/api/products?search=" + escaped(user.id + text));
    EXPECT_EQ(search.status, 200) << search;
    EXPECT_EQ(search.size("/data/products"), 0u);
  }
}

// An id becomes a part of a path when a neighbour is asked; there these would lead elsewhere.
TEST_F(BadInput, IdsThatAreDotsAreRefusedWhereverTheyStand) {
  const Account& user = shop().user("numbers");
  for (const char* id : {".", "..", "../x", "a/b", "x?y", "x#y", "x%2e"}) {
    Reply order = shop().order(user, {{id, 1}});
    EXPECT_EQ(order.status, 400) << order;
    EXPECT_THAT(order.fields_at_fault(), ::testing::ElementsAre("items.0.productId")) << order;
  }
}

TEST_F(BadInput, OperatorsInPlaceOfCredentialsDoNotSignIn) {
  for (const char* body :
       {R"({"email":{"$gt":""},"password":{"$gt":""}})", R"({"email":["a@b.c"],"password":["x"]})",
        R"({"email":"' OR 1=1 --","password":"x"})"}) {
    Reply reply = shop().post("user", "/api/users/login", body);
    EXPECT_EQ(reply.status, 400) << body << ' ' << reply;
  }
  std::string email = shop().user("numbers").email;
  Reply guessed =
      shop().post("user", "/api/users/login", R"({"email":")" + email + R"(","password":"' OR '1'='1"})");
  EXPECT_EQ(guessed.status, 401) << guessed;
}

// Stored as it was typed, found by what it says, and harmless to what stands beside it.
TEST(Injection, TextIsStoredAsItIs) {
  for (const char* text : injections) {
    std::string name = std::string("Inj ") + text;
    std::string id = shop().product("1.00", 1, name);
    Reply read = shop().get("product", "/api/products/" + id);
    EXPECT_EQ(read.text("/data/product/name"), name);
    Reply found = shop().get("product", "/api/products?search=" + escaped(name));
    ASSERT_GE(found.size("/data/products"), 1u) << name;
    for (size_t i = 0; i < found.size("/data/products"); ++i)
      EXPECT_THAT(found.text("/data/products/" + std::to_string(i) + "/name"), HasSubstr(name));
  }
  EXPECT_EQ(shop().get("product", "/api/products").status, 200);
}

TEST(Errors, TellNothingOfTheInside) {
  Reply replies[] = {shop().get("product", "/api/products/none"),
                     shop().post("user", "/api/users/login", "{"), shop().get("gateway", "/nowhere"),
                     shop().get("order", "/api/orders")};
  for (const Reply& reply : replies)
    for (const char* word : {"sqlite", "SELECT", "/home", "/tmp", ".cpp", "stack", "127.0.0.1", "std::"})
      EXPECT_THAT(reply.body, ::testing::Not(HasSubstr(word)));
}

}  // namespace
}  // namespace portico::test
