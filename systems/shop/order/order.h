// The order service: orders and carts.
#pragma once

#include <memory>

#include "portico/host/config.h"
#include "systems/shop/order/api.h"

namespace portico {
class ServiceParts;
}

namespace shop::order {

// Builds the service from its parts and binds every endpoint.
std::shared_ptr<void> make_service(ServiceParts& parts);

// What can be set about it.
std::vector<portico::ConfigKey> order_keys();

}  // namespace shop::order
