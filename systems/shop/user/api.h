// What others may know of the user service: accounts, sign-in, profiles.
#pragma once

#include "portico/service/endpoint.h"

namespace shop::user {

using namespace portico;

enum class UserRole { user, admin };
PORTICO_DESCRIBE_ENUM(UserRole, user, admin)

struct Address {
  Text<1, 200> street;
  Text<1, 100> city;
  Text<0, 100> state;
  Text<1, 20> zip_code;
  Text<2, 100> country;
  std::optional<bool> is_preferred;
};
PORTICO_DESCRIBE(Address, street, city, state, zip_code, country, is_preferred)

struct Mobile {
  Text<1, 5> country_code;
  Text<4, 20> number;
};
PORTICO_DESCRIBE(Mobile, country_code, number)

// A person as everybody allowed may see them; what proves them (password, codes) is kept apart and never
// leaves.
struct User {
  Id<User> id;
  Text<2, 50> first_name;
  Text<2, 50> last_name;
  Email email;
  UserRole role = UserRole::user;
  std::optional<Address> address;
  std::optional<Mobile> mobile;
  std::optional<Date> date_of_birth;
  List<Address, 0, 20> addresses;
  Time created_at;
  Time updated_at;
};
PORTICO_DESCRIBE(User, id, first_name, last_name, email, role, address, mobile, date_of_birth, addresses,
                 created_at, updated_at)

using Password = SecretText<8, 100>;

// A role in the input is ignored: nobody makes themselves an administrator.
struct Registration {
  Text<2, 50> first_name;
  Text<2, 50> last_name;
  Email email;
  Password password;
  std::optional<Address> address;
  std::optional<Mobile> mobile;
  std::optional<Date> date_of_birth;
  List<Address, 0, 20> addresses;
};
PORTICO_DESCRIBE(Registration, first_name, last_name, email, password, address, mobile, date_of_birth,
                 addresses)

struct Credentials {
  Email email;
  SecretText<1, 100> password;
};
PORTICO_DESCRIBE(Credentials, email, password)

struct SignedIn {
  User user;
  std::string token;  // Bearer, valid as configured (24 h)
};
PORTICO_DESCRIBE(SignedIn, user, token)

struct ProfileChange {
  std::optional<Text<2, 50>> first_name;
  std::optional<Text<2, 50>> last_name;
  std::optional<Address> address;
  std::optional<Mobile> mobile;
  std::optional<Date> date_of_birth;
  std::optional<List<Address, 0, 20>> addresses;
};
PORTICO_DESCRIBE(ProfileChange, first_name, last_name, address, mobile, date_of_birth, addresses)

struct PasswordChange {
  SecretText<1, 100> current_password;
  Password new_password;
};
PORTICO_DESCRIBE(PasswordChange, current_password, new_password)

struct ForgottenPassword {
  Email email;
};
PORTICO_DESCRIBE(ForgottenPassword, email)

struct PasswordReset {
  Email email;
  SecretText<6, 6> code;
  Password new_password;
};
PORTICO_DESCRIBE(PasswordReset, email, code, new_password)

struct ByUserId {
  Id<User> user_id;
};
PORTICO_DESCRIBE(ByUserId, user_id)

struct RoleChange {
  Id<User> user_id;
  UserRole role = UserRole::user;
};
PORTICO_DESCRIBE(RoleChange, user_id, role)

struct TokenToValidate {
  std::optional<SecretText<0, 8192>> token;  // its absence is answered "Token required"
};
PORTICO_DESCRIBE(TokenToValidate, token)

struct UserRegistered {
  Id<User> user_id;
  Email email;
  std::string first_name;
  std::string last_name;
};
PORTICO_DESCRIBE_EVENT(UserRegistered, "user.registered.v1", user_id, email, first_name, last_name)

// A reset code to be mailed; valid for `minutes`.
struct ResetCodeIssued {
  Id<User> user_id;
  Email email;
  std::string first_name;
  SecretText<6, 6> code;
  int minutes = 15;
};
PORTICO_DESCRIBE_EVENT(ResetCodeIssued, "user.reset_code_issued.v1", user_id, email, first_name, code,
                       minutes)

struct Api {
  Endpoint<POST, "/api/users/register", SignedIn(Registration)> register_user{
      "Create an account", message("User registered successfully"), allow(anyone), created, at_most(60, 60),
      fails(409)};
  Endpoint<POST, "/api/users/login", SignedIn(Credentials)> login{
      "Sign in", message("Login successful"), allow(anyone), at_most(60, 60), fails(401, 503)};
  Endpoint<GET, "/api/users/profile", User()> profile{"Read the own profile", named("user"),
                                                      message("Profile retrieved successfully"),
                                                      allow(signed_in), fails(404)};
  Endpoint<PUT, "/api/users/profile", User(ProfileChange)> change_profile{
      "Change the own profile", named("user"), message("Profile updated successfully"), allow(signed_in),
      fails(404)};
  Endpoint<PUT, "/api/users/password", Nothing(PasswordChange)> change_password{
      "Change the own password", message("Password changed successfully"), allow(signed_in), at_most(20, 60),
      fails(401)};
  Endpoint<POST, "/api/users/forgot-password", Nothing(ForgottenPassword)> forgot_password{
      "Ask for a code to reset the password", message("If the address is known, a code has been sent to it"),
      allow(anyone), at_most(20, 60), fails(429)};
  Endpoint<POST, "/api/users/reset-password", Nothing(PasswordReset)> reset_password{
      "Set a new password with a code", message("Password reset successfully"), allow(anyone),
      at_most(20, 60), fails(400)};
  Endpoint<GET, "/api/users/internal/{userId}", User(ByUserId)> read{
      "Read a user",   named("user"), message("User retrieved successfully"),
      allow(internal), inside,        fails(404)};
  Endpoint<POST, "/api/users/internal/validate-token", User(TokenToValidate)> validate_token{
      "Validate a user's token",
      named("user"),
      message("Token validated successfully"),
      allow(internal),
      inside,
      idempotent,
      fails(404)};
  Endpoint<PUT, "/api/users/internal/{userId}/role", User(RoleChange)> change_role{
      "Make a user an administrator, or no longer",
      named("user"),
      message("Role changed successfully"),
      allow(admin, internal),
      inside,
      fails(404)};
};
PORTICO_API(Api, register_user, login, profile, change_profile, change_password, forgot_password,
            reset_password, read, validate_token, change_role)

}  // namespace shop::user
