// Profiles, and what other services ask about users.
#pragma once

#include "portico/service/service.h"
#include "systems/shop/user/sessions.h"

namespace shop::user {

class Profiles {
 public:
  Profiles(Store& store, const Collections& collections, Sessions& sessions)
      : store_(store), in_(collections), sessions_(sessions) {}
  void serve(Service& service);

 private:
  Task<User> profile(Call& call);
  Task<User> change_profile(Call& call, ProfileChange input);
  Task<User> read(Call& call, ByUserId input);
  Task<User> validate_token(Call& call, TokenToValidate input);
  Task<User> change_role(Call& call, RoleChange input);

  Store& store_;
  const Collections& in_;
  Sessions& sessions_;
};

}  // namespace shop::user
