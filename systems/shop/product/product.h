// The product service: catalogue, stock, reservations.
#pragma once

#include <memory>

#include "systems/shop/product/api.h"

namespace portico {
class ServiceParts;
}

namespace shop::product {

// Builds the service from its parts and binds every endpoint.
std::shared_ptr<void> make_service(ServiceParts& parts);

}  // namespace shop::product
