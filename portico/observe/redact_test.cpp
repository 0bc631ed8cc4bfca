#include "portico/observe/redact.h"

#include <gtest/gtest.h>

#include "portico/observe/log.h"

namespace portico {
namespace {

using observe::presentable;
using observe::value_bytes_max;

TEST(SensitiveKey, IsKnownInEveryShape) {
  for (const char* key : {"password",
                          "Password",
                          "PASSWORD",
                          "userPassword",
                          "password_hash",
                          "passwd",
                          "passphrase",
                          "pwd",
                          "token",
                          "accessToken",
                          "refresh-token",
                          "csrf.token",
                          "tokens",
                          "secret",
                          "clientSecret",
                          "JWT_SECRET",
                          "key",
                          "apiKey",
                          "api_key",
                          "X-Api-Key",
                          "a p i key",
                          "keys",
                          "auth",
                          "authorization",
                          "Authorisation",
                          "x-auth",
                          "otp",
                          "otpCode",
                          "email_otp",
                          "card",
                          "cardNumber",
                          "creditCard",
                          "cookie",
                          "Set-Cookie",
                          "code",
                          "verificationCode",
                          "resetCode",
                          "cvv",
                          "credentials",
                          "statusCodeToken",
                          "author_token",
                          "keyboardKey",
                          "p_a_s_s_w_o_r_d"})
    EXPECT_TRUE(is_sensitive_key(key)) << key;
}

TEST(SensitiveKey, LeavesHarmlessWordsAlone) {
  for (const char* key : {"",
                          "method",
                          "url",
                          "route",
                          "statusCode",
                          "status_code",
                          "http.response.status_code",
                          "duration",
                          "userId",
                          "correlationId",
                          "traceId",
                          "errorCode",
                          "exitCode",
                          "countryCode",
                          "postal_code",
                          "author",
                          "authorId",
                          "authors",
                          "keyboard",
                          "keyword",
                          "routingKey",
                          "routing_key",
                          "discard",
                          "wildcard",
                          "cardinality",
                          "codec",
                          "memoryFootprint",
                          "service",
                          "message",
                          "count",
                          "queue",
                          "email",
                          "event",
                          "attempts",
                          "pass"})
    EXPECT_FALSE(is_sensitive_key(key)) << key;
}

TEST(SensitiveKey, TreatsWhatIsTooLongForANameAsSensitive) {
  EXPECT_FALSE(is_sensitive_key(std::string(64, 'x')));
  EXPECT_TRUE(is_sensitive_key(std::string(65, 'x')));
  EXPECT_TRUE(is_sensitive_key(std::string(1'000'000, 'x')));
  EXPECT_FALSE(is_sensitive_key(std::string(1000, '-')));
  EXPECT_FALSE(is_sensitive_key("\xff\xfe\n"));
}

TEST(MaskEmail, KeepsTheFirstCharacterAndTheDomain) {
  EXPECT_EQ(mask_email("john.doe@example.com"), "j***@example.com");
  EXPECT_EQ(mask_email("a@b"), "a***@b");
  EXPECT_EQ(mask_email("to <john+tag@example.com>, cc jane_x@mail.example.org."),
            "to <j***@example.com>, cc j***@mail.example.org.");
  EXPECT_EQ(mask_email("\xc3\xa9lodie@example.fr"), "\xc3\xa9***@example.fr");
  EXPECT_EQ(mask_email("a@b@c"), "a***@b***@c");
  EXPECT_EQ(mask_email("john@[127.0.0.1]"), "j***@[127.0.0.1]");
  EXPECT_EQ(mask_email("/users?email=john%40example.com&x=1"), "/users?email=j***%40example.com&x=1");
}

TEST(MaskEmail, LeavesOtherTextAlone) {
  for (const char* text :
       {"", "@", "@@", "a@", "@b", "a @ b", "@handle said", "3 @ 4", "100%", "%4", "a@-b", "x@\n"})
    EXPECT_EQ(mask_email(text), text);
}

TEST(MaskEmail, TakesTimeInProportionToItsInput) {
  // Each sign looks back only to the one before it.
  std::string hostile(200'000, '@');
  EXPECT_EQ(mask_email(hostile), hostile);
  std::string long_local(200'000, 'a');
  EXPECT_EQ(mask_email(long_local + "@x"), "a***@x");
}

std::string shown(std::string_view text, bool mask = true) {
  std::string scratch;
  return std::string(presentable(text, mask, scratch));
}

TEST(Presentable, HidesSensitiveParameters) {
  EXPECT_EQ(shown("/verify?token=abc.def&page=2"), "/verify?token=[redacted]&page=2");
  EXPECT_EQ(shown("/a?page=2&resetCode=1#top"), "/a?page=2&resetCode=[redacted]#top");
  EXPECT_EQ(shown("https://x/cb#state=1&access_token=abc"), "https://x/cb#state=1&access_token=[redacted]");
  EXPECT_EQ(shown("see /a?api_key=1 and /b?otp=2."), "see /a?api_key=[redacted] and /b?otp=[redacted]");
  EXPECT_EQ(shown("/a?token=&b=1"), "/a?token=[redacted]&b=1");
  EXPECT_EQ(shown("/a?token=x?token=y&token=z"), "/a?token=[redacted]&token=[redacted]");
  for (const char* text :
       {"/a?page=2&sort=name", "?", "&", "a=b", "/a?token", "/a?token&b=1", "?=1", "1 & 2 = 3"})
    EXPECT_EQ(shown(text), text);
}

TEST(Presentable, HidesTheUserInformationOfUrls) {
  EXPECT_EQ(shown("postgres://shop:p4ss@db:5432/shop"), "postgres://[redacted]@db:5432/shop");
  EXPECT_EQ(shown("postgres://shop:p4ss@db:5432/shop", false), "postgres://[redacted]@db:5432/shop");
  EXPECT_EQ(shown("amqp://a:b@c@broker x://y:z@w"), "amqp://[redacted]@broker x://[redacted]@w");
  EXPECT_EQ(shown("http://host/path/john@example.com"), "http://host/path/j***@example.com");
  EXPECT_EQ(shown("://@"), "://[redacted]@");
}

TEST(Presentable, MasksAddressesOnlyWhereAsked) {
  EXPECT_EQ(shown("john@example.com"), "j***@example.com");
  EXPECT_EQ(shown("john@example.com", false), "john@example.com");
  EXPECT_EQ(shown("john%40example.com"), "j***%40example.com");
}

TEST(Presentable, CutsWhatIsTooLong) {
  std::string exact(value_bytes_max, 'x');
  EXPECT_EQ(shown(exact), exact);
  EXPECT_EQ(shown(exact + "y"), exact + "... (2049 bytes)");
  std::string wide = std::string(value_bytes_max - 1, 'x') + "\xe2\x82\xac";
  EXPECT_EQ(shown(wide), std::string(value_bytes_max - 1, 'x') + "... (2050 bytes)");
  EXPECT_EQ(shown(std::string(5'000'000, '@')), std::string(value_bytes_max, '@') + "... (5000000 bytes)");
  // Broken UTF-8 does not make it longer either.
  EXPECT_LE(shown(std::string(10'000, '\x80')).size(), value_bytes_max + 30);
}

TEST(Presentable, CopiesNothingWhereNothingChanges) {
  std::string scratch;
  std::string_view text = "GET /api/products 200";
  EXPECT_EQ(presentable(text, true, scratch).data(), text.data());
}

}  // namespace
}  // namespace portico
