#include "systems/shop/user/user.h"

#include "portico/host/system.h"
#include "systems/shop/user/accounts.h"
#include "systems/shop/user/passwords.h"
#include "systems/shop/user/profiles.h"

namespace shop::user {

PORTICO_API_DEFINITION(Api)

namespace {

// The service's parts, which share its collections.
class UserService {
 public:
  explicit UserService(ServiceParts& parts)
      : collections_(parts.store()),
        throttle_(collections_.tries),
        sessions_(parts.runtime(), parts.signer(), parts.verifier(),
                  parts.config().duration("security.jwt_expires_in")),
        accounts_(parts.store(), collections_, throttle_, sessions_, parts.passwords()),
        profiles_(parts.store(), collections_, sessions_),
        passwords_(parts.store(), collections_, throttle_, sessions_, parts.passwords(), parts.code_key()) {
    accounts_.serve(parts.service());
    profiles_.serve(parts.service());
    passwords_.serve(parts.service());
  }

 private:
  Collections collections_;
  Throttle throttle_;
  Sessions sessions_;
  Accounts accounts_;
  Profiles profiles_;
  Passwords passwords_;
};

}  // namespace

std::shared_ptr<void> make_service(ServiceParts& parts) { return std::make_shared<UserService>(parts); }

}  // namespace shop::user
