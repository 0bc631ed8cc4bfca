// For the tests of this service only: the shop with what they ask of it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "systems/shop/test_support.h"

namespace shop::notification {

class NotificationService : public testing::Test {
 protected:
  explicit NotificationService(TestShop::Settings settings = {{"mail.admin", "boss@shop.example"}})
      : shop(std::move(settings)) {}

  net::Response post(const std::string& user, const std::string& more = "", Ask who = {.internal = true}) {
    std::string type = more.find("notificationType") == more.npos ? R"(,"notificationType":"email")" : "";
    std::string body =
        R"({"userId":")" + user + R"(","title":"News","description":"A text")" + type + more + "}";
    return shop.ask("notification", POST, "/api/notifications", std::move(body), std::move(who));
  }
  Notification sent_to(const std::string& user, const std::string& more = "") {
    net::Response answer = post(user, more);
    EXPECT_EQ(answer.status, 201) << answer.body;
    return at<Notification>(answer, {"data"});
  }
  // The user's notification as it is now.
  Notification now(const user::SignedIn& user, const Id<Notification>& id) {
    for (Notification& one : list(user))
      if (one.id == id) return one;
    ADD_FAILURE() << "no notification " << id.value;
    return {};
  }
  std::vector<Notification> list(const user::SignedIn& user, const std::string& rest = "") {
    net::Response answer = shop.ask("notification", GET,
                                    "/api/notifications/user/" + user.user.id.value + rest, "", {user.token});
    EXPECT_EQ(answer.status, 200) << answer.body;
    return at<std::vector<Notification>>(answer, {"data"});
  }
  int64_t unread(const user::SignedIn& user) {
    net::Response answer =
        shop.ask("notification", GET, "/api/notifications/user/" + user.user.id.value + "/unread/count", "",
                 {user.token});
    return at<int64_t>(answer, {"data", "count"});
  }
  size_t mails_by(const std::string& to, std::string_view template_name) {
    auto mails = shop.mails();
    return size_t(std::count_if(mails.begin(), mails.end(), [&](const mail::Mail& mail) {
      return mail.to == to && mail.template_name == template_name;
    }));
  }
  // A user whose welcome is out of the way.
  user::SignedIn welcomed(std::string email) {
    user::SignedIn user = shop.sign_up(std::move(email));
    shop.settle();
    return user;
  }

  TestShop shop;
};

}  // namespace shop::notification
