// The program: refusals of its command line and configuration, what it prints for machines, starts that must
// not happen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>

#include "tests/systems/process.h"
#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A line for people, not a trace: one sentence or a few, naming the program.
void expect_clear(const Outcome& outcome) {
  EXPECT_THAT(outcome.err, HasSubstr("portico: "));
  EXPECT_LE(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 4) << outcome.err;
  for (const char* word : {"terminate called", "what():", "Sanitizer", ".cpp", "std::"})
    EXPECT_THAT(outcome.err, Not(HasSubstr(word)));
}

// Ports of their own and a folder that goes away, for a start that is expected to fail.
std::vector<std::string> start(const std::string& data, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"up", "shop", "--data", data};
  std::vector<uint16_t> ports = free_ports(5);
  size_t i = 0;
  for (const char* place : {"gateway", "user", "product", "order", "notification"}) {
    arguments.push_back("--set");
    arguments.push_back(std::string(place) + ".port=" + std::to_string(ports[i++]));
  }
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(Program, AnUnknownCommandIsAnsweredWithTheNearestOne) {
  Outcome outcome = portico({"staus"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean status?"));
  expect_clear(outcome);
  EXPECT_EQ(portico({}).code, 2);
  EXPECT_EQ(portico({"--help"}).code, 0);
  EXPECT_EQ(portico({"up", "--help"}).code, 0);
}

TEST(Program, AWrongFlagOrValueIsAnErrorOfUse) {
  EXPECT_EQ(portico({"up", "shop", "--splt"}).code, 2);
  EXPECT_EQ(portico({"config", "shop", "--set", "noequals"}).code, 2);
  EXPECT_EQ(portico({"mail", "ls", "--limit", "0"}).code, 2);
  Outcome system = portico({"config", "shp"});
  EXPECT_EQ(system.code, 2);
  EXPECT_THAT(system.err, HasSubstr("did you mean shop?"));
  expect_clear(system);
  Outcome endpoint = portico({"call", "shop", "order.lst"});
  EXPECT_EQ(endpoint.code, 2);
  EXPECT_THAT(endpoint.err, HasSubstr("did you mean order.list?"));
  EXPECT_EQ(portico({"run", "shop", "nothing"}).code, 2);
  EXPECT_EQ(portico({"routes", "shop", "nothing"}).code, 2);
}

TEST(Program, AnUnknownKeyOrABadValueEndsTheStartWithItsName) {
  Outcome key = portico({"config", "shop", "--set", "gateway.prt=1"});
  EXPECT_EQ(key.code, 4);
  EXPECT_THAT(key.err, HasSubstr("gateway.prt"));
  EXPECT_THAT(key.err, HasSubstr("did you mean gateway.port?"));
  expect_clear(key);
  Outcome value = portico({"up", "shop", "--set", "call.timeout=soon"});
  EXPECT_EQ(value.code, 4);
  EXPECT_THAT(value.err, HasSubstr("call.timeout"));
  Outcome variable = portico({"config", "shop"}, {{"GATEWAY_PORT", "70000"}});
  EXPECT_EQ(variable.code, 4);
  EXPECT_THAT(variable.err, HasSubstr("GATEWAY_PORT"));
  TemporaryFolder folder;
  std::ofstream(folder.path() + "/shop.toml") << "[gateway\nport = 1\n";
  Outcome file = portico({"config", "shop"}, {}, folder.path());
  EXPECT_EQ(file.code, 4);
  EXPECT_THAT(file.err, HasSubstr("shop.toml:"));
  EXPECT_EQ(portico({"config", "shop", "--config", "/nonexistent.toml"}).code, 4);
}

TEST(Program, WhatIsPrintedForMachinesIsJson) {
  const std::vector<std::string> commands[] = {
      {"config", "shop", "--json"}, {"routes", "shop", "--json"}, {"routes", "shop", "order", "--json"},
      {"openapi", "shop"},          {"openapi", "shop", "user"},  {"version", "--json"}};
  for (const std::vector<std::string>& command : commands) {
    Outcome outcome = portico(command);
    EXPECT_EQ(outcome.code, 0) << command[0] << outcome.err;
    boost::system::error_code error;
    boost::json::parse(outcome.out, error);
    EXPECT_FALSE(error) << command[0] << ": " << outcome.out.substr(0, 200);
    EXPECT_EQ(outcome.err, "");
  }
}

TEST(Program, SecretsAreMaskedWhereTheConfigurationIsShown) {
  Outcome outcome = portico({"config", "shop"}, {{"INTERNAL_API_KEY", "do-not-show-this-value"}});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("INTERNAL_API_KEY"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("do-not-show")));
}

TEST(Program, ARunningShopIsAskedFromTheCommandLine) {
  const std::vector<std::string> places = places_of(shop());
  auto ask = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), places.begin(), places.end());
    return portico(std::move(arguments));
  };
  Outcome status = ask({"status", "shop", "--json"});
  EXPECT_EQ(status.code, 0) << status.err;
  boost::json::value board = boost::json::parse(status.out);
  EXPECT_EQ(board.at("status").as_string(), "healthy");
  Outcome call = ask({"call", "shop", "product.list", "limit=1"});
  EXPECT_EQ(call.code, 0) << call.err;
  EXPECT_TRUE(boost::json::parse(call.out).is_object());
  Outcome unknown = ask({"call", "shop", "product.read", "id=none"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("404"));
}

TEST(Program, WhereNothingRunsItSaysHowToStartIt) {
  std::string nobody = "gateway.port=" + std::to_string(free_ports(1).at(0));
  Outcome status = portico({"status", "shop", "--set", nobody});
  EXPECT_EQ(status.code, 3);
  EXPECT_THAT(status.err, HasSubstr("portico up shop"));
  expect_clear(status);
}

TEST(Start, ABusyPortIsNamedInOneSentence) {
  BusyPort busy;
  std::string port = std::to_string(busy.port());
  TemporaryFolder folder;
  Outcome outcome = portico(start(folder.path() + "/data", {"--set", "order.port=" + port}));
  EXPECT_EQ(outcome.code, 6) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(port));
  expect_clear(outcome);
  std::vector<std::string> split =
      start(folder.path() + "/split", {"--split", "--set", "order.port=" + port});
  Outcome apart = portico(split);
  EXPECT_EQ(apart.code, 6) << apart.err;
  EXPECT_THAT(apart.err, HasSubstr(port));
}

TEST(Start, AFolderThatCannotBeWrittenIsNamed) {
  TemporaryFolder folder;
  std::string path = folder.path() + "/data";
  if (::geteuid() == 0) {
    // Everything may be written by root, so something that is no folder stands in its place.
    std::ofstream(path) << "a file";
  } else {
    std::filesystem::create_directory(path);
    ::chmod(path.c_str(), 0500);
  }
  Outcome outcome = portico(start(path));
  EXPECT_EQ(outcome.code, 6) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(path));
  expect_clear(outcome);
  ::chmod(path.c_str(), 0700);
}

TEST(Start, ADamagedDatabaseIsNamedAndLeftAsItIs) {
  TemporaryFolder folder;
  std::string path = folder.path() + "/data";
  std::filesystem::create_directory(path);
  std::string garbage(64 * 1024, 'x');
  std::ofstream(path + "/order.db") << garbage;
  Outcome outcome = portico(start(path));
  EXPECT_GT(outcome.code, 0) << "it must neither start nor hang";
  EXPECT_THAT(outcome.err, HasSubstr("order.db"));
  expect_clear(outcome);
  EXPECT_EQ(content_of(path + "/order.db"), garbage);
}

TEST(Start, ProductionNeedsAnInternalKeyThatIsNoSample) {
  TemporaryFolder folder;
  Outcome missing = portico(start(folder.path() + "/data", {"--mode", "production"}));
  EXPECT_EQ(missing.code, 4) << missing.err;
  EXPECT_THAT(missing.err, HasSubstr("INTERNAL_API_KEY"));
  expect_clear(missing);
  for (const char* weak : {"workshop_internal_key_2023", "short", "changeme"}) {
    Outcome refused =
        portico(start(folder.path() + "/data", {"--mode", "production"}), {{"INTERNAL_API_KEY", weak}});
    EXPECT_EQ(refused.code, 4) << weak << refused.err;
    EXPECT_THAT(refused.err, HasSubstr("INTERNAL_API_KEY"));
    EXPECT_THAT(refused.err, Not(HasSubstr("workshop_internal_key"))) << "a secret is not repeated";
    expect_clear(refused);
  }
  // The workshop's JWT_SECRET where it would be used.
  Outcome sample = portico(
      start(folder.path() + "/data", {"--mode", "production", "--set", "security.jwt_algorithm=HS256"}),
      {{"INTERNAL_API_KEY", "7f3c9a5e1b8d4062a9c7e5f1d3b80624"},
       {"JWT_SECRET", "user_service_jwt_secret_key"}});
  EXPECT_EQ(sample.code, 4) << sample.err;
  EXPECT_THAT(sample.err, HasSubstr("JWT_SECRET"));
}

// Settings of a production start that succeeds: secrets that are none of a tutorial, mails by SMTP.
const std::map<std::string, std::string> production = {
    {"PORTICO_MODE", "production"},
    {"INTERNAL_API_KEY", "7f3c9a5e1b8d4062a9c7e5f1d3b80624"},
    {"PORTICO_SERVICE_SECRET", "c0ffee5a1b8d4062a9c7e5f1d3b80625"},
    {"MAIL_TRANSPORT", "smtp"},
    {"SMTP_URL", "smtp://127.0.0.1:9"}};

TEST(Start, InProductionOnlyTheGatewayListensAndDevelopmentEndpointsAreGone) {
  TemporaryFolder folder;
  std::vector<uint16_t> ports = free_ports(2);
  Process process({.arguments = {PORTICO_PROGRAM, "up", "shop", "--data", folder.path() + "/data", "--set",
                                 "gateway.port=" + std::to_string(ports[0]), "--set",
                                 "product.port=" + std::to_string(ports[1])},
                   .environment = production,
                   .folder = folder.path(),
                   .output = folder.path() + "/log"});
  Http http;
  std::string url = "http://127.0.0.1:" + std::to_string(ports[0]);
  ASSERT_TRUE(wait_until([&] { return http.send("GET", url + "/readyz").status == 200; }))
      << content_of(folder.path() + "/log");
  EXPECT_EQ(http.send("GET", url + "/api/products").status, 200);
  EXPECT_EQ(http.send("GET", url + "/dev/mail").status, 404);
  EXPECT_EQ(http.send("GET", "http://127.0.0.1:" + std::to_string(ports[1]) + "/health").status, 0);
}

TEST(Start, InProductionAServicesPortServesOnlyTheGatewayAndServices) {
  TemporaryFolder folder;
  std::string port = std::to_string(free_ports(1).at(0)), url = "http://127.0.0.1:" + port;
  std::map<std::string, std::string> environment = production;
  environment["PORT"] = port;
  Process process({.arguments = {PORTICO_PROGRAM, "run", "shop", "user", "--data", folder.path() + "/data"},
                   .environment = environment,
                   .folder = folder.path(),
                   .output = folder.path() + "/log"});
  Http http;
  ASSERT_TRUE(wait_until([&] { return http.send("GET", url + "/readyz").status == 200; }))
      << content_of(folder.path() + "/log");
  std::string body = R"({"email":"a@shop.test","password":"x"})";
  EXPECT_EQ(http.send("POST", url + "/api/users/login", body).status, 401);
  Reply refused = http.send("POST", url + "/api/users/login", body);
  EXPECT_EQ(refused.text("/code"), "direct.refused") << refused;
  HeaderLines key = {"X-Internal-Key: " + production.at("INTERNAL_API_KEY")};
  EXPECT_EQ(http.send("GET", url + "/api/users/internal/none", {}, key).status, 404);
}

TEST(Start, AServiceRunsAloneAndStopsInOrder) {
  TemporaryFolder folder;
  std::string port = std::to_string(free_ports(1).at(0));
  Process process({.arguments = {PORTICO_PROGRAM, "run", "shop", "user", "--data", folder.path() + "/data"},
                   .environment = {{"PORT", port}},
                   .folder = folder.path(),
                   .output = folder.path() + "/log"});
  Http http;
  EXPECT_TRUE(wait_until([&] {
    return http.send("GET", "http://127.0.0.1:" + port + "/readyz").status == 200;
  })) << content_of(folder.path() + "/log");
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(10'000), 0) << content_of(folder.path() + "/log");
}

TEST(Start, WhatWasStoredIsThereAfterARestart) {
  TemporaryFolder folder;
  std::string port = std::to_string(free_ports(1).at(0)), url = "http://127.0.0.1:" + port;
  ProcessOptions options{
      .arguments = {PORTICO_PROGRAM, "run", "shop", "user", "--data", folder.path() + "/data"},
      .environment = {{"PORT", port}},
      .folder = folder.path(),
      .output = folder.path() + "/log"};
  std::string token;
  for (int round = 0; round < 2; ++round) {
    Process process(options);
    Http http;
    ASSERT_TRUE(wait_until([&] { return http.send("GET", url + "/readyz").status == 200; }));
    if (round == 0) {
      Reply reply = http.send(
          "POST", url + "/api/users/register",
          R"({"firstName":"Re","lastName":"Start","email":"re@shop.test","password":"long enough 1"})");
      ASSERT_EQ(reply.status, 201) << reply;
      token = reply.text("/data/token");
      process.signal(SIGKILL);  // what was answered is on the disk
      process.wait(5'000);
    } else {
      Reply profile = http.send("GET", url + "/api/users/profile", {}, bearer(token));
      EXPECT_EQ(profile.text("/data/user/email"), "re@shop.test") << profile;
    }
  }
}

}  // namespace
}  // namespace portico::test
