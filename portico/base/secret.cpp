#include "portico/base/secret.h"

#include <cstddef>

namespace portico {

Secret::~Secret() {
  volatile char* bytes = value_.data();
  for (size_t i = 0; i < value_.size(); ++i) bytes[i] = 0;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  volatile unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference = difference | (unsigned char)(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace portico
