// What users do not want is not sent.
#include "systems/shop/notification/rules.h"
#include "systems/shop/notification/templates.h"
#include "systems/shop/notification/test_support.h"

namespace shop::notification {
namespace {

constexpr const char* path = "/api/notifications/preferences";
const std::string nothing = R"({"account":false,"orders":false,"general":false})";

class NotificationPreferences : public NotificationService {
 protected:
  net::Response save(const user::SignedIn& user, const std::string& email, const std::string& sms,
                     const std::string& push) {
    return shop.ask("notification", PUT, path,
                    R"({"email":)" + email + R"(,"sms":)" + sms + R"(,"push":)" + push + "}", {user.token});
  }
};

TEST(NotificationRules, EachKindAndWayIsWantedByItself) {
  Notification general{.notification_type = NotificationType::email};
  Notification order = general, welcome = general;
  order.template_name = Text<1, 60>(templates::order_shipped.name);
  welcome.template_name = Text<1, 60>(templates::welcome.name);
  Preferences wanted;
  for (const Notification* one : {&general, &order, &welcome}) EXPECT_TRUE(is_wanted(wanted, *one));
  wanted.email.orders = false;
  EXPECT_FALSE(is_wanted(wanted, order));
  EXPECT_TRUE(is_wanted(wanted, general));
  EXPECT_TRUE(is_wanted(wanted, welcome));
  order.notification_type = NotificationType::sms;
  EXPECT_TRUE(is_wanted(wanted, order));
  wanted.sms = {false, false, false};
  EXPECT_FALSE(is_wanted(wanted, order));
  order.notification_type = NotificationType::in_app;
  wanted.email = wanted.push = wanted.sms;
  EXPECT_TRUE(is_wanted(wanted, order)) << "it leaves no way but is there to be read";
}

TEST_F(NotificationPreferences, AreTheUsersOwnAndKept) {
  user::SignedIn jane = welcomed("jane@shop.example"), joan = welcomed("joan@shop.example");
  auto email_general = [&](const user::SignedIn& user) {
    return at<bool>(shop.ask("notification", GET, path, "", {user.token}), {"data", "email", "general"});
  };
  EXPECT_TRUE(email_general(jane));
  EXPECT_EQ(save(jane, nothing, nothing, nothing).status, 200);
  EXPECT_FALSE(email_general(jane));
  EXPECT_TRUE(email_general(joan));
  shop.stop();
  shop.start();
  EXPECT_FALSE(email_general(jane));
  EXPECT_EQ(save(jane, "true", nothing, nothing).status, 400);
  EXPECT_EQ(shop.ask("notification", PUT, path, R"({"email":)" + nothing + "}", {jane.token}).status, 400);
  EXPECT_EQ(shop.ask("notification", GET, path).status, 401);
  EXPECT_EQ(shop.ask("notification", GET, path, "", {.internal = true}).status, 401);
}

TEST_F(NotificationPreferences, WhatIsNotWantedIsNotSentButCanBeRead) {
  user::SignedIn jane = welcomed("jane@shop.example");
  const std::string all = R"({"account":true,"orders":true,"general":true})";
  EXPECT_EQ(save(jane, R"({"account":true,"orders":true,"general":false})", all, nothing).status, 200);
  Notification mail = sent_to(jane.user.id.value);
  Notification push = sent_to(jane.user.id.value, R"(,"notificationType":"push")");
  Notification in_app = sent_to(jane.user.id.value, R"(,"notificationType":"in-app")");
  Notification order =
      sent_to(jane.user.id.value, R"(,"templateName":"order-shipped","data":{"orderNumber":"1001"})");
  shop.settle();
  EXPECT_EQ(now(jane, mail.id).status, DeliveryStatus::skipped);
  EXPECT_FALSE(now(jane, mail.id).sent_at);
  EXPECT_EQ(now(jane, push.id).status, DeliveryStatus::skipped);
  EXPECT_EQ(now(jane, in_app.id).status, DeliveryStatus::sent);
  EXPECT_EQ(now(jane, order.id).status, DeliveryStatus::sent);
  EXPECT_EQ(mails_by("jane@shop.example", "generic"), 0u);
  EXPECT_EQ(mails_by("jane@shop.example", "order-shipped"), 1u);
  EXPECT_EQ(mails_by(jane.user.id.value, "push"), 0u);
  EXPECT_EQ(unread(jane), 5);
}

TEST_F(NotificationPreferences, ACodeComesToWhoWantsNothing) {
  user::SignedIn jane = welcomed("jane@shop.example");
  EXPECT_EQ(save(jane, nothing, nothing, nothing).status, 200);
  shop.ask("user", POST, "/api/users/forgot-password", R"({"email":"jane@shop.example"})");
  shop.settle();
  EXPECT_EQ(mails_by("jane@shop.example", "password-reset"), 1u);
}

}  // namespace
}  // namespace shop::notification
