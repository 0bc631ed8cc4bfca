#include "portico/security/password_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "portico/security/password.h"

namespace portico::security {
namespace {

// Stems: digits and marks at the end are taken off before looking, so "Password123!" is found under
// "password".
constexpr std::string_view common_stems[] = {
    "aa",        "abc",           "abcd",     "abcdef",    "abcdefg",    "abcdefgh", "access",
    "admin",     "administrator", "adobe",    "apple",     "asdf",       "asdfasdf", "asdfgh",
    "asdfghjkl", "ashley",        "azerty",   "baby",      "bailey",     "baseball", "basketball",
    "batman",    "buster",        "changeme", "charlie",   "cheese",     "chelsea",  "chocolate",
    "computer",  "cookie",        "daniel",   "default",   "donald",     "dragon",   "facebook",
    "family",    "football",      "freedom",  "friend",    "fuckyou",    "george",   "ginger",
    "google",    "guest",         "hallo",    "hannah",    "harley",     "hello",    "hockey",
    "hunter",    "iloveu",        "iloveyou", "internet",  "jennifer",   "jessica",  "jordan",
    "joshua",    "killer",        "letmein",  "liverpool", "login",      "london",   "love",
    "lovely",    "loveme",        "maggie",   "master",    "matrix",     "michael",  "michelle",
    "monkey",    "mustang",       "naruto",   "nicole",    "ninja",      "pass",     "passw0rd",
    "password",  "passwort",      "pepper",   "pokemon",   "princess",   "purple",   "qazwsx",
    "qazwsxedc", "qwer",          "qwert",    "qwerty",    "qwertyuiop", "qwertz",   "ranger",
    "robert",    "root",          "samsung",  "secret",    "shadow",     "silver",   "soccer",
    "starwars",  "summer",        "sunshine", "superman",  "taylor",     "test",     "tester",
    "thomas",    "tigger",        "trustno",  "user",      "welcome",    "whatever", "william",
    "winter",    "zaq",           "zxcvbn",   "zxcvbnm",
};

constexpr std::string_view common_whole[] = {
    "1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx", "1qazxsw2", "a1b2c3d4", "abc123abc",
    "p@ssw0rd", "p@ssword",   "pa$$word", "pa$$w0rd", "q1w2e3r4", "zaq12wsx",
};

constexpr size_t suffix_max = 6;  // "password123456" is a common one, "password" with twenty digits is not

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80; }

// One character over and over, or a run up or down ("11111111", "12345678", "87654321", "1234567890").
bool is_run(std::string_view text) {
  for (int step : {0, 1, -1}) {
    auto follows = [&](char a, char b) { return b - a == step || (step == 1 && a == '9' && b == '0'); };
    if (std::adjacent_find(text.begin(), text.end(), [&](char a, char b) { return !follows(a, b); }) ==
        text.end())
      return true;
  }
  return false;
}

// A short piece over and over ("123123123", "abab").
bool is_repetition(std::string_view text) {
  for (size_t piece = 1; piece <= 4 && piece * 2 <= text.size(); ++piece)
    if (text.substr(piece) == text.substr(0, text.size() - piece)) return true;
  return false;
}

size_t code_points(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

bool is_common_password(std::string_view password) {
  std::string text(password);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (text.empty() || is_run(text) || is_repetition(text) ||
      std::ranges::find(common_whole, text) != std::end(common_whole))
    return true;
  auto last_letter = std::find_if(text.rbegin(), text.rend(), is_letter);
  std::string_view stem = std::string_view(text).substr(0, static_cast<size_t>(text.rend() - last_letter));
  return text.size() - stem.size() <= suffix_max &&
         std::ranges::find(common_stems, stem) != std::end(common_stems);
}

std::optional<Violation> check_new_password(std::string_view password, const PasswordPolicy& policy,
                                            std::string pointer) {
  size_t length = code_points(password);
  if (length < policy.length_min)
    return Violation{std::move(pointer),
                     fmt::format("must be at least {} characters long", policy.length_min)};
  if (length > policy.length_max || password.size() > password_bytes_max)
    return Violation{std::move(pointer),
                     fmt::format("must be at most {} characters long", policy.length_max)};
  if (policy.refuse_common && is_common_password(password))
    return Violation{std::move(pointer), "is among the passwords that are guessed first"};
  return std::nullopt;
}

}  // namespace portico::security
