// Dead letters on the command line: what could not be handled is found, handled again or forgotten.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "tests/systems/process.h"
#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Outcome dlq(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "dlq");
  for (const std::string& place : places_of(shop())) arguments.push_back(place);
  return portico(std::move(arguments));
}

// The dead letters that the filters leave, oldest first.
boost::json::array listed(const std::vector<std::string>& filters) {
  std::vector<std::string> arguments = {"ls", "shop", "--json"};
  arguments.insert(arguments.end(), filters.begin(), filters.end());
  Outcome outcome = dlq(std::move(arguments));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  boost::system::error_code error;
  boost::json::value all = boost::json::parse(outcome.out, error);
  return all.is_array() ? all.get_array() : boost::json::array();
}

// The id of the only dead letter for the reason, once there is one.
std::string dead_for(const std::string& reason) {
  boost::json::array found;
  EXPECT_TRUE(wait_until(
      [&] {
        found = listed({"--reason", reason});
        return !found.empty();
      },
      30'000));
  if (found.size() != 1) return "";
  EXPECT_EQ(found[0].at("service").as_string(), "notification");
  EXPECT_EQ(found[0].at("group").as_string(), "notification.worker");
  EXPECT_EQ(found[0].at("attempts").as_int64(), 3);
  EXPECT_FALSE(found[0].as_object().contains("body"));
  return std::string(found[0].at("id").as_string());
}

std::string notify(const std::string& user_id, const std::string& type) {
  Reply reply =
      shop().post("notification", "/api/notifications",
                  R"({"userId":")" + user_id +
                      R"(","title":"Hello","description":"To read","notificationType":")" + type + R"("})",
                  internal_key());
  EXPECT_EQ(reply.status, 201) << reply;
  return reply.text("/data/id");
}

std::string status_of(const Account& user, const std::string& id) {
  Reply list = shop().get("notification", "/api/notifications/user/" + user.id, bearer(user.token));
  for (size_t i = 0; i < list.size("/data"); ++i) {
    std::string at = "/data/" + std::to_string(i);
    if (list.text(at + "/id") == id) return list.text(at + "/status");
  }
  return "";
}

TEST(DeadLetters, AreListedShownAndHandledAgainOnceTheirCauseIsGone) {
  Account user = shop().sign_up("no.number");
  std::string notification = notify(user.id, "sms");
  std::string id = dead_for("sms.no_number");
  ASSERT_NE(id, "");
  EXPECT_EQ(status_of(user, notification), "failed");
  EXPECT_EQ(listed({"--reason", "sms.no_number", "--service", "notification"}).size(), 1u);
  EXPECT_EQ(listed({"--reason", "sms.no_number", "--service", "order"}).size(), 0u);
  EXPECT_EQ(listed({"--reason", "sms.no_number", "--group", "notification.orders"}).size(), 0u);

  Outcome shown = dlq({"show", id, "--json"});
  ASSERT_EQ(shown.code, 0) << shown.err;
  boost::json::value letter = boost::json::parse(shown.out);
  EXPECT_THAT(std::string(letter.at("body").as_string()), HasSubstr(notification));
  EXPECT_EQ(letter.at("state").as_string(), "dead");
  EXPECT_THAT(dlq({"show", id}).out, HasSubstr("Reason: sms.no_number"));

  Reply profile = shop().put("user", "/api/users/profile",
                             R"({"mobile":{"countryCode":"+49","number":"1701234"}})", bearer(user.token));
  ASSERT_EQ(profile.status, 200) << profile;
  Outcome replayed = dlq({"replay", id});
  EXPECT_EQ(replayed.code, 0) << replayed.err;
  EXPECT_TRUE(wait_until([&] { return status_of(user, notification) == "sent"; }));
  EXPECT_EQ(listed({"--reason", "sms.no_number"}).size(), 0u);
  EXPECT_EQ(dlq({"replay", id}).code, 1) << "it is not there any more";
  EXPECT_EQ(dlq({"show", id}).code, 1);
}

TEST(DeadLetters, AreDroppedForAReasonThatIsLogged) {
  std::string nobody = "nobody-" + shop().product("1.00", 1);
  notify(nobody, "push");
  std::string id = dead_for("user.unknown");
  ASSERT_NE(id, "");
  EXPECT_EQ(dlq({"drop", id}).code, 2) << "without a reason";
  EXPECT_EQ(dlq({"drop", "--because", "tidying"}).code, 2) << "which one?";
  Outcome dropped =
      dlq({"drop", "--all", "--reason", "user.unknown", "--because", "the account never was", "--json"});
  EXPECT_EQ(dropped.code, 0) << dropped.err;
  EXPECT_EQ(boost::json::parse(dropped.out).at("done").as_int64(), 1);
  EXPECT_EQ(listed({"--reason", "user.unknown"}).size(), 0u);
  EXPECT_TRUE(wait_until([] { return shop().log().find("the account never was") != std::string::npos; }));
  EXPECT_THAT(shop().log(), HasSubstr("dead letter dropped by an operator"));
}

TEST(DeadLetters, AreNobodysBusinessFromOutside) {
  Account user = shop().sign_up("curious");
  EXPECT_EQ(shop().get("notification", "/internal/dead-letters").status, 401);
  EXPECT_THAT(shop().get("notification", "/internal/dead-letters", bearer(user.token)).status,
              ::testing::AnyOf(401, 403));
  EXPECT_EQ(shop().get("gateway", "/internal/dead-letters", bearer(shop().admin().token)).status, 404);
  EXPECT_EQ(shop().get("product", "/internal/dead-letters", internal_key()).status, 200);
}

}  // namespace
}  // namespace portico::test
