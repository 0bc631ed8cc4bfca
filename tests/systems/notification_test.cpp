// Notifications: sending, trying again, reading.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/systems/process.h"
#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string body_of(const std::string& user_id, const std::string& title, const std::string& type = "email") {
  return R"({"userId":")" + user_id + R"(","title":)" + json_text(title) +
         R"(,"description":"Something to read","notificationType":")" + type + R"("})";
}

Reply list_of(const std::string& user_id, const Account& as, const std::string& rest = {}) {
  return shop().get("notification", "/api/notifications/user/" + user_id + rest, bearer(as.token));
}

// The notification of that title as it stands in the user's list, or null.
boost::json::value find(const std::string& user_id, const Account& as, const std::string& title) {
  Reply list = list_of(user_id, as);
  if (!list.at("/data").is_array()) return nullptr;
  for (const boost::json::value& entry : list.at("/data").get_array())
    if (entry.at("title").as_string() == title) return entry;
  return nullptr;
}

std::string status_of(const std::string& user_id, const Account& as, const std::string& title) {
  boost::json::value found = find(user_id, as, title);
  return found.is_object() ? std::string(found.at("status").as_string()) : "";
}

TEST(Notifications, AreCreatedWithTheInternalKeyAndSentOnce) {
  Account user = shop().sign_up("notified");
  Reply created =
      shop().post("notification", "/api/notifications", body_of(user.id, "Hello there"), internal_key());
  ASSERT_EQ(created.status, 201) << created;
  EXPECT_EQ(created.text("/data/userId"), user.id);
  EXPECT_EQ(created.text("/data/status"), "pending");
  EXPECT_TRUE(wait_until([&] { return status_of(user.id, user, "Hello there") == "sent"; }));
  Reply mails = shop().mails_to(user.email);
  int sent = 0;
  for (size_t i = 0; i < mails.size("/data/mails"); ++i)
    sent += mails.text("/data/mails/" + std::to_string(i) + "/subject") == "Hello there";
  EXPECT_EQ(sent, 1) << mails;
}

TEST(Notifications, TheFourKindsAreTakenAndWhatIsMissingIsNamed) {
  Account user = shop().sign_up("kinds");
  for (const char* type : {"email", "sms", "push", "in_app", "text", "in-app"}) {
    Reply reply =
        shop().post("notification", "/api/notifications", body_of(user.id, type, type), internal_key());
    EXPECT_EQ(reply.status, 201) << type << reply;
  }
  Reply unknown =
      shop().post("notification", "/api/notifications", body_of(user.id, "x", "pigeon"), internal_key());
  EXPECT_EQ(unknown.status, 400) << unknown;
  EXPECT_THAT(unknown.fields_at_fault(), ElementsAre("notificationType"));
  Reply empty = shop().post("notification", "/api/notifications",
                            R"({"userId":"","title":"","description":""})", internal_key());
  EXPECT_EQ(empty.status, 400) << empty;
  EXPECT_THAT(empty.fields_at_fault(), ::testing::IsSupersetOf({"description", "title", "userId"}));
  EXPECT_EQ(shop().post("notification", "/api/notifications", body_of(user.id, "x")).status, 401);
  EXPECT_EQ(
      shop().post("notification", "/api/notifications", body_of(user.id, "x"), bearer(user.token)).status,
      403);
}

TEST(Notifications, AfterThreeTriesOneThatCannotBeSentHasFailed) {
  const Account& admin = shop().admin();
  std::string nobody = "nobody-" + shop().product("1.00", 1);
  Reply created =
      shop().post("notification", "/api/notifications", body_of(nobody, "To nobody"), internal_key());
  ASSERT_EQ(created.status, 201) << created;
  EXPECT_TRUE(wait_until([&] { return status_of(nobody, admin, "To nobody") == "failed"; }, 30'000))
      << status_of(nobody, admin, "To nobody");
  boost::json::value found = find(nobody, admin, "To nobody");
  ASSERT_TRUE(found.is_object());
  EXPECT_FALSE(found.at("errorMessage").as_string().empty()) << found;
}

TEST(Notifications, TheSameKeyIsTakenOnce) {
  Account user = shop().sign_up("once");
  std::string body = body_of(user.id, "Only once");
  body.insert(body.size() - 1, R"(,"idempotencyKey":"once-)" + user.id + "\"");
  Reply first = shop().post("notification", "/api/notifications", body, internal_key());
  Reply second = shop().post("notification", "/api/notifications", body, internal_key());
  ASSERT_EQ(first.status, 201) << first;
  EXPECT_EQ(second.text("/data/id"), first.text("/data/id")) << second;
}

TEST(Notifications, UnreadOnesAreCountedListedMarkedAndRemovedByTheirOwner) {
  Account user = shop().sign_up("reader");
  // The welcome comes by itself.
  ASSERT_TRUE(wait_until([&] { return list_of(user.id, user).size("/data") == 1; }))
      << list_of(user.id, user);
  Reply created =
      shop().post("notification", "/api/notifications", body_of(user.id, "Second", "in_app"), internal_key());
  std::string id = created.text("/data/id");
  EXPECT_EQ(list_of(user.id, user, "/unread/count").number("/data/count"), 2);
  EXPECT_EQ(list_of(user.id, user).text("/data/0/id"), id);

  auto patch = [&](const std::string& what, const Account& as) {
    return shop().ask("notification", "PATCH", "/api/notifications/" + id + "/" + what, "", bearer(as.token));
  };
  Reply read = patch("read", user);
  ASSERT_EQ(read.status, 200) << read;
  EXPECT_EQ(read.text("/data/isRead"), "true");
  EXPECT_FALSE(read.at("/data/readAt").is_null());
  EXPECT_EQ(list_of(user.id, user, "/unread/count").number("/data/count"), 1);
  EXPECT_EQ(list_of(user.id, user, "/unread").size("/data"), 1u);
  EXPECT_EQ(patch("unread", user).text("/data/isRead"), "false");
  EXPECT_EQ(list_of(user.id, user, "/unread/count").number("/data/count"), 2);

  const Account& stranger = shop().user("stranger");
  EXPECT_EQ(patch("read", stranger).status, 403);
  EXPECT_EQ(shop().remove("notification", "/api/notifications/" + id, bearer(stranger.token)).status, 403);
  EXPECT_EQ(list_of(user.id, stranger).status, 403);
  EXPECT_EQ(list_of(user.id, stranger, "/unread").status, 403);
  EXPECT_EQ(list_of(user.id, stranger, "/unread/count").status, 403);

  EXPECT_EQ(shop().remove("notification", "/api/notifications/" + id, bearer(user.token)).status, 200);
  EXPECT_EQ(patch("read", user).status, 404);
  EXPECT_EQ(list_of(user.id, user, "/unread/count").number("/data/count"), 1);
}

TEST(Notifications, WhatItsUserDoesNotWantIsNotSent) {
  Account user = shop().sign_up("quiet");
  const std::string path = "/api/notifications/preferences";
  const std::string all = R"({"account":true,"orders":true,"general":true})";
  const std::string some = R"({"account":true,"orders":true,"general":false})";
  const std::string wanted = R"({"email":)" + some + R"(,"sms":)" + all + R"(,"push":)" + all + "}";
  EXPECT_EQ(shop().get("gateway", path).status, 401);
  EXPECT_EQ(shop().get("gateway", path, bearer(user.token)).text("/data/email/general"), "true");
  EXPECT_EQ(shop().put("gateway", path, wanted, bearer(user.token)).status, 200);
  EXPECT_EQ(shop().get("gateway", path, bearer(user.token)).text("/data/email/general"), "false");
  shop().post("notification", "/api/notifications", body_of(user.id, "Unwanted"), internal_key());
  EXPECT_TRUE(wait_until([&] { return status_of(user.id, user, "Unwanted") == "skipped"; }));
  Reply mails = shop().mails_to(user.email);
  for (size_t i = 0; i < mails.size("/data/mails"); ++i)
    EXPECT_NE(mails.text("/data/mails/" + std::to_string(i) + "/subject"), "Unwanted");
}

TEST(Notifications, TheMailOfAnOrderHoldsWhatWasTypedAsText) {
  Account user = shop().sign_up("markup");
  std::string product = shop().product("1.00", 5, "<b>Bold</b> & \"co\"");
  Reply order = shop().order(user, {{product, 1}});
  ASSERT_EQ(order.status, 201) << order;
  std::string id = order.text("/data/order/id"), html;
  EXPECT_TRUE(wait_until([&] {
    Reply mails = shop().mails_to(user.email);
    for (size_t i = 0; i < mails.size("/data/mails"); ++i) {
      std::string at = "/data/mails/" + std::to_string(i);
      if (mails.text(at + "/text").find(id) != std::string::npos) html = mails.text(at + "/html");
    }
    return !html.empty();
  }));
  EXPECT_THAT(html, ::testing::Not(HasSubstr("<b>Bold</b>")));
}

}  // namespace
}  // namespace portico::test
