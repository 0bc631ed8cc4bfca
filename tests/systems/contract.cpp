#include "tests/systems/contract.h"

#include "systems/shop/system.h"

namespace portico::test {

const std::vector<ContractEndpoint>& contract() {
  static const std::vector<ContractEndpoint> endpoints = [] {
    std::vector<ContractEndpoint> all;
    SystemSpec system = ::shop::make_shop();
    for (const ServiceSpec& service : system.services)
      for (const EndpointInfo& info : service.endpoints) all.push_back({service.name, info});
    return all;
  }();
  return endpoints;
}

std::string path_of(const EndpointInfo& info, const std::string& id, const std::string& user_id) {
  std::string path(info.path);
  for (size_t open = path.find('{'); open != path.npos; open = path.find('{')) {
    size_t close = path.find('}', open);
    bool user = path.substr(open, close - open) == "{userId";
    path.replace(open, close - open + 1, user ? user_id : id);
  }
  return path;
}

HeaderLines every_right() { return {bearer(shop().admin().token).at(0), internal_key().at(0)}; }

}  // namespace portico::test
