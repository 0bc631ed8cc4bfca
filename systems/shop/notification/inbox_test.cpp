// Who may do what with notifications, in the running shop.
#include "systems/shop/notification/test_support.h"

namespace shop::notification {
namespace {

TEST_F(NotificationService, UsersReadMarkAndRemoveTheirOwn) {
  user::SignedIn jane = welcomed("jane@shop.example"), joan = welcomed("joan@shop.example");
  user::SignedIn ada = shop.sign_up_admin("ada@shop.example");
  std::string id = sent_to(jane.user.id.value).id.value;
  shop.settle();
  EXPECT_EQ(unread(jane), 2);
  auto change = [&](net::Verb verb, const std::string& rest, const user::SignedIn& who) {
    return shop.ask("notification", verb, "/api/notifications/" + id + rest, "", {who.token}).status;
  };
  for (const std::string& rest : {"", "/unread", "/unread/count"}) {
    std::string path = "/api/notifications/user/" + jane.user.id.value + rest;
    EXPECT_EQ(shop.ask("notification", GET, path, "", {joan.token}).status, 403);
    EXPECT_EQ(shop.ask("notification", GET, path).status, 401);
    EXPECT_EQ(shop.ask("notification", GET, path, "", {ada.token}).status, 200);
  }
  EXPECT_EQ(change(PATCH, "/read", joan), 403);
  EXPECT_EQ(change(PATCH, "/read", ada), 403);
  EXPECT_EQ(change(DELETE, "", joan), 403);
  EXPECT_EQ(change(PATCH, "/read", jane), 200);
  EXPECT_EQ(unread(jane), 1);
  EXPECT_TRUE(now(jane, {id}).read_at);
  EXPECT_EQ(list(jane, "/unread").size(), 1u);
  EXPECT_EQ(change(PATCH, "/unread", jane), 200);
  EXPECT_FALSE(now(jane, {id}).read_at);
  EXPECT_EQ(unread(jane), 2);
  EXPECT_EQ(change(DELETE, "", jane), 200);
  EXPECT_EQ(change(DELETE, "", jane), 404);
  EXPECT_EQ(change(PATCH, "/read", jane), 404);
  EXPECT_EQ(list(jane).size(), 1u);
}

TEST_F(NotificationService, ListsTheNewestFirstByPages) {
  user::SignedIn jane = welcomed("jane@shop.example");
  for (int i = 0; i < 3; ++i) {
    shop.pass(std::chrono::seconds(1));
    sent_to(jane.user.id.value);
  }
  auto all = list(jane);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_GT(all[0].created_at, all[1].created_at);
  auto second = list(jane, "?page=2&limit=3");
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].id, all[3].id);
}

TEST_F(NotificationService, OnlyServicesAndAdministratorsSend) {
  user::SignedIn jane = welcomed("jane@shop.example");
  EXPECT_EQ(post(jane.user.id.value, "", {}).status, 401);
  EXPECT_EQ(post(jane.user.id.value, "", {jane.token}).status, 403);
  user::SignedIn ada = shop.sign_up_admin("ada@shop.example");
  EXPECT_EQ(post(jane.user.id.value, "", {ada.token}).status, 201);
}

TEST_F(NotificationService, NamesWhatIsWrong) {
  EXPECT_EQ(post("u-1", R"(,"notificationType":"pigeon")").status, 400);
  EXPECT_EQ(post("u-1", R"(,"template":"no-such")").status, 400);
  net::Response empty = shop.ask("notification", POST, "/api/notifications",
                                 R"({"userId":"u-1","title":"","description":""})", {.internal = true});
  EXPECT_EQ(empty.status, 400);
  EXPECT_NE(empty.body.find("title"), empty.body.npos);
  EXPECT_NE(empty.body.find("description"), empty.body.npos);
}

TEST_F(NotificationService, SampleMailsAreForAdministrators) {
  user::SignedIn jane = welcomed("jane@shop.example");
  user::SignedIn ada = shop.sign_up_admin("ada@shop.example");
  for (const char* type : {"basic", "welcome", "order"}) {
    std::string body = R"({"to":"try@shop.example","type":")" + std::string(type) + R"("})";
    std::string path = "/api/notifications/test-email";
    EXPECT_EQ(shop.ask("notification", POST, path, body, {jane.token}).status, 403);
    EXPECT_EQ(shop.ask("notification", POST, path, body, {ada.token}).status, 200);
  }
  auto mails = shop.mails("try@shop.example");
  ASSERT_EQ(mails.size(), 3u);
  net::Response one = shop.ask("notification", GET, "/dev/mail/" + mails[0].id.value);
  EXPECT_EQ(at<mail::Mail>(one, {"data", "mail"}).id, mails[0].id);
  EXPECT_EQ(shop.ask("notification", GET, "/dev/mail/nothing").status, 404);
}

TEST_F(NotificationService, ReportsItsDependencies) {
  std::vector<std::string> names;
  for (const HealthCheck& check : shop.app().service("notification")->checks()) names.push_back(check.name);
  EXPECT_EQ(names, (std::vector<std::string>{"database", "queue", "email"}));
}

}  // namespace
}  // namespace shop::notification
