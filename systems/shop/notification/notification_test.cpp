// What is sent to whom and how often, in the running shop.
#include "systems/shop/notification/test_support.h"

namespace shop::notification {
namespace {

const std::string strong_key = "1c7f5a90be2d4c6388d1f0a7e35b9624d8c03b7ae19f4265";

TEST_F(NotificationService, WelcomesANewUserOnce) {
  user::SignedIn jane = welcomed("jane@shop.example");
  auto notifications = list(jane);
  ASSERT_EQ(notifications.size(), 1u);
  EXPECT_EQ(notifications[0].status, DeliveryStatus::sent);
  ASSERT_TRUE(notifications[0].sent_at);
  auto mails = shop.mails("jane@shop.example");
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_EQ(mails[0].template_name, "welcome");
  EXPECT_NE(mails[0].text.find("Hello Jane Doe"), std::string::npos);
  EXPECT_NE(mails[0].html.find("http://localhost:3000/login"), std::string::npos);
}

TEST_F(NotificationService, SendsByMailAndSaysSo) {
  user::SignedIn jane = welcomed("jane@shop.example");
  Notification pending = sent_to(jane.user.id.value);
  EXPECT_EQ(pending.status, DeliveryStatus::pending);
  EXPECT_EQ(pending.notification_type, NotificationType::email);
  EXPECT_FALSE(pending.is_read);
  shop.settle();
  Notification sent = now(jane, pending.id);
  EXPECT_EQ(sent.status, DeliveryStatus::sent);
  EXPECT_EQ(sent.external_id, "outbox:" + pending.id.value);
  auto mails = shop.mails("jane@shop.example");
  ASSERT_EQ(mails.size(), 2u);
  EXPECT_EQ(mails[0].subject, "News");
  EXPECT_EQ(mails[0].from, "Shop <shop@shop.example>");
}

TEST_F(NotificationService, OneKeyIsOneNotification) {
  user::SignedIn jane = welcomed("jane@shop.example");
  Notification first = sent_to(jane.user.id.value, R"(,"idempotencyKey":"k-1")");
  shop.settle();
  Notification again = sent_to(jane.user.id.value, R"(,"idempotencyKey":"k-1")");
  EXPECT_EQ(again.id, first.id);
  shop.settle();
  EXPECT_EQ(list(jane).size(), 2u);
  EXPECT_EQ(shop.mails("jane@shop.example").size(), 2u);
}

TEST_F(NotificationService, FailsAfterThreeTriesAndKeepsTheDeadLetter) {
  user::SignedIn jane = welcomed("jane@shop.example");
  int tries = 0;
  shop.app().service("user")->set_fault([&](Call&, const EndpointInfo& endpoint) -> Task<void> {
    if (endpoint.name != "read") co_return;
    ++tries;
    throw Error(conflict, "test.broken", "The users are gone");
  });
  Notification pending = sent_to(jane.user.id.value);
  for (int i = 0; i < 60 && shop.parked("notification", DeliveryState::dead).empty(); ++i)
    shop.pass(std::chrono::seconds(1));
  EXPECT_EQ(tries, 3);
  ASSERT_EQ(shop.parked("notification", DeliveryState::dead).size(), 1u);
  Notification failed = now(jane, pending.id);
  EXPECT_EQ(failed.status, DeliveryStatus::failed);
  EXPECT_EQ(failed.error_message, "The users are gone");
  EXPECT_FALSE(failed.sent_at);

  // An operator replays it once the trouble is over.
  shop.app().service("user")->set_fault({});
  Id<ParkedDelivery> dead = shop.parked("notification", DeliveryState::dead)[0].id;
  auto replay = [&]() -> Task<void> {
    Call call = shop.call("notification");
    EXPECT_TRUE(co_await shop.app().bus().replay(call, "notification", dead));
  };
  shop.run(replay());
  shop.pass(std::chrono::seconds(10));
  EXPECT_EQ(now(jane, pending.id).status, DeliveryStatus::sent);
  EXPECT_FALSE(now(jane, pending.id).error_message);
  EXPECT_EQ(mails_by("jane@shop.example", "generic"), 1u);
}

TEST_F(NotificationService, ATryThatFailsOnceIsMadeAgain) {
  user::SignedIn jane = welcomed("jane@shop.example");
  int tries = 0;
  shop.app().service("user")->set_fault([&](Call&, const EndpointInfo& endpoint) -> Task<void> {
    if (endpoint.name == "read" && ++tries == 1) throw Error(conflict, "test.broken", "Not now");
    co_return;
  });
  Notification pending = sent_to(jane.user.id.value);
  shop.pass(std::chrono::seconds(30));
  EXPECT_EQ(tries, 2);
  EXPECT_EQ(now(jane, pending.id).status, DeliveryStatus::sent);
  EXPECT_EQ(mails_by("jane@shop.example", "generic"), 1u);
}

TEST_F(NotificationService, WhatWaitsWhenTheProcessStopsIsSentAfterwards) {
  user::SignedIn jane = welcomed("jane@shop.example");
  shop.app().service("user")->set_fault([](Call&, const EndpointInfo&) -> Task<void> {
    throw Error(conflict, "test.broken", "Not now");
    co_return;
  });
  Notification pending = sent_to(jane.user.id.value);
  shop.stop();
  shop.start();
  shop.pass(std::chrono::seconds(30));
  EXPECT_EQ(now(jane, pending.id).status, DeliveryStatus::sent);
  EXPECT_EQ(mails_by("jane@shop.example", "generic"), 1u);
}

TEST_F(NotificationService, EveryTypeGoesItsOwnWay) {
  user::SignedIn jane = welcomed("jane@shop.example");
  Notification in_app = sent_to(jane.user.id.value, R"(,"notificationType":"in-app")");
  Notification push = sent_to(jane.user.id.value, R"(,"notificationType":"push")");
  Notification no_number = sent_to(jane.user.id.value, R"(,"notificationType":"text")");
  EXPECT_EQ(no_number.notification_type, NotificationType::sms);
  shop.pass(std::chrono::seconds(30));
  EXPECT_EQ(now(jane, in_app.id).status, DeliveryStatus::sent);
  EXPECT_FALSE(now(jane, in_app.id).external_id);
  EXPECT_EQ(now(jane, push.id).status, DeliveryStatus::sent);
  EXPECT_EQ(mails_by(jane.user.id.value, "push"), 1u);
  EXPECT_EQ(now(jane, no_number.id).status, DeliveryStatus::failed);
  EXPECT_EQ(now(jane, no_number.id).error_message, "The user has no mobile number");

  shop.ask("user", PUT, "/api/users/profile", R"({"mobile":{"countryCode":"+49","number":"170 1234"}})",
           {jane.token});
  Notification sms = sent_to(jane.user.id.value, R"(,"notificationType":"sms")");
  shop.settle();
  EXPECT_EQ(now(jane, sms.id).status, DeliveryStatus::sent);
  EXPECT_EQ(mails_by("+491701234", "sms"), 1u);
}

TEST_F(NotificationService, ACodeIsMailedButNeverANotification) {
  user::SignedIn jane = welcomed("jane@shop.example");
  shop.ask("user", POST, "/api/users/forgot-password", R"({"email":"jane@shop.example"})");
  shop.settle();
  EXPECT_EQ(mails_by("jane@shop.example", "password-reset"), 1u);
  EXPECT_EQ(list(jane).size(), 1u);
}

TEST_F(NotificationService, AnOrderIsConfirmedOnceAndItsCancellationToo) {
  user::SignedIn jane = welcomed("jane@shop.example");
  net::Response category =
      shop.ask("product", POST, "/api/categories", R"({"name":"Home"})", {.internal = true});
  std::string category_id = at<std::string>(category, {"data", "category", "id"});
  net::Response product =
      shop.ask("product", POST, "/api/products",
               R"({"name":"Desk Lamp","price":45.99,"stock":2,"categoryId":")" + category_id + R"("})",
               {.internal = true});
  std::string product_id = at<std::string>(product, {"data", "product", "id"});
  net::Response order =
      shop.ask("order", POST, "/api/orders",
               R"({"items":[{"productId":")" + product_id + R"(","quantity":2}]})", {jane.token});
  ASSERT_EQ(order.status, 201) << order.body;
  std::string order_id = at<std::string>(order, {"data", "order", "id"});
  shop.settle();
  auto notifications = list(jane);
  ASSERT_EQ(notifications.size(), 2u);
  EXPECT_EQ(notifications[0].idempotency_key, "order-confirmation:" + order_id);
  EXPECT_NE(notifications[0].description.find("91.98"), std::string::npos);
  EXPECT_EQ(mails_by("jane@shop.example", "order-confirmation"), 1u);
  for (const mail::Mail& mail : shop.mails("jane@shop.example"))
    if (mail.template_name == "order-confirmation")
      for (const char* part : {"Hello Jane Doe", "2 x Desk Lamp at 45.99: 91.98", "Total: 91.98 USD"})
        EXPECT_NE(mail.text.find(part), std::string::npos) << mail.text;
  EXPECT_EQ(mails_by("boss@shop.example", "out-of-stock"), 1u);

  net::Response cancel = shop.ask("order", POST, "/api/orders/" + order_id + "/cancel", "{}", {jane.token});
  ASSERT_EQ(cancel.status, 200) << cancel.body;
  shop.settle();
  EXPECT_EQ(mails_by("jane@shop.example", "order-cancelled"), 1u);
}

class InProduction : public NotificationService {
 protected:
  InProduction()
      : NotificationService({{"mode", "production"}, {"security.internal_key", internal_key + strong_key}}) {}
};

TEST_F(InProduction, NothingPretendsToBeSent) {
  shop.use_key(internal_key + strong_key);
  user::SignedIn jane = shop.sign_up("jane@shop.example", "Jane", {.internal = true});
  Notification email = sent_to(jane.user.id.value);
  Notification sms = sent_to(jane.user.id.value, R"(,"notificationType":"push")");
  shop.pass(std::chrono::seconds(40));
  Ask who{.token = jane.token, .internal = true};
  net::Response answer =
      shop.ask("notification", GET, "/api/notifications/user/" + jane.user.id.value, "", who);
  for (const Notification& one : at<std::vector<Notification>>(answer, {"data"})) {
    EXPECT_EQ(one.status, DeliveryStatus::failed);
    EXPECT_EQ(one.error_message,
              one.id == sms.id ? "No provider is configured for push"
                               : "No mail server is configured: set mail.transport to smtp and SMTP_URL");
  }
  EXPECT_EQ(shop.ask("notification", GET, "/dev/mail", "", who).status, 404);
}

}  // namespace
}  // namespace shop::notification
