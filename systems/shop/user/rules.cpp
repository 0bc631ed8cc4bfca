#include "systems/shop/user/rules.h"

#include "portico/schema/json.h"

namespace shop::user {
namespace {

template <class T>
T trimmed_text(const T& text) {
  constexpr std::string_view space = " \t\r\n\v\f";
  size_t first = text.find_first_not_of(space);
  if (first == text.npos) return T();
  return T(text.substr(first, text.find_last_not_of(space) - first + 1));
}

Date day_of(Time now) { return {int32_t(now.ms / 86'400'000)}; }

template <class T>
std::vector<Violation> faults_of(const T& input, const std::optional<Date>& date_of_birth, Time now) {
  std::vector<Violation> faults = schema::validate(schema::type_of<T>(), &input);
  if (date_of_birth && *date_of_birth > day_of(now))
    faults.push_back({"/dateOfBirth", "must not be to come"});
  return faults;
}

}  // namespace

Email address_of(const Email& email) {
  Email address = email;
  for (char& c : address)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return address;
}

Registration trimmed(Registration input) {
  input.first_name = trimmed_text(input.first_name);
  input.last_name = trimmed_text(input.last_name);
  return input;
}

ProfileChange trimmed(ProfileChange input) {
  if (input.first_name) input.first_name = trimmed_text(*input.first_name);
  if (input.last_name) input.last_name = trimmed_text(*input.last_name);
  return input;
}

std::vector<Violation> faults(const Registration& input, Time now) {
  return faults_of(input, input.date_of_birth, now);
}

std::vector<Violation> faults(const ProfileChange& input, Time now) {
  return faults_of(input, input.date_of_birth, now);
}

User registered(Registration input, Id<User> id, Time now) {
  return {.id = std::move(id),
          .first_name = std::move(input.first_name),
          .last_name = std::move(input.last_name),
          .email = address_of(input.email),
          .role = UserRole::user,
          .address = std::move(input.address),
          .mobile = std::move(input.mobile),
          .date_of_birth = input.date_of_birth,
          .addresses = std::move(input.addresses),
          .created_at = now,
          .updated_at = now};
}

User changed(User user, const ProfileChange& change, Time now) {
  if (change.first_name) user.first_name = *change.first_name;
  if (change.last_name) user.last_name = *change.last_name;
  if (change.address) user.address = change.address;
  if (change.mobile) user.mobile = change.mobile;
  if (change.date_of_birth) user.date_of_birth = change.date_of_birth;
  if (change.addresses) user.addresses = *change.addresses;
  user.updated_at = now;
  return user;
}

std::string session_of(const Id<User>& user, int64_t sessions) {
  return user.value + "." + std::to_string(sessions);
}

security::Claims claims_of(const User& user, int64_t sessions, std::string id, Time now, Duration lifetime) {
  return {.subject = user.id.value,
          .issuer = std::string(token_realm),
          .audience = {std::string(token_realm)},
          .id = std::move(id),
          .session = session_of(user.id, sessions),
          .email = user.email,
          .role = std::string(schema::label_of(user.role)),
          .issued_at = now,
          .expires_at = now + lifetime,
          .extra = {{"userId", user.id.value}}};
}

security::OneTimeCode code_of(const Account& account) {
  return {.mac = account.code_mac,
          .expires_at = account.code_expires_at,
          .tries = int(account.code_tries),
          .used = account.code_used};
}

Account with_code(Account account, const security::OneTimeCode& code) {
  account.code_mac = code.mac;
  account.code_expires_at = code.expires_at;
  account.code_tries = code.tries;
  account.code_used = code.used;
  return account;
}

Error no_user() { return Error(not_found, "user.unknown", "User not found"); }

Error wrong_credentials() { return Error(unauthenticated, "credentials.wrong", "Invalid email or password"); }

Error wrong_code() { return Error(invalid, "code.wrong", "The code is wrong or has expired"); }

Error invalid_token() { return Error(unauthenticated, "token.invalid", "Invalid token"); }

}  // namespace shop::user
