// The documentation that a running shop serves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/systems/process.h"
#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

using ::testing::HasSubstr;

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = char(c + 32);
  return text;
}

// What an attribute loads from another place: the values of src and href that name a host.
std::vector<std::string> foreign_addresses(const std::string& page) {
  std::vector<std::string> found;
  for (const char* attribute : {"src", "href", "action", "@import", "url("})
    for (size_t at = page.find(attribute); at != page.npos; at = page.find(attribute, at + 1)) {
      size_t value = at + std::string_view(attribute).size();
      while (value < page.size() && std::string_view(" =\"'(").find(page[value]) != std::string_view::npos)
        ++value;
      std::string_view rest = std::string_view(page).substr(value, 60);
      if (rest.starts_with("http:") || rest.starts_with("https:") || rest.starts_with("//"))
        found.emplace_back(rest);
    }
  return found;
}

TEST(Documentation, TheFourAddressesOfTheWorkshopAnswerPagesThatLoadNothingFromElsewhere) {
  constexpr std::pair<const char*, const char*> addresses[] = {{"user", "/api-docs"},
                                                               {"product", "/api"},
                                                               {"order", "/api/docs"},
                                                               {"notification", "/api-docs"},
                                                               {"gateway", "/docs"}};
  for (const auto& [service, path] : addresses) {
    Reply page = shop().get(service, path);
    EXPECT_EQ(page.status, 200) << service;
    EXPECT_THAT(page.header("content-type"), HasSubstr("text/html"));
    EXPECT_THAT(lower(page.body.substr(0, 100)), HasSubstr("<!doctype html>"));
    EXPECT_THAT(foreign_addresses(page.body), ::testing::IsEmpty()) << service;
    EXPECT_THAT(page.body, HasSubstr("/openapi.json"));
  }
}

constexpr const char* services[] = {"user", "product", "order", "notification"};

struct RouteLine {
  std::string verb, path, access;
  auto operator<=>(const RouteLine&) const = default;
};

// What the router of a port knows: of the gateway, all that is not inside.
std::vector<RouteLine> routes_of(const std::string& place) {
  std::vector<std::string> command = {"routes", "shop", "--json"};
  if (place != "gateway") command.insert(command.begin() + 2, place);
  Outcome listed = portico(command);
  EXPECT_EQ(listed.code, 0) << listed.err;
  std::vector<RouteLine> routes;
  for (const boost::json::value& route : boost::json::parse(listed.out).as_array()) {
    RouteLine line{lower(std::string(route.at("verb").as_string())),
                   std::string(route.at("path").as_string()), std::string(route.at("access").as_string())};
    if (place != "gateway" || line.access.find("(inside)") == std::string::npos) routes.push_back(line);
  }
  return routes;
}

TEST(Documentation, TheDocumentOfAPortHasItsRoutesAndNothingElse) {
  for (const char* place : {"user", "product", "order", "notification", "gateway"}) {
    Reply document = shop().get(place, "/openapi.json");
    ASSERT_EQ(document.status, 200) << place;
    EXPECT_EQ(document.text("/openapi").substr(0, 3), "3.1");
    std::set<std::string> known, documented;
    for (const RouteLine& route : routes_of(place)) known.insert(route.verb + ' ' + route.path);
    for (const auto& path : document.at("/paths").as_object())
      for (const auto& operation : path.value().as_object())
        documented.insert(std::string(operation.key()) + ' ' + std::string(path.key()));
    EXPECT_THAT(documented, ::testing::ContainerEq(known)) << place;
    EXPECT_GT(known.size(), std::string_view(place) == "gateway" ? 40u : 10u) << place;
    // What a port answers by itself, named here once more.
    for (const char* path : {"/health", "/livez", "/readyz", "/metrics", "/openapi.json"})
      EXPECT_TRUE(documented.contains("get " + std::string(path))) << place << path;
  }
}

TEST(Documentation, ThePagesOfAPortAnswerAsTheDocumentSays) {
  for (const char* place : {"user", "product", "order", "notification", "gateway"}) {
    Reply document = shop().get(place, "/openapi.json");
    std::set<std::string> seen;
    for (const auto& path : document.at("/paths").as_object()) {
      const boost::json::object& item = path.value().as_object();
      if (!item.contains("get") || item.at("get").at("tags").at(0).as_string() != "platform") continue;
      if (!item.at("get").at("security").as_array().empty()) continue;  // of other services only
      Reply page = shop().get(place, std::string(path.key()));
      EXPECT_EQ(page.status, 200) << place << path.key();
      const boost::json::object& content = item.at("get").at("responses").at("200").at("content").as_object();
      std::string type = page.header("content-type");
      EXPECT_TRUE(content.contains(type.substr(0, type.find(';')))) << place << path.key() << type;
      seen.insert(std::string(path.key()));
    }
    EXPECT_EQ(seen.contains("/.well-known/jwks.json"),
              std::string_view(place) == "gateway" || std::string_view(place) == "user")
        << place;
    EXPECT_GE(seen.size(), 6u) << place;
  }
  EXPECT_EQ(shop().get("gateway", "/.well-known/jwks.json").body,
            shop().get("user", "/.well-known/jwks.json").body);
}

TEST(Documentation, RoutesHaveTheNamesThatCallTakes) {
  Outcome outcome = portico({"routes", "shop", "product"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(" product.list "));
  EXPECT_THAT(outcome.out, HasSubstr("/api/categories/health"));
  EXPECT_THAT(outcome.out, ::testing::Not(HasSubstr("read_events")))
      << "not to be called from the command line";
}

TEST(Documentation, HealthIsToldOnEveryPortAndAlias) {
  for (const char* service : services) {
    Reply health = shop().get(service, "/health");
    EXPECT_EQ(health.status, 200) << health;
    EXPECT_EQ(health.text("/success"), "true") << health;
    EXPECT_FALSE(health.text("/message").empty());
    EXPECT_THAT(health.text("/timestamp"), HasSubstr("T"));
    for (const char* path : {"/livez", "/readyz", "/metrics"})
      EXPECT_EQ(shop().get(service, path).status, 200) << service << path;
  }
  EXPECT_EQ(shop().get("notification", "/api/notifications/health").status, 200);
  Reply board = shop().get("gateway", "/health");
  EXPECT_EQ(board.text("/status"), "healthy") << board;
  EXPECT_EQ(board.text("/services/product/status"), "healthy") << board;
}

TEST(Documentation, MetricsCountRequestsByRoute) {
  shop().get("product", "/api/products");
  Reply metrics = shop().get("product", "/metrics");
  EXPECT_THAT(metrics.body, HasSubstr(R"(route="GET /api/products")"));
  EXPECT_THAT(metrics.body, HasSubstr("service_requests_total"));
}

}  // namespace
}  // namespace portico::test
