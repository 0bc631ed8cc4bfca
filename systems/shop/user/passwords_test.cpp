// Changing and resetting passwords, in the running shop.
#include "systems/shop/user/test_support.h"

namespace shop::user {
namespace {

TEST_F(UserService, AChangedPasswordEndsEverySession) {
  SignedIn first = shop.sign_up("jane@shop.example");
  SignedIn second = at<SignedIn>(shop.login("jane@shop.example", "password123"), {"data"});
  auto change = [&](const std::string& current) {
    return shop.ask("user", PUT, "/api/users/password",
                    R"({"currentPassword":")" + current + R"(","newPassword":"another-secret"})",
                    {second.token});
  };
  net::Response wrong = change("not-hers-1");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(at<std::string>(wrong, {"code"}), "password.wrong");
  ASSERT_EQ(change("password123").status, 200);

  for (int restarts = 0; restarts < 2; ++restarts) {
    for (const std::string& token : {first.token, second.token}) {
      EXPECT_EQ(shop.ask("user", GET, "/api/users/profile", "", {token}).status, 403);
      EXPECT_EQ(shop.ask("order", GET, "/api/orders", "", {token}).status, 403);
      EXPECT_EQ(validate_token(token).status, 401);
    }
    shop.stop();
    shop.start();
    EXPECT_EQ(validate_token(first.token).status, 401) << "the account remembers";
    shop.pass(std::chrono::seconds(10));  // and tells the verifier soon after the start
  }
  EXPECT_EQ(shop.login("jane@shop.example", "password123").status, 401);
  SignedIn again = at<SignedIn>(shop.login("jane@shop.example", "another-secret"), {"data"});
  EXPECT_EQ(validate_token(again.token).status, 200);
}

TEST_F(UserService, ResetsAForgottenPasswordWithTheMailedCodeOnce) {
  SignedIn jane = shop.sign_up("jane@shop.example");
  net::Response known = forgot("Jane@shop.example");
  net::Response unknown = forgot("joan@shop.example");
  EXPECT_EQ(known.status, 200);
  EXPECT_EQ(known.body, unknown.body);
  std::string code = mailed_code("jane@shop.example");
  ASSERT_EQ(code.size(), 6u);
  EXPECT_EQ(known.body.find(code), known.body.npos);
  EXPECT_TRUE(shop.mails("joan@shop.example").empty());

  EXPECT_EQ(reset("joan@shop.example", code).status, 400);
  net::Response wrong = reset("jane@shop.example", other_than(code));
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(error_of(wrong), "The code is wrong or has expired");
  EXPECT_EQ(reset("jane@shop.example", code).status, 200);
  EXPECT_EQ(reset("jane@shop.example", code, "a-third-secret").status, 400);
  EXPECT_EQ(shop.login("jane@shop.example", "password123").status, 401);
  EXPECT_EQ(shop.login("jane@shop.example", "another-secret").status, 200);
  EXPECT_EQ(validate_token(jane.token).status, 401);
}

TEST_F(UserService, ACodeSurvivesFourWrongTriesAndNotFive) {
  shop.sign_up("jane@shop.example");
  shop.sign_up("joan@shop.example");
  for (auto [email, tries, status] :
       {std::tuple{"jane@shop.example", 4, 200}, std::tuple{"joan@shop.example", 5, 400}}) {
    forgot(email);
    std::string code = mailed_code(email);
    ASSERT_EQ(code.size(), 6u);
    for (int i = 0; i < tries; ++i) EXPECT_EQ(reset(email, other_than(code)).status, 400);
    EXPECT_EQ(reset(email, code).status, status) << email;
  }
}

TEST_F(UserService, ACodeExpiresAndANewOneReplacesIt) {
  shop.sign_up("jane@shop.example");
  forgot("jane@shop.example");
  std::string first = mailed_code("jane@shop.example");
  shop.pass(std::chrono::minutes(15));
  EXPECT_EQ(reset("jane@shop.example", first).status, 400);
  forgot("jane@shop.example");
  std::string second = mailed_code("jane@shop.example");
  ASSERT_EQ(second.size(), 6u);
  shop.pass(std::chrono::minutes(14));
  EXPECT_EQ(reset("jane@shop.example", second).status, 200);
}

TEST_F(UserService, SendsOneCodeInHalfAMinuteWhoeverAsks) {
  shop.sign_up("jane@shop.example");
  for (const char* email : {"jane@shop.example", "joan@shop.example"}) {
    EXPECT_EQ(forgot(email).status, 200);
    net::Response again = forgot(email);
    EXPECT_EQ(again.status, 429) << email;
    EXPECT_EQ(again.headers.get("retry-after"), "30");
  }
  shop.pass(std::chrono::seconds(30));
  EXPECT_EQ(forgot("jane@shop.example").status, 200);
}

TEST_F(UserService, WrongGuessesDoNotLockTheOwnerOut) {
  shop.sign_up("jane@shop.example");
  for (int i = 0; i < 5; ++i) shop.login("jane@shop.example", "not-hers-1");
  EXPECT_EQ(shop.login("jane@shop.example", "password123").status, 429);
  forgot("jane@shop.example");
  ASSERT_EQ(reset("jane@shop.example", mailed_code("jane@shop.example")).status, 200);
  EXPECT_EQ(shop.login("jane@shop.example", "another-secret").status, 200);
}

TEST_F(UserService, LogsHoldNoSecrets) {
  SignedIn jane = shop.sign_up("jane@shop.example");
  shop.login("jane@shop.example", "not-hers-1");
  forgot("jane@shop.example");
  std::string code = mailed_code("jane@shop.example");
  reset("jane@shop.example", code);
  shop.stop();
  for (const std::string& secret :
       {std::string("password123"), std::string("not-hers-1"), std::string("another-secret"), code,
        jane.token, std::string("$argon2id")})
    EXPECT_EQ(shop.lines().find(secret), std::string::npos) << secret;
  EXPECT_EQ(shop.lines().find("jane@shop"), std::string::npos);
  shop.start();
}

}  // namespace
}  // namespace shop::user
