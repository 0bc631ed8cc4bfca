#include "portico/security/one_time_code.h"

#include <fmt/format.h>

#include "portico/base/error.h"
#include "portico/security/digest.h"

namespace portico::security {
namespace {

constexpr uint64_t codes = [] {
  uint64_t count = 1;
  for (int i = 0; i < code_digits; ++i) count *= 10;
  return count;
}();

// Neither the purpose nor an issued code holds a '|', so the parts cannot be shifted into one another.
std::string mac_of(const Secret& server_key, std::string_view purpose, std::string_view account,
                   std::string_view code) {
  PORTICO_CHECK(!server_key.empty() && purpose.find('|') == std::string_view::npos);
  return hex(hmac_sha256(server_key.reveal(), fmt::format("{}|{}|{}", purpose, account, code)));
}

}  // namespace

IssuedCode issue_code(const Secret& server_key, std::string_view purpose, std::string_view account, Time now,
                      Random& random, Duration lifetime) {
  std::string code = fmt::format("{:0{}}", random.below(codes), code_digits);
  std::string mac = mac_of(server_key, purpose, account, code);
  return {Secret(std::move(code)), {std::move(mac), now + lifetime}};
}

CodeCheck check_code(OneTimeCode state, const Secret& server_key, std::string_view purpose,
                     std::string_view account, std::string_view code, Time now) {
  bool well_formed = code.size() == code_digits && code.find('|') == std::string_view::npos;
  std::string mac = mac_of(server_key, purpose, account, well_formed ? code : std::string_view());
  bool right = equal_in_constant_time(mac, state.mac) && well_formed;
  if (state.used || state.tries >= code_tries_max) return {CodeOutcome::exhausted, std::move(state)};
  if (now >= state.expires_at) return {CodeOutcome::expired, std::move(state)};
  if (right) {
    state.used = true;
    return {CodeOutcome::accepted, std::move(state)};
  }
  ++state.tries;
  return {CodeOutcome::wrong, std::move(state)};
}

}  // namespace portico::security
