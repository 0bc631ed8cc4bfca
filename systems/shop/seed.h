// Demo data of the shop.
#pragma once

#include <vector>

#include "portico/host/system.h"

namespace shop {

std::vector<portico::DemoAccount> demo_accounts();
// Accounts, categories and products through the services' own endpoints; what is there already is left alone.
portico::Task<void> seed(portico::Call& call, portico::Neighbours& neighbours);

}  // namespace shop
