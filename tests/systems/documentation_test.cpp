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

TEST(Documentation, EveryRouteStandsInTheDocumentOfItsPortAndOfTheGateway) {
  Outcome listed = portico({"routes", "shop", "--json"});
  ASSERT_EQ(listed.code, 0) << listed.err;
  boost::json::value routes = boost::json::parse(listed.out);
  ASSERT_GT(routes.as_array().size(), 40u);
  std::map<std::string, Reply> documents;
  for (const char* place : {"user", "product", "order", "notification", "gateway"}) {
    documents[place] = shop().get(place, "/openapi.json");
    ASSERT_EQ(documents[place].status, 200) << place;
    EXPECT_EQ(documents[place].text("/openapi").substr(0, 3), "3.1");
  }
  std::map<std::string, size_t> counts;
  for (const boost::json::value& route : routes.as_array()) {
    std::string path(route.at("path").as_string()), verb = lower(std::string(route.at("verb").as_string()));
    std::string service(route.at("service").as_string());
    ++counts[service];
    std::string pointer = "/paths/";
    for (char c : path) pointer += c == '/' ? "~1" : std::string(1, c);
    EXPECT_TRUE(documents[service].at(pointer + "/" + verb).is_object()) << verb << ' ' << path;
    bool inside = route.at("access").as_string().find("(inside)") != boost::json::string::npos;
    EXPECT_EQ(documents["gateway"].at(pointer + "/" + verb).is_object(), !inside) << verb << ' ' << path;
  }
  // And nothing stands there that is not served.
  for (const auto& [service, count] : counts) {
    size_t documented = 0;
    for (const auto& path : documents[service].at("/paths").as_object())
      documented += path.value().as_object().size();
    EXPECT_EQ(documented, count) << service;
  }
}

TEST(Documentation, HealthIsToldOnEveryPortAndAlias) {
  for (const char* service : {"user", "product", "order", "notification"}) {
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
