#include "portico/runtime/sometimes.h"

#include "portico/runtime/sim_scope.h"

namespace portico::detail {

void count_sometimes(std::string_view name) {
  if (sim_scope::dying()) return;  // what the dead come past does not count
  auto found = sometimes_counts->find(name);
  if (found == sometimes_counts->end()) found = sometimes_counts->emplace(std::string(name), 0).first;
  ++found->second;
}

}  // namespace portico::detail
