// The placements of a test's shop behind Shop::start.
#pragma once

#include "tests/systems/test_system.h"

namespace portico::test {

std::unique_ptr<Shop> start_in_process(Mode mode, const Settings& settings);
// The program `portico up shop`, with a process a service where `split`.
std::unique_ptr<Shop> start_program(bool split, const Settings& settings);

}  // namespace portico::test
