// The pages of a port, its OpenAPI document and what is answered belong together.
#include "portico/host/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "portico/host/application.h"

namespace portico {
namespace {

namespace json = boost::json;
using ::testing::UnorderedElementsAreArray;
using Addresses = std::vector<std::string>;

SystemSpec library() {
  SystemSpec system{.name = "library", .title = "Library", .gateway_port = 3100};
  system.presenter = make_envelope_presenter();
  system.services = {{.name = "reader", .title = "Readers", .prefixes = {"/readers"}, .issues_tokens = true},
                     {.name = "book", .docs_path = "/book-docs", .prefixes = {"/books", "/shelves"}}};
  return system;
}

Addresses served(const SystemSpec& system, const ServiceSpec* service) {
  Addresses paths;
  for (const PageInfo& page : page_infos(system, service)) paths.push_back(page.path);
  return paths;
}

TEST(Pages, EachPortHasItsOwn) {
  SystemSpec system = library();
  EXPECT_THAT(served(system, nullptr),
              UnorderedElementsAreArray(Addresses{"/livez", "/readyz", "/metrics", "/health", "/openapi.json",
                                                  "/docs", "/.well-known/jwks.json"}));
  EXPECT_THAT(
      served(system, system.find("reader")),
      UnorderedElementsAreArray(Addresses{"/livez", "/readyz", "/metrics", "/health", "/readers/health",
                                          "/openapi.json", "/.well-known/jwks.json"}));
  EXPECT_THAT(served(system, system.find("book")),
              UnorderedElementsAreArray(Addresses{"/livez", "/readyz", "/metrics", "/health", "/books/health",
                                                  "/shelves/health", "/openapi.json", "/book-docs"}));
  system.services[0].issues_tokens = false;
  EXPECT_THAT(served(system, nullptr), ::testing::Not(::testing::Contains(std::string(jwks_path))));
}

TEST(Pages, WhatAPortServesStandsInItsDocument) {
  SystemSpec system = library();
  for (const char* name : {"", "reader", "book"}) {
    const ServiceSpec* service = system.find(name);
    json::value document = json::parse(openapi_of(system, name, true));
    Addresses wanted, documented;
    for (const PageInfo& page : page_infos(system, service)) {
      wanted.push_back(page.path);
      const json::value& get = document.at("paths").at(page.path).at("get");
      EXPECT_EQ(get.at("operationId").as_string(), "platform." + page.name);
      const json::object& answers = get.at("responses").as_object();
      for (int status : {200, page.refusal}) {
        if (!status) continue;
        const json::value& content = answers.at(std::to_string(status)).at("content");
        EXPECT_TRUE(content.as_object().contains(page.media_type)) << page.path << ' ' << status;
      }
      EXPECT_EQ(answers.contains("429"), !service) << page.path;
    }
    if (service)
      for (const EndpointInfo& endpoint : platform_endpoints()) wanted.emplace_back(endpoint.path);
    for (const auto& path : document.at("paths").as_object()) documented.emplace_back(path.key());
    EXPECT_THAT(documented, UnorderedElementsAreArray(wanted)) << name;
  }
}

Addresses names_in(const json::value& object) {
  Addresses names;
  for (const auto& member : object.as_object()) names.emplace_back(member.key());
  return names;
}

// A body has the members that its schema names, all of them required, at every level.
void expect_fits(const json::value& body, const json::value& schema) {
  const json::object& rules = schema.as_object();
  if (const json::value* allowed = rules.if_contains("enum"))
    EXPECT_THAT(allowed->as_array(), ::testing::Contains(body));
  if (!body.is_object()) return;
  if (const json::value* other = rules.if_contains("additionalProperties")) {
    for (const auto& member : body.as_object()) expect_fits(member.value(), *other);
    return;
  }
  EXPECT_THAT(names_in(body), UnorderedElementsAreArray(names_in(rules.at("properties"))));
  EXPECT_EQ(rules.at("required").as_array().size(), body.as_object().size());
  for (const auto& member : body.as_object())
    expect_fits(member.value(), rules.at("properties").at(member.key()));
}

TEST(Pages, HealthLooksAsItsSchemaSays) {
  SystemSpec system = library();
  ServiceHealth well{"reader", true, {{"database", "healthy"}}};
  ServiceHealth ill{"book", false, {{"database", "unhealthy"}}}, lost{"book", false, {}};
  json::value health = json::parse(std::string(health_schema()));
  json::value board = json::parse(std::string(board_schema()));
  ServiceHealth lonely{"reader", true, {{"database", "healthy"}}, {{"book", "open"}, {"user", "closed"}}};
  EXPECT_TRUE(lonely.degraded());
  EXPECT_EQ(json::parse(health_json(system.services[0], lonely, Time{0}, 5)).at("status").as_string(),
            "degraded");
  for (const ServiceHealth& one : {well, ill, lonely})
    expect_fits(json::parse(health_json(system.services[0], one, Time{0}, 5)), health);
  const std::pair<std::vector<ServiceHealth>, std::string_view> cases[] = {
      {{well}, "healthy"}, {{well, ill}, "degraded"}, {{ill, lost}, "unhealthy"}};
  for (const auto& [services, status] : cases) {
    EXPECT_EQ(status_of(services), status);
    json::value body = json::parse(board_json(system, services, Time{0}, 5));
    EXPECT_EQ(body.at("status").as_string(), status);
    expect_fits(body, board);
  }
}

}  // namespace
}  // namespace portico
