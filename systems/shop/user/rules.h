// What accounts demand beyond the limits of the types: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "portico/security/one_time_code.h"
#include "portico/security/token.h"
#include "systems/shop/user/collections.h"

namespace shop::user {

inline constexpr std::string_view token_realm = "shop";  // iss and aud of the system's user tokens

// An address as it is stored and compared: lower-case.
Email address_of(const Email& email);

// Without white space around the names.
Registration trimmed(Registration input);
ProfileChange trimmed(ProfileChange input);
// What is wrong with trimmed input that the types do not say: names of white space, a birthday to come.
std::vector<Violation> faults(const Registration& input, Time now);
std::vector<Violation> faults(const ProfileChange& input, Time now);

// The user that a registration makes: never an administrator.
User registered(Registration input, Id<User> id, Time now);
// The user with the given members replaced.
User changed(User user, const ProfileChange& change, Time now);

// The session that a user's tokens belong to until all of them are made invalid for the `sessions`-th time.
std::string session_of(const Id<User>& user, int64_t sessions);
// The claims of a new token; `id` is its jti.
security::Claims claims_of(const User& user, int64_t sessions, std::string id, Time now, Duration lifetime);

// An account's reset code as the security layer knows it, and back.
security::OneTimeCode code_of(const Account& account);
Account with_code(Account account, const security::OneTimeCode& code);

Error no_user();            // 404
Error wrong_credentials();  // 401, whichever of address and password is wrong
Error wrong_code();         // 400, whatever is wrong with the code or the address
Error invalid_token();      // 401

}  // namespace shop::user
