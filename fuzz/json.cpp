// Reads arbitrary bytes into a struct of every kind: must neither crash nor accept what it cannot write and
// read back as it was.
#include <cstddef>
#include <cstdint>

#include "portico/base/error.h"
#include "portico/schema/sample.h"

namespace {

using portico::schema::from_json;
using portico::schema::sample::Everything;

void check_round_trip(std::string_view json) {
  auto value = from_json<Everything>(json);
  if (!value) return;
  PORTICO_CHECK(portico::schema::validate(portico::schema::type_of<Everything>(), &*value).empty());
  std::string written = portico::schema::to_json(*value);
  // Escapes may make text longer than it came in.
  auto again = from_json<Everything>(written, {.bytes_max = SIZE_MAX});
  PORTICO_CHECK(again && *again == *value);
  PORTICO_CHECK(portico::schema::to_json(*again) == written);
}

// The same bytes as a query and as a body.
void check_bind(std::string_view bytes) {
  size_t half = bytes.size() / 2;
  std::vector<portico::schema::Parameter> parameters;
  for (const portico::schema::Member& member : portico::schema::type_of<Everything>().members)
    parameters.push_back({member.name, std::string(bytes.substr(0, half))});
  std::string_view body = bytes.substr(half);
  Everything value;
  auto violations = portico::schema::bind(portico::schema::type_of<Everything>(), &value, parameters, &body);
  PORTICO_CHECK(violations.size() <= portico::schema::ReadLimits{}.violations_max + 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_round_trip(bytes);
  check_bind(bytes);
  return 0;
}
