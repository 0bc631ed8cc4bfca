// The HTTP side of one service: requests become calls of its handlers, results become responses.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "portico/net/message.h"
#include "portico/service/authenticator.h"
#include "portico/service/presenter.h"
#include "portico/service/service.h"

namespace portico {

struct FrontOptions {
  Duration timeout = std::chrono::seconds(15);  // of a request that brings no shorter limit
  bool development = false;                     // serves endpoints marked development_only
  bool direct = true;  // takes requests that come neither from a service nor through the gateway
};

// What the gateway already knows of a request that it hands on within the process.
struct Known {
  Caller caller;
  std::string correlation_id;
  TraceContext trace;
};

class Front {
 public:
  Front(Runtime& runtime, Observer& observer, Service& service, const Presenter& presenter,
        const Authenticator& authenticator, FrontOptions options);
  // Answers always; with `known` the credentials in the headers are not looked at again. One access-log line
  // a request unless `known` (the gateway writes it then).
  Task<net::Response> handle(net::Request request, const Known* known = nullptr);
  Service& service() { return service_; }

 private:
  Task<net::Response> answer(net::Request& request, Call& call, const Service::Match& match);

  Runtime& runtime_;
  Observer& observer_;
  Service& service_;
  const Presenter& presenter_;
  const Authenticator& authenticator_;
  FrontOptions options_;
};

// The correlation id that a request brings when it is acceptable (1 to 128 characters of [A-Za-z0-9._-]),
// else a new one.
std::string correlation_id_of(const net::Headers& headers, Runtime& runtime);

}  // namespace portico
