// Changing a password, and setting a new one with a code when it is forgotten.
#pragma once

#include "portico/security/password.h"
#include "portico/service/service.h"
#include "systems/shop/user/sessions.h"
#include "systems/shop/user/throttle.h"

namespace shop::user {

inline constexpr Duration reset_code_lifetime = std::chrono::minutes(15);

class Passwords {
 public:
  Passwords(Store& store, const Collections& collections, const Throttle& throttle, Sessions& sessions,
            security::PasswordHasher& hasher, const Secret& code_key)
      : store_(store),
        in_(collections),
        throttle_(throttle),
        sessions_(sessions),
        hasher_(hasher),
        code_key_(code_key) {}
  void serve(Service& service);

 private:
  Task<Nothing> change(Call& call, PasswordChange input);
  Task<Nothing> forgot(Call& call, ForgottenPassword input);
  Task<Nothing> reset(Call& call, PasswordReset input);

  // Stores the hash and ends the user's sessions; to be announced after the commit.
  Task<Account> replace(Unit& unit, Account account, std::string hash);

  Store& store_;
  const Collections& in_;
  const Throttle& throttle_;
  Sessions& sessions_;
  security::PasswordHasher& hasher_;
  const Secret& code_key_;
};

}  // namespace shop::user
