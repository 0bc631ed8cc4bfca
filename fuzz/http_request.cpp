// The request parser under hostile bytes: what it makes of them must not depend on how they are cut, and what
// it accepts must keep the promises that everything behind it relies on.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

#include "portico/base/error.h"
#include "portico/net/codec.h"
#include "portico/net/syntax.h"

namespace {

using namespace portico::net;

const ServerLimits limits{
    .request_line_bytes_max = 128, .header_bytes_max = 512, .header_count_max = 16, .body_bytes_max = 256};

void check(const Request& request) {
  PORTICO_CHECK(request.body.size() <= limits.body_bytes_max);
  PORTICO_CHECK(request.headers.size() <= limits.header_count_max);
  for (auto field : request.headers) PORTICO_CHECK(safe_field(field));
  if (request.target != "*") {
    PORTICO_CHECK(canonical_path(request.path()) == request.path());
    PORTICO_CHECK(all_are(target_char, request.target));
  }
}

// Feeds pieces of `step` bytes (0: all at once) and tells what came of it.
std::string outcome(std::string_view input, size_t step) {
  RequestParser parser(limits);
  std::string text, pending;
  while (true) {
    size_t take = step == 0 ? input.size() : std::min(step, input.size());
    pending.append(input.substr(0, take));
    input.remove_prefix(take);
    for (;;) {
      pending.erase(0, parser.feed(pending));
      if (!parser.done()) break;
      bool keep_alive = parser.keep_alive();
      Request request = parser.take();
      check(request);
      text += fmt::format("{} {} {} <{}>", name_of(request.verb), request.target, request.headers.size(),
                          request.body);
      if (!keep_alive) return text;
    }
    if (parser.failed())
      return text + fmt::format("{} {}", parser.refusal().status, parser.refusal().message);
    if (input.empty()) return text + (parser.in_body() ? "body" : "head");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::string whole = outcome(input, 0);
  for (size_t step : {1, 2, 7}) PORTICO_CHECK(outcome(input, step) == whole);
  return 0;
}
