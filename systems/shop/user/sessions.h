// The tokens of users: issued here, and made invalid before they expire.
#pragma once

#include "portico/runtime/runtime.h"
#include "systems/shop/user/collections.h"
#include "systems/shop/user/rules.h"

namespace shop::user {

// All tokens of a user between two password changes are one session (sid). Ending it is stored in the
// account, where validate_token looks, and noted in the verifier of this process, which refuses such tokens
// from then on at the gateway and in every service that runs here. Processes that hold neither accept an
// ended token until it expires, or until they validate it here.
class Sessions {
 public:
  Sessions(Runtime& runtime, const security::Signer& signer, security::Verifier& verifier, Duration lifetime)
      : runtime_(runtime), signer_(signer), verifier_(verifier), lifetime_(lifetime) {}

  std::string issue(const User& user, const Account& account) const;
  // The user's tokens so far no longer count; to be stored with the account.
  Account ended(Account account, Time now) const;
  // Tells the verifier of this process, once that is stored.
  void announce(const Id<User>& user, const Account& account) const;
  // What the verifier has to be told after a start: Error(unavailable) leaves the rest for the next time.
  Task<void> restore(Call& call, const Collection<Account>& accounts);

  security::Verifier& verifier() const { return verifier_; }

 private:
  Runtime& runtime_;
  const security::Signer& signer_;
  security::Verifier& verifier_;
  const Duration lifetime_;
  bool restored_ = false;
};

}  // namespace shop::user
