// The user service: accounts, sign-in, profiles.
#pragma once

#include <memory>

#include "systems/shop/user/api.h"

namespace portico {
class ServiceParts;
}

namespace shop::user {

// Builds the service from its parts and binds every endpoint.
std::shared_ptr<void> make_service(ServiceParts& parts);

}  // namespace shop::user
