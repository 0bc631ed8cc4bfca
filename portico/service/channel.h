// The ways of a call to a neighbour, and what makes them safe: deadline, retries within a budget, circuit
// breaker.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "portico/net/client.h"
#include "portico/service/authenticator.h"
#include "portico/service/breaker.h"
#include "portico/service/front.h"

namespace portico {

struct ChannelOptions {
  std::string caller;                          // the service that calls, for metrics
  Duration timeout = std::chrono::seconds(5);  // of one call, tries included; the deadline may be closer
  int tries_max = 3;                           // the first included
  Duration retry_base =
      std::chrono::milliseconds(25);  // n-th wait drawn from (0, base * 2^(n-1)], full jitter
  Duration retry_cap = std::chrono::milliseconds(250);
  double retry_budget = 0.2;  // retries per request over the last 10 s …
  int retry_floor = 3;        // … and at least these
  BreakerOptions breaker;
};

// Calls the handlers of a service in this process. The same access check, deadline, span, metrics, breaker.
std::unique_ptr<Channel> make_direct_channel(Runtime& runtime, Observer& observer, Service& service,
                                             ChannelOptions options);

// One HTTP exchange with the service; `never_sent` failures may be repeated for every method.
using Exchange =
    std::function<Task<std::expected<net::Response, net::Failure>>(net::Request request, Instant deadline)>;

// Speaks HTTP/JSON to a service, in whatever language it is written.
std::unique_ptr<Channel> make_http_channel(std::string target, Exchange exchange, const Presenter& presenter,
                                           const Authenticator& authenticator, Runtime& runtime,
                                           Observer& observer, ChannelOptions options);
// An exchange over the network, and one that serialises and parses but stays in the process (test mode
// "wire").
Exchange network_exchange(net::Sender& sender, net::Origin origin);
Exchange wire_exchange(Front& front);

}  // namespace portico
