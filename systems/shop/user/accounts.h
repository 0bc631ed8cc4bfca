// Registration and sign-in.
#pragma once

#include "portico/security/password.h"
#include "portico/service/service.h"
#include "systems/shop/user/sessions.h"
#include "systems/shop/user/throttle.h"

namespace shop::user {

class Accounts {
 public:
  Accounts(Store& store, const Collections& collections, const Throttle& throttle, Sessions& sessions,
           security::PasswordHasher& passwords)
      : store_(store), in_(collections), throttle_(throttle), sessions_(sessions), passwords_(passwords) {}
  void serve(Service& service);

 private:
  Task<SignedIn> register_user(Call& call, Registration input);
  Task<SignedIn> login(Call& call, Credentials input);

  // Throws the refusal of a wrong password, after having counted it.
  Task<void> refuse(Call& call, Email email);
  // Stores a hash of today's strength in place of a weaker one; a failure only leaves that for the next time.
  Task<void> upgrade(Call& call, Account account, security::Verdict verdict, Secret password);
  Task<void> clean(Call& call);

  Store& store_;
  const Collections& in_;
  const Throttle& throttle_;
  Sessions& sessions_;
  security::PasswordHasher& passwords_;
};

}  // namespace shop::user
