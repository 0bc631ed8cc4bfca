// One intent a user, template and key; and what becomes of it while a neighbour is down.
#include <set>

#include "systems/shop/notification/collections.h"
#include "systems/shop/notification/test_support.h"

namespace shop::notification {
namespace {

const std::string key = R"(,"idempotencyKey":"order-7")";
const std::string shipped = R"(,"templateName":"order-shipped","data":{"orderNumber":"7"})";

class Sending : public NotificationService {
 protected:
  explicit Sending(TestShop::Settings settings = {}) : NotificationService(std::move(settings)) {}
  void break_users(Error error) {
    shop.app().service("user")->set_fault([this, error](Call&, const EndpointInfo& endpoint) -> Task<void> {
      if (endpoint.name != "read") co_return;
      ++asked;
      throw Error(error);
    });
  }
  int asked = 0;
};

class LongOutage : public Sending {
 protected:
  LongOutage() : Sending({{"bus.poll", "10s"}}) {}  // virtual days are long
};

TEST_F(Sending, AKeyIsOfOneUserAndOneTemplate) {
  user::SignedIn jane = welcomed("jane@shop.example"), joan = welcomed("joan@shop.example");
  const std::string a = jane.user.id.value, b = joan.user.id.value;
  std::set<std::string> ids = {sent_to(a, key).id.value, sent_to(b, key).id.value,
                               sent_to(a, key + shipped).id.value};
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_TRUE(ids.contains(sent_to(a, key).id.value));
  EXPECT_TRUE(ids.contains(sent_to(b, key).id.value));
  EXPECT_TRUE(ids.contains(sent_to(a, key + shipped).id.value));
  EXPECT_TRUE(ids.contains(sent_to(a, key + R"(,"templateName":"generic")").id.value));
  shop.settle();
  EXPECT_EQ(mails_by("jane@shop.example", "generic"), 1u);
  EXPECT_EQ(mails_by("jane@shop.example", "order-shipped"), 1u);
  EXPECT_EQ(mails_by("joan@shop.example", "generic"), 1u);
}

TEST_F(Sending, WhatAUserHasRemovedIsGoneForThatUserOnly) {
  user::SignedIn jane = welcomed("jane@shop.example"), joan = welcomed("joan@shop.example");
  Notification first = sent_to(jane.user.id.value, key);
  shop.settle();
  EXPECT_EQ(shop.ask("notification", DELETE, "/api/notifications/" + first.id.value, "", {jane.token}).status,
            200);
  sent_to(jane.user.id.value, key);
  sent_to(jane.user.id.value, key + shipped);
  sent_to(joan.user.id.value, key);
  shop.settle();
  EXPECT_EQ(list(jane).size(), 2u);
  EXPECT_EQ(list(joan).size(), 2u);
  EXPECT_EQ(mails_by("jane@shop.example", "generic"), 1u);
}

// Rows from before a key was a user's own: without a template, and removed ones without a user.
TEST_F(Sending, KeysOfEarlierProgramsHold) {
  user::SignedIn jane = welcomed("jane@shop.example");
  shop.stop();
  shop.in_store<Collections>("notification", [&](Unit& unit, Collections& in) -> Task<void> {
    co_await in.notifications.insert(unit, {.id = {"old-1"},
                                            .user_id = {jane.user.id.value},
                                            .title = "News",
                                            .description = "A text",
                                            .status = DeliveryStatus::sent,
                                            .idempotency_key = Text<1, 200>("order-7")});
    co_await in.removed_keys.insert(unit, {.id = {"old-2"}, .key = "order-8"});
  });
  shop.start();
  EXPECT_EQ(sent_to(jane.user.id.value, key).id.value, "old-1");
  sent_to(jane.user.id.value, R"(,"idempotencyKey":"order-8")");
  shop.settle();
  EXPECT_EQ(list(jane).size(), 2u) << "the welcome and the old one";
  EXPECT_EQ(mails_by("jane@shop.example", "generic"), 0u);
}

TEST_F(Sending, ANeighbourThatIsDownUsesUpNoTry) {
  user::SignedIn jane = welcomed("jane@shop.example");
  break_users(Error(unavailable, "test.down", "The users are away"));
  Notification pending = sent_to(jane.user.id.value);
  shop.pass(std::chrono::minutes(30));
  EXPECT_GT(asked, 6);
  EXPECT_LT(asked, 400) << "the waits grow";
  EXPECT_TRUE(shop.parked("notification", DeliveryState::dead).empty());
  ASSERT_EQ(shop.parked("notification", DeliveryState::waiting).size(), 1u);
  EXPECT_EQ(shop.parked("notification", DeliveryState::waiting)[0].attempts, 0);
  EXPECT_EQ(now(jane, pending.id).status, DeliveryStatus::pending);
  EXPECT_TRUE(now(jane, pending.id).error_message);

  // The three tries are all there still.
  break_users(Error(conflict, "test.broken", "The users are gone"));
  asked = 0;
  shop.pass(std::chrono::minutes(10));
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(now(jane, pending.id).status, DeliveryStatus::failed);
  EXPECT_EQ(shop.parked("notification", DeliveryState::dead).size(), 1u);
}

TEST_F(Sending, ANeighbourThatComesBackLetsItThrough) {
  user::SignedIn jane = welcomed("jane@shop.example");
  break_users(Error(too_late, "test.slow", "The users are slow"));
  Notification pending = sent_to(jane.user.id.value);
  shop.pass(std::chrono::hours(2));
  shop.app().service("user")->set_fault({});
  shop.pass(std::chrono::minutes(2));
  EXPECT_EQ(now(jane, pending.id).status, DeliveryStatus::sent);
  EXPECT_EQ(mails_by("jane@shop.example", "generic"), 1u);
}

TEST_F(LongOutage, AfterADayAnOutageCountsLikeAnythingElse) {
  user::SignedIn jane = welcomed("jane@shop.example");
  break_users(Error(unavailable, "test.down", "The users are away"));
  Notification pending = sent_to(jane.user.id.value);
  shop.pass(std::chrono::hours(23));
  EXPECT_EQ(now(jane, pending.id).status, DeliveryStatus::pending);
  shop.pass(std::chrono::hours(2));
  jane = at<user::SignedIn>(shop.login("jane@shop.example", "password123"), {"data"});
  EXPECT_EQ(now(jane, pending.id).status, DeliveryStatus::failed);
  EXPECT_EQ(shop.parked("notification", DeliveryState::dead).size(), 1u);
}

}  // namespace
}  // namespace shop::notification
