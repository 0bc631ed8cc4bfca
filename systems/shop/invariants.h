// What must hold of the shop's data over all its services, once nothing runs.
#pragma once

#include <vector>

#include "portico/host/stopped_system.h"

namespace shop {

// Declares the collections of every service in `stores`. Effects that an event still on its way will have are
// not missed.
std::vector<portico::Invariant> invariants(portico::StoppedSystem& stores);

}  // namespace shop
