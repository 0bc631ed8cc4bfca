// Who is asking: credentials of a request turned into a Caller.
#pragma once

#include <expected>
#include <memory>
#include <string_view>

#include "portico/net/message.h"
#include "portico/observe/call.h"

namespace portico::security {
class Verifier;
class InternalKeys;
class ServiceTokens;
}  // namespace portico::security

namespace portico {

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // Without credentials the anonymous caller; with bad ones the refusal. Reads `Authorization: Bearer`,
  // `X-Service-Token` (short-lived, minted for `target`) and `X-Internal-Key`. A wrong internal key is
  // refused only where the endpoint needs it: it leaves the caller without internal rights.
  virtual std::expected<Caller, Error> authenticate(const net::Headers& headers,
                                                    std::string_view target) const = 0;
  // The user behind a bearer token, checked as above.
  virtual std::expected<Caller, Error> authenticate_token(std::string_view token) const = 0;
  // Adds to a request of ours what proves us to `target`: the caller's token and a service token in our name.
  virtual void sign(net::Headers& headers, const Call& call, std::string_view target) const = 0;
};

struct AuthenticatorOptions {
  std::string gateway = "gateway";  // the service name that only hands on
  int bad_token_status = 403;       // of a token that is there but does not count; 401 in some systems
};

// Checks credentials for the services of this process. `verifier`, `keys` and `tokens` live longer; `tokens`
// speaks for the one service whose requests are checked and signed here.
std::unique_ptr<Authenticator> make_authenticator(const security::Verifier& verifier,
                                                  const security::InternalKeys& keys,
                                                  const security::ServiceTokens& tokens,
                                                  AuthenticatorOptions options = {});

// Header names of the platform, lower case.
namespace header {
inline constexpr std::string_view correlation_id = "x-correlation-id";
inline constexpr std::string_view internal_key = "x-internal-key";
inline constexpr std::string_view service_token = "x-service-token";
inline constexpr std::string_view service_name = "x-service-name";
inline constexpr std::string_view timeout_ms = "x-request-timeout-ms";  // what is left of the deadline
inline constexpr std::string_view traceparent = "traceparent";
inline constexpr std::string_view idempotency_key = "idempotency-key";
}  // namespace header

}  // namespace portico
