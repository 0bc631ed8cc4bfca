#include "portico/security/password.h"

#include <gtest/gtest.h>

#include "portico/security/password_policy.h"
#include "portico/security/test_support.h"

namespace portico::security {
namespace {

const PasswordOptions fast = PasswordOptions::fast();

Verdict verify(std::string_view stored, std::string password, PasswordOptions options = fast) {
  return verify_password(stored, Secret(std::move(password)), options);
}

TEST(Password, HashIsAPhcStringOfTheDefaultCost) {
  SeededRandom random(1);
  std::string stored = hash_password(Secret("correct horse"), {}, random);
  EXPECT_TRUE(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << stored;
  EXPECT_EQ(stored.size(), std::string("$argon2id$v=19$m=19456,t=2,p=1$").size() + 22 + 1 + 43);
  EXPECT_EQ(verify(stored, "correct horse", {}), (Verdict{.matches = true}));
  EXPECT_EQ(verify(stored, "correct horse!", {}), Verdict{});
  EXPECT_NE(stored, hash_password(Secret("correct horse"), {}, random)) << "each hash has its own salt";
}

TEST(Password, AnyBytesCount) {
  SeededRandom random(2);
  for (const std::string& password : {std::string(), std::string("a\0b", 3), std::string("pässwörd\xff"),
                                      std::string(password_bytes_max, 'x')}) {
    std::string stored = hash_password(Secret(password), Argon2Cost::fast(), random);
    EXPECT_TRUE(verify(stored, password).matches);
    EXPECT_FALSE(verify(stored, password + "x").matches);
  }
  EXPECT_FALSE(
      verify(hash_password(Secret(std::string("a\0b", 3)), Argon2Cost::fast(), random), "a").matches);
}

TEST(Password, TooLongIsRefusedBeforeItCosts) {
  SeededRandom random(3);
  try {
    hash_password(Secret(std::string(password_bytes_max + 1, 'x')), {}, random);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason(), "password.too_long");
  }
}

TEST(Password, Argon2ReferenceVectors) {  // of the reference implementation's own tests, version 19
  EXPECT_TRUE(verify("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                     "password")
                  .matches);
  EXPECT_TRUE(verify("$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
                     "password")
                  .matches);
}

TEST(Password, BcryptVectors) {
  PasswordOptions options = fast;
  options.bcrypt_cost_min = 4;
  const std::pair<const char*, const char*> cases[] = {
      // of the original implementation
      {"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
      {"$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"},
      {"$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U"},
      {"$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
       "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"},
      {"$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy", ""}};
  for (const auto& [stored, password] : cases) {
    EXPECT_EQ(verify(stored, password, options), (Verdict{.matches = true, .needs_upgrade = true})) << stored;
    EXPECT_EQ(verify(stored, std::string(password) + "x", options), Verdict{}) << stored;
    for (char variant : {'b', 'y'}) {
      std::string other = stored;
      other[2] = variant;
      EXPECT_TRUE(verify(other, password, options).matches) << other;
    }
    EXPECT_TRUE(verify(stored, password).unreadable) << "cost 5 is under the default minimum";
  }
}

TEST(Password, BcryptDoesNotDropWhatIsTooLong) {
  PasswordOptions options = fast;
  options.bcrypt_cost_min = 4;
  const char* stored = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";  // of 72 characters
  std::string password = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  ASSERT_EQ(password.size(), bcrypt_password_bytes_max);
  EXPECT_TRUE(verify(stored, password, options).matches);
  EXPECT_FALSE(verify(stored, password + "chars after 72 are ignored", options).matches);
  EXPECT_FALSE(verify("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
                      std::string("U*U\0x", 5), options)
                   .matches);
}

TEST(Password, UnreadableHashesMatchNothing) {
  const char* salt = "c29tZXNhbHRzb21lc2FsdA";
  const char* tag = "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  for (const std::string& stored :
       {std::string(),
        std::string("password"),
        std::string("$1$salt$hash"),
        std::string("$6$salt$hash"),
        std::string("*0"),
        fmt::format("$argon2i$v=19$m=256,t=2,p=1${}${}", salt, tag),
        fmt::format("$argon2id$v=16$m=256,t=2,p=1${}${}", salt, tag),
        fmt::format("$argon2id$m=256,t=2,p=1${}${}", salt, tag),
        fmt::format("$argon2id$v=19$m=256,t=2,p=1${}$", salt),
        fmt::format("$argon2id$v=19$m=256,t=2,p=1$${}", tag),
        fmt::format("$argon2id$v=19$m=256,t=2,p=1${}", salt),
        fmt::format("$argon2id$v=19$m=4294967295,t=2,p=1${}${}", salt, tag),
        fmt::format("$argon2id$v=19$m=99999999999,t=2,p=1${}${}", salt, tag),
        fmt::format("$argon2id$v=19$m=256,t=4294967295,p=1${}${}", salt, tag),
        fmt::format("$argon2id$v=19$m=1,t=1,p=1${}${}", salt, tag),
        fmt::format("$argon2id$v=19$m=256,t=2,p=1${}${}x!", salt, tag),
        "$argon2id$v=19$m=256,t=2,p=1$" + std::string(600, 'A') + "$" + tag,
        std::string("$2x$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        std::string("$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        std::string("$2a$1x$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")})
    EXPECT_EQ(verify(stored, "password"), (Verdict{.unreadable = true})) << stored;
  std::string junk = "$2a$10$" + std::string(53, '!');
  EXPECT_FALSE(verify(junk, "password").matches);
}

TEST(Password, WeakerHashesNeedAnUpgrade) {
  SeededRandom random(4);
  Argon2Cost fast_cost = Argon2Cost::fast();
  std::string stored = hash_password(Secret("pw"), fast_cost, random);
  EXPECT_FALSE(needs_upgrade(stored, fast_cost));
  EXPECT_TRUE(needs_upgrade(stored, {}));
  EXPECT_TRUE(needs_upgrade(stored, {.memory_kib = 32, .iterations = 2, .parallelism = 1}));
  EXPECT_TRUE(needs_upgrade("$2b$12$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", fast_cost));
  EXPECT_TRUE(needs_upgrade(
      "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", fast_cost))
      << "its salt has 8 bytes";
  PasswordOptions stronger = fast;
  stronger.cost.memory_kib = 64;
  EXPECT_EQ(verify(stored, "pw", stronger), (Verdict{.matches = true, .needs_upgrade = true}));
}

TEST(Password, MinimumCost) {
  for (Argon2Cost good : {Argon2Cost{}, Argon2Cost{47104, 1, 1}, Argon2Cost{12288, 3, 1},
                          Argon2Cost{9216, 4, 1}, Argon2Cost{7168, 5, 1}, Argon2Cost{65536, 3, 4}})
    EXPECT_TRUE(good.meets_minimum());
  for (Argon2Cost weak : {Argon2Cost{47103, 1, 1}, Argon2Cost{19455, 2, 1}, Argon2Cost{7167, 60, 1},
                          Argon2Cost{19456, 2, 0}, Argon2Cost::fast()})
    EXPECT_FALSE(weak.meets_minimum());
}

TEST(PasswordPolicy, LengthCountsCharacters) {
  PasswordPolicy policy{.length_min = 4, .length_max = 6, .refuse_common = false};
  EXPECT_EQ(check_new_password("äöü", policy)->message, "must be at least 4 characters long");
  EXPECT_FALSE(check_new_password("äöüß", policy));
  EXPECT_FALSE(check_new_password("äöüßäö", policy));
  EXPECT_EQ(check_new_password("äöüßäöü", policy),
            (Violation{"/password", "must be at most 6 characters long"}));
  EXPECT_EQ(check_new_password("a", policy, "/newPassword")->pointer, "/newPassword");
  EXPECT_TRUE(check_new_password(std::string(password_bytes_max + 1, 'x'),
                                 {.length_max = 5000, .refuse_common = false}));
}

TEST(PasswordPolicy, CommonPasswordsAreRefused) {
  for (const char* common :
       {"password",   "Password123", "PASSWORD!", "password123", "12345678",   "87654321",
        "1234567890", "11111111",    "aaaaaaaa",  "qwertyuiop",  "Qwerty123!", "iloveyou",
        "letmein1",   "abcabcabc",   "123123123", "P@ssw0rd",    "changeme",   "admin2024!",
        "abcdefgh",   "welcome1",    "trustno1",  "1q2w3e4r"}) {
    EXPECT_TRUE(is_common_password(common)) << common;
    EXPECT_EQ(check_new_password(common, {.length_min = 1})->message,
              "is among the passwords that are guessed first");
    EXPECT_FALSE(check_new_password(common, {.length_min = 1, .refuse_common = false}));
  }
  for (const char* fine : {"correct horse", "passwordless garden", "kV9#mq2Lx", "monkey business", "73910284",
                           "password8372910", "пароль-собака"})
    EXPECT_FALSE(is_common_password(fine)) << fine;
}

}  // namespace
}  // namespace portico::security
