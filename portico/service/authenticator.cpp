#include "portico/service/authenticator.h"

#include "portico/security/internal.h"
#include "portico/security/token.h"

namespace portico {
namespace {

// The token behind "Bearer " (RFC 6750 section 2.1; the scheme compares without case), or nothing.
std::optional<std::string_view> bearer(std::string_view field) {
  static constexpr std::string_view scheme = "bearer ";
  if (field.size() <= scheme.size() || !net::same_name(field.substr(0, scheme.size()), scheme))
    return std::nullopt;
  field.remove_prefix(scheme.size());
  while (field.starts_with(' ')) field.remove_prefix(1);
  return field;
}

class SystemAuthenticator : public Authenticator {
 public:
  SystemAuthenticator(const security::Verifier& verifier, const security::InternalKeys& keys,
                      const security::ServiceTokens& tokens, AuthenticatorOptions options)
      : verifier_(verifier), keys_(keys), tokens_(tokens), options_(std::move(options)) {}

  std::expected<Caller, Error> authenticate(const net::Headers& headers, std::string_view) const override {
    Caller caller;
    if (std::string_view field = headers.get("authorization"); !field.empty()) {
      std::optional<std::string_view> token = bearer(field);
      if (!token)
        return std::unexpected(
            Error(Code::unauthenticated, "token.scheme", "Authorization must be a Bearer token"));
      auto user = authenticate_token(*token);
      if (!user) return user;
      caller = std::move(*user);
    }
    if (std::string_view token = headers.get(header::service_token); !token.empty()) {
      auto claims = tokens_.verify(token);
      if (!claims)
        return std::unexpected(
            Error(Code::unauthenticated, "service_token.invalid", "Internal authentication required")
                .with_note(std::string(security::name_of(claims.error()))));
      caller.via_gateway = claims->service == options_.gateway;
      if (!caller.via_gateway) caller.service = claims->service;
    } else if (keys_.accepts(headers.get(header::internal_key))) {
      caller.service = "internal";
    }
    return caller;
  }

  std::expected<Caller, Error> authenticate_token(std::string_view token) const override {
    auto claims = verifier_.verify_shared(token);
    if (!claims) {
      security::TokenFault fault = claims.error();
      // A process that has just started and has not got the issuer's keys: not a word about the token.
      if (fault == security::TokenFault::unknown_key && !verifier_.has_keys())
        return std::unexpected(
            Error(Code::unavailable, "keys.missing", "The service is starting; try again shortly")
                .with_retry_after(1));
      Code code = options_.bad_token_status == 403 ? Code::forbidden : Code::unauthenticated;
      return std::unexpected(
          Error(code, "token." + std::string(security::name_of(fault)),
                fault == security::TokenFault::expired ? "The token has expired" : "Invalid token")
              .with_status(options_.bad_token_status));
    }
    const security::Claims& known = **claims;
    return Caller{
        .user_id = known.subject, .email = known.email, .role = known.role, .token = std::string(token)};
  }

  void sign(net::Headers& headers, const Call& call, std::string_view target) const override {
    if (!call.caller().token.empty()) headers.set("authorization", "Bearer " + call.caller().token);
    headers.set(header::service_token, tokens_.token_for(target));
    headers.set(header::service_name, call.caller().service.empty() ? call.service() : call.caller().service);
  }

 private:
  const security::Verifier& verifier_;
  const security::InternalKeys& keys_;
  const security::ServiceTokens& tokens_;
  AuthenticatorOptions options_;
};

}  // namespace

std::unique_ptr<Authenticator> make_authenticator(const security::Verifier& verifier,
                                                  const security::InternalKeys& keys,
                                                  const security::ServiceTokens& tokens,
                                                  AuthenticatorOptions options) {
  return std::make_unique<SystemAuthenticator>(verifier, keys, tokens, std::move(options));
}

}  // namespace portico
