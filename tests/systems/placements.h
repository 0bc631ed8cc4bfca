// The two placements of a test's shop behind Shop::start.
#pragma once

#include "tests/systems/test_system.h"

namespace portico::test {

std::unique_ptr<Shop> start_in_process(Mode mode, const Settings& settings);
std::unique_ptr<Shop> start_split(const Settings& settings);

}  // namespace portico::test
