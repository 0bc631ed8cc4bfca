// Accounts, tokens and what services ask the user service.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

void expect_no_password(const Reply& reply) {
  EXPECT_THAT(reply.body, Not(HasSubstr("assword")));
  EXPECT_THAT(reply.body, Not(HasSubstr("$argon2")));
}

TEST(Accounts, FourMembersAreEnoughAndARoleIsIgnored) {
  std::string body = R"({"firstName":"Eve","lastName":"Adams","email":"Eve.Adams@Shop.Test",)"
                     R"("password":"long enough 1","role":"admin"})";
  Reply reply = shop().post("user", "/api/users/register", body);
  ASSERT_EQ(reply.status, 201) << reply;
  EXPECT_EQ(reply.text("/success"), "true");
  EXPECT_EQ(reply.text("/data/user/role"), "user");
  EXPECT_EQ(reply.text("/data/user/email"), "eve.adams@shop.test");
  expect_no_password(reply);
  // Nor does the token carry it.
  Reply orders = shop().get("order", "/api/admin/orders", bearer(reply.text("/data/token")));
  EXPECT_EQ(orders.status, 403) << orders;

  Reply again = shop().post("user", "/api/users/register", body);
  EXPECT_EQ(again.status, 409) << again;
  EXPECT_EQ(again.text("/success"), "false");
}

TEST(Accounts, EveryFaultOfARegistrationIsNamed) {
  Reply reply = shop().post("user", "/api/users/register",
                            R"({"firstName":"E","email":"no address","password":"short"})");
  EXPECT_EQ(reply.status, 400) << reply;
  EXPECT_THAT(reply.fields_at_fault(), ElementsAre("email", "firstName", "lastName", "password"));
}

TEST(Accounts, SigningInAnswersTheSameForAWrongPasswordAndAnUnknownAddress) {
  const Account& user = shop().user("login");
  auto sign_in = [](const std::string& email, const std::string& password) {
    return shop().post("user", "/api/users/login",
                       R"({"email":")" + email + R"(","password":")" + password + R"("})");
  };
  Reply good = sign_in(user.email, user.password);
  ASSERT_EQ(good.status, 200) << good;
  EXPECT_EQ(good.text("/data/user/id"), user.id);
  expect_no_password(good);
  Reply wrong = sign_in(user.email, "not the password");
  Reply unknown = sign_in("nobody@shop.test", "not the password");
  EXPECT_EQ(wrong.status, 401) << wrong;
  EXPECT_EQ(unknown.status, 401) << unknown;
  EXPECT_EQ(wrong.error(), unknown.error());
}

TEST(Accounts, ProfileIsReadAndChangedByItsOwner) {
  Account user = shop().sign_up("profile");
  Reply profile = shop().get("user", "/api/users/profile", bearer(user.token));
  ASSERT_EQ(profile.status, 200) << profile;
  EXPECT_EQ(profile.text("/data/user/id"), user.id);
  expect_no_password(profile);
  Reply changed = shop().put(
      "user", "/api/users/profile",
      R"({"firstName":"Renamed","mobile":{"countryCode":"+49","number":"1701234567"}})", bearer(user.token));
  ASSERT_EQ(changed.status, 200) << changed;
  EXPECT_EQ(changed.text("/data/user/firstName"), "Renamed");
  EXPECT_EQ(changed.text("/data/user/lastName"), "Person");
  EXPECT_EQ(changed.text("/data/user/mobile/number"), "1701234567");
}

TEST(Accounts, ATokenThatIsMissingIsToldFromOneThatDoesNotCount) {
  for (const char* service : {"user", "order"}) {
    std::string path = service == std::string("user") ? "/api/users/profile" : "/api/orders";
    EXPECT_EQ(shop().get(service, path).status, 401);
    EXPECT_EQ(shop().get(service, path, bearer("not.a.token")).status, 403);
    std::string forged = shop().user("token").token;
    forged.back() = forged.back() == 'A' ? 'B' : 'A';
    forged[forged.size() - 5] = forged[forged.size() - 5] == 'A' ? 'B' : 'A';
    EXPECT_EQ(shop().get(service, path, bearer(forged)).status, 403);
    // {"alg":"none","typ":"JWT"} and {"sub":"x","role":"admin"}, without a signature.
    std::string none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJ4Iiwicm9sZSI6ImFkbWluIn0.";
    EXPECT_EQ(shop().get(service, path, bearer(none)).status, 403);
    EXPECT_EQ(shop().get(service, path, {"Authorization: Basic dXNlcjpwYXNz"}).status, 401);
  }
}

TEST(Accounts, OneTokenServesTheOrderAndTheNotificationService) {
  const Account& user = shop().user("everywhere");
  EXPECT_EQ(shop().get("order", "/api/orders", bearer(user.token)).status, 200);
  EXPECT_EQ(shop().get("notification", "/api/notifications/user/" + user.id, bearer(user.token)).status, 200);
  EXPECT_EQ(shop().get("gateway", "/api/orders", bearer(user.token)).status, 200);
  EXPECT_EQ(shop().get("gateway", "/api/notifications/user/" + user.id, bearer(user.token)).status, 200);
}

TEST(InternalRoutes, WithoutTheKeyTheyAnswer401InTheFixedShape) {
  const Account& user = shop().user("internal");
  std::vector<HeaderLines> without = {
      {}, {"X-Internal-Key: wrong"}, {"X-Internal-Key: "}, bearer(user.token), bearer(shop().admin().token)};
  for (const HeaderLines& headers : without) {
    Reply read = shop().get("user", "/api/users/internal/" + user.id, headers);
    EXPECT_EQ(read.status, 401) << read;
    EXPECT_EQ(read.text("/success"), "false");
    EXPECT_EQ(read.error(), "Internal authentication required");
    Reply validated = shop().post("user", "/api/users/internal/validate-token", "{}", headers);
    EXPECT_EQ(validated.status, 401) << validated;
    EXPECT_EQ(validated.error(), "Internal authentication required");
  }
}

TEST(InternalRoutes, WithTheKeyTheyTellOfAUserButNeverThePassword) {
  const Account& user = shop().user("internal");
  Reply read = shop().get("user", "/api/users/internal/" + user.id, internal_key());
  ASSERT_EQ(read.status, 200) << read;
  EXPECT_EQ(read.text("/data/user/email"), user.email);
  expect_no_password(read);
  Reply unknown = shop().get("user", "/api/users/internal/nobody", internal_key());
  EXPECT_EQ(unknown.status, 404) << unknown;
  EXPECT_EQ(unknown.error(), "User not found");
}

TEST(InternalRoutes, TokensAreValidated) {
  const Account& user = shop().user("internal");
  auto validate = [](const std::string& body) {
    return shop().post("user", "/api/users/internal/validate-token", body, internal_key());
  };
  Reply good = validate(R"({"token":")" + user.token + R"("})");
  ASSERT_EQ(good.status, 200) << good;
  EXPECT_EQ(good.text("/message"), "Token validated successfully");
  EXPECT_EQ(good.text("/data/user/id"), user.id);
  expect_no_password(good);
  Reply missing = validate("{}");
  EXPECT_EQ(missing.status, 400) << missing;
  EXPECT_EQ(missing.error(), "Token required");
  Reply bad = validate(R"({"token":"not.a.token"})");
  EXPECT_EQ(bad.status, 401) << bad;
  EXPECT_EQ(bad.error(), "Invalid token");
}

TEST(Accounts, AChangedPasswordEndsTheTokensBefore) {
  Account user = shop().sign_up("password");
  std::string change = R"({"currentPassword":")" + user.password + R"(","newPassword":"another long one"})";
  Reply wrong =
      shop().put("user", "/api/users/password",
                 R"({"currentPassword":"guess","newPassword":"another long one"})", bearer(user.token));
  EXPECT_THAT(wrong.status, ::testing::AnyOf(400, 401)) << wrong;
  Reply changed = shop().put("user", "/api/users/password", change, bearer(user.token));
  ASSERT_EQ(changed.status, 200) << changed;
  EXPECT_EQ(shop().get("user", "/api/users/profile", bearer(user.token)).status, 403);
  Reply login = shop().post("user", "/api/users/login",
                            R"({"email":")" + user.email + R"(","password":"another long one"})");
  EXPECT_EQ(login.status, 200) << login;
}

TEST(Accounts, AForgottenPasswordIsResetWithACodeThatOnlyTheMailHolds) {
  Account user = shop().sign_up("forgot");
  auto forgot = [](const std::string& email) {
    return shop().post("user", "/api/users/forgot-password", R"({"email":")" + email + R"("})");
  };
  Reply known = forgot(user.email), unknown = forgot("nobody.at.all@shop.test");
  ASSERT_EQ(known.status, 200) << known;
  EXPECT_EQ(unknown.status, 200) << unknown;
  EXPECT_EQ(known.text("/message"), unknown.text("/message"));
  EXPECT_EQ(known.body.size(), unknown.body.size());
  for (const char* code : {"000000", "123456"}) {
    Reply wrong = shop().post(
        "user", "/api/users/reset-password",
        R"({"email":")" + user.email + R"(","code":")" + code + R"(","newPassword":"brand new words"})");
    EXPECT_EQ(wrong.status, 400) << wrong;
  }
}

}  // namespace
}  // namespace portico::test
