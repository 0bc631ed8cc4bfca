// The only door from outside: correlation id, CORS, rate limit, authentication, routing, local dispatch or
// proxy.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "portico/gateway/static_page.h"
#include "portico/net/client.h"
#include "portico/service/authenticator.h"
#include "portico/service/front.h"
#include "portico/service/presenter.h"

namespace portico {

struct GatewayOptions {
  std::vector<std::string> cors_origins;  // exact origins; empty: no cross-origin answers
  int rate_limit = 1000;                  // requests an address and window; 0: none
  Duration rate_window = std::chrono::minutes(15);
  size_t rate_addresses_max = 100'000;       // counted at once; the longest quiet makes room
  std::vector<std::string> trusted_proxies;  // addresses whose X-Forwarded-For is believed
  Duration proxy_timeout = std::chrono::seconds(30);
  Duration health_timeout = std::chrono::seconds(5);
  bool development = false;
  size_t token_rejections_logged = 100;  // a minute
};

// A service behind the gateway: in this process, or at an origin.
struct Upstream {
  std::string service;
  std::vector<std::string> prefixes;  // "/api/orders": the path itself and what is below it
  Front* front = nullptr;             // in this process
  net::Origin origin;                 // otherwise
  // The endpoints, for what must not be reached from outside (EndpointInfo::inside) and for stricter limits.
  std::vector<EndpointInfo> endpoints;
};

class Gateway {
 public:
  Gateway(Runtime& runtime, Observer& observer, const Presenter& presenter,
          const Authenticator& authenticator, net::Sender& sender, GatewayOptions options,
          std::vector<Upstream> upstreams, std::vector<StaticPage> pages);
  ~Gateway();
  // Answers always. One access-log line a request, refused ones too.
  Task<net::Response> handle(net::Request request);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portico
