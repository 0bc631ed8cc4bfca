// The response parser under hostile bytes; the promises are those of http_request.cpp.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

#include "portico/base/error.h"
#include "portico/net/codec.h"
#include "portico/net/syntax.h"

namespace {

using namespace portico::net;

const ClientLimits limits{.header_bytes_max = 512, .body_bytes_max = 256};

std::string outcome(std::string_view input, size_t step, bool to_head) {
  ResponseParser parser(limits, to_head);
  std::string pending;
  while (true) {
    size_t take = step == 0 ? input.size() : std::min(step, input.size());
    pending.append(input.substr(0, take));
    input.remove_prefix(take);
    pending.erase(0, parser.feed(pending));
    if (input.empty() || parser.done() || parser.failed()) break;
  }
  parser.end_of_input();
  if (parser.failed()) return parser.note();
  bool keep_alive = parser.keep_alive();
  Response response = parser.take();
  PORTICO_CHECK(response.status >= 200 && response.status <= 599);
  PORTICO_CHECK(response.body.size() <= limits.body_bytes_max);
  for (auto field : response.headers) PORTICO_CHECK(safe_field(field));
  return fmt::format("{} {} <{}>{}", response.status, response.headers.size(), response.body, keep_alive);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  for (bool to_head : {false, true}) {
    std::string whole = outcome(input, 0, to_head);
    for (size_t step : {1, 2, 7}) PORTICO_CHECK(outcome(input, step, to_head) == whole);
  }
  return 0;
}
