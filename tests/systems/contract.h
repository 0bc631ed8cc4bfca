// The endpoints of the shop as its contracts list them, for tests that walk over all of them.
#pragma once

#include <string>
#include <vector>

#include "portico/host/system.h"
#include "tests/systems/test_system.h"

namespace portico::test {

struct ContractEndpoint {
  std::string service;
  EndpointInfo info;
  std::string name() const { return service + "." + std::string(info.name); }
  bool takes_body() const { return info.verb != GET && info.verb != DELETE; }
};

const std::vector<ContractEndpoint>& contract();

// The path with every {parameter} replaced; `user_id` stands for {userId}, `id` for the others.
std::string path_of(const EndpointInfo& info, const std::string& id, const std::string& user_id);
// What a caller with every right sends along: an administrator's token and the internal key.
HeaderLines every_right();

}  // namespace portico::test
