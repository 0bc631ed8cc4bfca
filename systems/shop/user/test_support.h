// For the tests of this service only: the shop with what they ask of it.
#pragma once

#include <string>

#include "systems/shop/test_support.h"

namespace shop::user {

// The first number of six digits.
inline std::string six_digits(const std::string& text) {
  size_t at = text.find_first_of("0123456789");
  while (at != text.npos) {
    size_t end = text.find_first_not_of("0123456789", at);
    if (end == text.npos) end = text.size();
    if (end - at == 6) return text.substr(at, 6);
    at = text.find_first_of("0123456789", end);
  }
  return "";
}

class UserService : public testing::Test {
 protected:
  net::Response validate(const std::string& body, Ask who = {.internal = true}) {
    return shop.ask("user", POST, "/api/users/internal/validate-token", body, who);
  }
  net::Response validate_token(const std::string& token) {
    return validate(R"({"token":")" + token + R"("})");
  }
  net::Response forgot(const std::string& email) {
    return shop.ask("user", POST, "/api/users/forgot-password", R"({"email":")" + email + R"("})");
  }
  net::Response reset(const std::string& email, const std::string& code,
                      const std::string& password = "another-secret") {
    return shop.ask(
        "user", POST, "/api/users/reset-password",
        R"({"email":")" + email + R"(","code":")" + code + R"(","newPassword":")" + password + R"("})");
  }
  // The code in the newest mail to the address.
  std::string mailed_code(const std::string& email) {
    shop.settle();
    for (const mail::Mail& mail : shop.mails(email))
      if (mail.template_name == "password-reset") return six_digits(mail.text);
    return "";
  }
  static std::string other_than(const std::string& code) { return code == "000000" ? "000001" : "000000"; }

  TestShop shop;
};

}  // namespace shop::user
