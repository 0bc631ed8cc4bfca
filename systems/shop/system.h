// The shop: users, products, orders, notifications behind one gateway.
#pragma once

#include "portico/host/system.h"

namespace shop {

portico::SystemSpec make_shop();

}  // namespace shop
