#include "systems/shop/notification/rules.h"

#include <gtest/gtest.h>

#include "portico/schema/json.h"
#include "systems/shop/notification/templates.h"

namespace shop::notification {
namespace {

const User jane{.id = {"u-1"}, .first_name = "Jane", .last_name = "D'oe", .email = "jane@shop.example"};

// The fault of a template whose variables are not those of the event: an empty place in the mail.
TEST(Templates, NameOnlyWhatTheirStructsHave) {
  EXPECT_EQ(mail::faults(templates::generic, schema::type_of<GenericMail>()), std::vector<std::string>{});
  EXPECT_EQ(mail::faults(templates::welcome, schema::type_of<WelcomeMail>()), std::vector<std::string>{});
  EXPECT_EQ(mail::faults(templates::password_reset, schema::type_of<PasswordResetMail>()),
            std::vector<std::string>{});
  EXPECT_EQ(mail::faults(templates::order_confirmation, schema::type_of<OrderConfirmation>()),
            std::vector<std::string>{});
  EXPECT_EQ(mail::faults(templates::order_shipped, schema::type_of<OrderShippedMail>()),
            std::vector<std::string>{});
  EXPECT_EQ(mail::faults(templates::order_cancelled, schema::type_of<OrderCancelledMail>()),
            std::vector<std::string>{});
  EXPECT_EQ(mail::faults(templates::out_of_stock, schema::type_of<OutOfStockMail>()),
            std::vector<std::string>{});
}

TEST(Templates, AreFoundByName) {
  for (const char* name : {"generic", "welcome", "order-confirmation", "order-shipped", "order-cancelled"}) {
    ASSERT_TRUE(find_template(name)) << name;
    EXPECT_EQ(find_template(name)->source->name, name);
  }
  EXPECT_FALSE(find_template("password-reset")) << "a code must not become a notification";
  EXPECT_FALSE(find_template(""));
}

TEST(NotificationRules, ATemplateMustExistAndItsVariablesFit) {
  NewNotification input{.user_id = {"u-1"}, .title = "T", .description = "D"};
  EXPECT_TRUE(faults(input).empty());
  input.template_name = "no-such";
  ASSERT_EQ(faults(input).size(), 1u);
  EXPECT_EQ(faults(input)[0].pointer, "/templateName");
  input.template_name = "order-shipped";
  EXPECT_TRUE(faults(input).empty());
  input.data = Json{R"({"customerName":"Jane"})"};
  ASSERT_EQ(faults(input).size(), 1u);
  EXPECT_EQ(faults(input)[0].pointer, "/data/orderNumber");
  input.data = Json{R"({"orderNumber":"1"})"};
  EXPECT_TRUE(faults(input).empty());
}

TEST(NotificationRules, OthersReadNothing) {
  Id<User> jane{"u-1"};
  EXPECT_TRUE(may_read({.user_id = "u-1", .role = "user"}, jane));
  EXPECT_TRUE(may_read({.user_id = "u-9", .role = "admin"}, jane));
  EXPECT_FALSE(may_read({.user_id = "u-2", .role = "user"}, jane));
  EXPECT_FALSE(may_read({.role = "admin"}, jane));
  EXPECT_FALSE(may_read({}, Id<User>{}));
}

TEST(NotificationRules, PagesEndAtTheLimitOfTheStore) {
  OfUser input{.user_id = {"u-1"}, .page = 1001, .limit = 100};
  EXPECT_EQ(query_of(input, false).offset, Query::offset_max);
  input.page = 1002;
  EXPECT_THROW(query_of(input, false), Error);
}

TEST(NotificationRules, NumbersAreWrittenInternationally) {
  EXPECT_EQ(international({.country_code = "+49", .number = "(170) 123-45"}), "+4917012345");
}

TEST(NotificationRules, FailuresShowNothingInternal) {
  EXPECT_EQ(shown(Error(Code::internal, "internal", "stack at 0x7f")), "Internal error");
  EXPECT_EQ(shown(Error(unavailable, "x", std::string(600, 'a'))).size(), 500u);
  std::string cut = shown(Error(unavailable, "x", std::string(499, 'a') + "é"));
  EXPECT_EQ(cut, std::string(499, 'a'));
}

}  // namespace
}  // namespace shop::notification
