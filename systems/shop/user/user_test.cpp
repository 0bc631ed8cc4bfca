// The user service from outside, in the running shop.
#include "systems/shop/user/collections.h"
#include "systems/shop/user/test_support.h"

namespace shop::user {
namespace {

TEST_F(UserService, RegistersWithFourFieldsAndIgnoresTheRole) {
  net::Response answer = shop.ask("user", POST, "/api/users/register",
                                  R"({"firstName":" Jane ","lastName":"Doe","email":"Jane@Shop.Example",)"
                                  R"("password":"password123","role":"admin"})");
  ASSERT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(at<std::string>(answer, {"message"}), "User registered successfully");
  SignedIn in = at<SignedIn>(answer, {"data"});
  EXPECT_EQ(in.user.first_name, "Jane");
  EXPECT_EQ(in.user.email, "jane@shop.example");
  EXPECT_EQ(in.user.role, UserRole::user);
  EXPECT_EQ(answer.body.find("assword"), answer.body.npos) << answer.body;

  net::Response profile = shop.ask("user", GET, "/api/users/profile", "", {in.token});
  ASSERT_EQ(profile.status, 200) << profile.body;
  EXPECT_EQ(at<User>(profile, {"data", "user"}).id, in.user.id);
}

TEST_F(UserService, AnAddressRegistersOnceInWhateverCase) {
  shop.sign_up("jane@shop.example");
  net::Response again = shop.ask("user", POST, "/api/users/register",
                                 R"({"firstName":"Joan","lastName":"Roe","email":"JANE@shop.example",)"
                                 R"("password":"password456"})");
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(error_of(again), "Email already registered");
  EXPECT_EQ(shop.login("jane@shop.example", "password123").status, 200);
}

TEST_F(UserService, NamesEveryFaultOfARegistration) {
  net::Response answer = shop.ask(
      "user", POST, "/api/users/register",
      R"({"firstName":"J","lastName":"Doe","email":"nobody","password":"short","dateOfBirth":"soon"})");
  EXPECT_EQ(answer.status, 400);
  for (const char* field : {"firstName", "email", "password", "dateOfBirth"})
    EXPECT_NE(answer.body.find(field), answer.body.npos) << field;
}

TEST_F(UserService, AnUnknownAddressAndAWrongPasswordLookTheSame) {
  shop.sign_up("jane@shop.example");
  net::Response wrong = shop.login("jane@shop.example", "not-hers-1");
  net::Response unknown = shop.login("joan@shop.example", "not-hers-1");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(error_of(wrong), "Invalid email or password");
  auto without_id = [](std::string body) { return body.erase(body.find("correlationId"), 55); };
  EXPECT_EQ(without_id(wrong.body), without_id(unknown.body));
}

TEST_F(UserService, SlowsDownGuessingForEveryAddressAlike) {
  shop.sign_up("jane@shop.example");
  for (const char* email : {"jane@shop.example", "joan@shop.example"}) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(shop.login(email, "not-hers-1").status, 401);
    net::Response answer = shop.login(email, "password123");
    EXPECT_EQ(answer.status, 429) << email;
    EXPECT_EQ(answer.headers.get("retry-after"), "1");
  }
  shop.pass(std::chrono::seconds(2));
  EXPECT_EQ(shop.login("jane@shop.example", "not-hers-1").status, 401);
  EXPECT_EQ(shop.login("jane@shop.example", "password123").headers.get("retry-after"), "2");
  shop.pass(std::chrono::minutes(15));
  EXPECT_EQ(shop.login("jane@shop.example", "password123").status, 200);
}

TEST_F(UserService, TakesOverBcryptAndStoresAStrongerHash) {
  SignedIn jane = shop.sign_up("jane@shop.example");
  shop.stop();
  // bcrypt of "password123" with cost 10
  const std::string bcrypt = "$2b$10$3DlVrD92.lV56jyaTS.0yeS8mg7yL5Jd93lXUFgi.D9szqMgHi8Aa";
  std::string stored;
  shop.in_store<Collections>("user", [&](Unit& unit, Collections& in) -> Task<void> {
    Id<Account> id{jane.user.id.value};
    co_await in.accounts.update(unit, id, set(&Account::password_hash, bcrypt));
  });
  shop.start();
  EXPECT_EQ(shop.login("jane@shop.example", "password124").status, 401);
  EXPECT_EQ(shop.login("jane@shop.example", "password123").status, 200);
  EXPECT_EQ(shop.login("jane@shop.example", "password123").status, 200);
  shop.stop();
  shop.in_store<Collections>("user", [&](Unit& unit, Collections& in) -> Task<void> {
    stored = (co_await in.accounts.find(unit, Id<Account>{jane.user.id.value}))->password_hash;
  });
  EXPECT_TRUE(stored.starts_with("$argon2id$")) << stored;
  shop.start();
}

TEST_F(UserService, ValidatesTokensWithTheWordsOfTheSeed) {
  SignedIn jane = shop.sign_up("jane@shop.example");
  net::Response none = validate("{}");
  EXPECT_EQ(none.status, 400);
  EXPECT_EQ(error_of(none), "Token required");
  EXPECT_EQ(error_of(validate(R"({"token":""})")), "Token required");
  net::Response bad = validate_token(jane.token.substr(0, jane.token.size() - 4) + "AAAA");
  EXPECT_EQ(bad.status, 401);
  EXPECT_EQ(error_of(bad), "Invalid token");
  EXPECT_EQ(validate_token("not.a.token").status, 401);
  net::Response good = validate_token(jane.token);
  ASSERT_EQ(good.status, 200) << good.body;
  EXPECT_EQ(at<User>(good, {"data", "user"}).email, "jane@shop.example");
  EXPECT_EQ(good.body.find("assword"), good.body.npos);

  shop.stop();
  shop.in_store<Collections>("user", [&](Unit& unit, Collections& in) -> Task<void> {
    co_await in.users.remove(unit, jane.user.id);
  });
  shop.start();
  net::Response gone = validate_token(jane.token);
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(error_of(gone), "User not found");
  EXPECT_EQ(shop.ask("user", GET, "/api/users/profile", "", {jane.token}).status, 404);
}

TEST_F(UserService, InternalRoutesNeedTheKey) {
  SignedIn jane = shop.sign_up("jane@shop.example");
  std::string path = "/api/users/internal/" + jane.user.id.value;
  for (const Ask& who : {Ask{}, Ask{.token = jane.token}}) {
    net::Response refused = shop.ask("user", GET, path, "", who);
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(error_of(refused), "Internal authentication required");
    EXPECT_FALSE(at<bool>(refused, {"success"}));
    EXPECT_EQ(validate("{}", who).status, 401);
  }
  net::Response read = shop.ask("user", GET, path, "", {.internal = true});
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(at<User>(read, {"data", "user"}).id, jane.user.id);
  EXPECT_EQ(shop.ask("user", GET, "/api/users/internal/nobody", "", {.internal = true}).status, 404);
}

TEST_F(UserService, ChangesTheProfileMemberByMember) {
  Ask jane{shop.sign_up("jane@shop.example").token};
  net::Response answer = shop.ask(
      "user", PUT, "/api/users/profile",
      R"({"lastName":"Roe","mobile":{"countryCode":"+49","number":"170 123"},"role":"admin"})", jane);
  ASSERT_EQ(answer.status, 200) << answer.body;
  User user = at<User>(answer, {"data", "user"});
  EXPECT_EQ(user.first_name, "Jane");
  EXPECT_EQ(user.last_name, "Roe");
  EXPECT_EQ(user.role, UserRole::user);
  ASSERT_TRUE(user.mobile);
  EXPECT_EQ(shop.ask("user", PUT, "/api/users/profile", R"({"dateOfBirth":"2999-01-01"})", jane).status, 400);
  EXPECT_EQ(shop.ask("user", PUT, "/api/users/profile", R"({"firstName":"  "})", jane).status, 400);
  EXPECT_EQ(shop.ask("user", GET, "/api/users/profile").status, 401);
}

TEST_F(UserService, WhoIsNoLongerAdministratorLosesTheToken) {
  SignedIn ada = shop.sign_up_admin("ada@shop.example");
  EXPECT_EQ(ada.user.role, UserRole::admin);
  EXPECT_EQ(shop.ask("order", GET, "/api/admin/orders", "", {ada.token}).status, 200);
  std::string path = "/api/users/internal/" + ada.user.id.value + "/role";
  EXPECT_EQ(shop.ask("user", PUT, path, R"({"role":"user"})").status, 401);
  EXPECT_EQ(shop.ask("user", PUT, path, R"({"role":"user"})", {.internal = true}).status, 200);
  EXPECT_EQ(shop.ask("order", GET, "/api/admin/orders", "", {ada.token}).status, 403);
  EXPECT_EQ(validate_token(ada.token).status, 401);
}

TEST(UserTokens, LastAsLongAsConfigured) {
  TestShop shop({{"security.jwt_expires_in", "10m"}});
  Ask jane{shop.sign_up("jane@shop.example").token};
  shop.pass(std::chrono::minutes(10));
  EXPECT_EQ(shop.ask("user", GET, "/api/users/profile", "", jane).status, 200) << "within the leeway";
  shop.pass(std::chrono::minutes(2));
  EXPECT_EQ(shop.ask("user", GET, "/api/users/profile", "", jane).status, 403);
}

}  // namespace
}  // namespace shop::user
