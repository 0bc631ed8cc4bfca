// What the user service stores.
#pragma once

#include "portico/store/store.h"
#include "systems/shop/user/api.h"

namespace shop::user {

// What proves a user: kept apart from User, so that no answer can hold it.
struct Account {
  Id<Account> id;                         // the user's id
  SecretText<0, 1000> password_hash;      // PHC string, or bcrypt of an account taken over from elsewhere
  int64_t sessions = 0;                   // how often all tokens so far were made invalid: part of their sid
  std::optional<Time> sessions_ended_at;  // when that was last done
  // The latest code to reset the password: security::OneTimeCode. An empty mac: there is none.
  SecretText<0, 64> code_mac;
  Time code_expires_at;
  int64_t code_tries = 0;
  bool code_used = false;
};
PORTICO_DESCRIBE(Account, id, password_hash, sessions, sessions_ended_at, code_mac, code_expires_at,
                 code_tries, code_used)

// What was tried for one e-mail address and purpose, whether or not it has an account.
struct Tries {
  Id<Tries> id;  // throttle_id()
  int64_t count = 0;
  Time last_at;
  Time blocked_until;
};
PORTICO_DESCRIBE(Tries, id, count, last_at, blocked_until)

struct Collections {
  explicit Collections(Store& store)
      : users(store.collection<User>({unique(&User::email)})),
        accounts(store.collection<Account>({index(&Account::sessions_ended_at)})),
        tries(store.collection<Tries>({index(&Tries::last_at)})) {}

  Collection<User> users;
  Collection<Account> accounts;
  Collection<Tries> tries;
};

}  // namespace shop::user
