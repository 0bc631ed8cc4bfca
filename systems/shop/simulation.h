// The shop in simulation: what its users do while things fail, and what must hold afterwards.
#pragma once

#include "portico/sim/run.h"

namespace shop {

struct SimulationOptions {
  int clients = 5;
  int operations = 10;     // of each client
  bool canonical = false;  // one order of one client, and nothing else
};

portico::sim::Scenario make_scenario(const portico::SystemSpec& system, SimulationOptions options);

}  // namespace shop
