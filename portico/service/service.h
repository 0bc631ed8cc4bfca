// A service as it is served: its routes, subscriptions, health checks and background jobs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "portico/bus/bus.h"
#include "portico/service/endpoint.h"

namespace portico {

// One bound endpoint.
struct Route {
  EndpointInfo info;
  std::string service;
  // The handler with its types taken off; consumes *request, fills *response.
  std::function<Task<void>(Call& call, void* request, void* response)> invoke;
  std::vector<std::string_view> segments;  // of the path; a parameter as "{name}"
  Counter* answered_ok = nullptr;
  Counter* answered_failed = nullptr;
  Histogram* seconds = nullptr;
};

// A path parameter's name and its decoded value.
using PathParameters = std::vector<schema::Parameter>;

struct HealthCheck {
  std::string name;                           // "database"
  std::function<Task<void>(Call& call)> run;  // throws when unhealthy
};

class Service {
 public:
  Service(std::string name, Observer& observer, Bus& bus);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  const std::string& name() const { return name_; }

  // Serves an endpoint with `Task<Response> Object::method(Call&, Request)`.
  template <class Api, class E, class Object, class Res, class Req>
  void bind(E Api::* endpoint, Object* object, Task<Res> (Object::*method)(Call&, Req)) {
    static_assert(std::is_same_v<Res, typename E::Response> && std::is_same_v<Req, typename E::Request>,
                  "the handler's types must be the endpoint's");
    add((api_of<Api>().*endpoint).info,
        [object, method](Call& call, void* request, void* response) -> Task<void> {
          if constexpr (std::is_void_v<Res>) {
            co_await (object->*method)(call, std::move(*static_cast<Req*>(request)));
          } else {
            *static_cast<Res*>(response) =
                co_await (object->*method)(call, std::move(*static_cast<Req*>(request)));
          }
        });
  }
  template <class Api, class E, class Object, class Res>
  void bind(E Api::* endpoint, Object* object, Task<Res> (Object::*method)(Call&)) {
    static_assert(std::is_same_v<Res, typename E::Response> && std::is_same_v<Nothing, typename E::Request>,
                  "the handler's types must be the endpoint's");
    add((api_of<Api>().*endpoint).info, [object, method](Call& call, void*, void* response) -> Task<void> {
      if constexpr (std::is_void_v<Res>) {
        co_await (object->*method)(call);
      } else {
        *static_cast<Res*>(response) = co_await (object->*method)(call);
      }
    });
  }

  // Handles `publisher`'s events with `Task<void> Object::method(Call&, Unit&, Event)`: effects and the place
  // in the log are one commit. `group` names the subscription for ever: "notification.orders".
  template <class Object, class Event>
  void on(std::string publisher, std::string group, Object* object,
          Task<void> (Object::*method)(Call&, Unit&, Event), SubscribeOptions options = {}) {
    std::function<Task<void>(Call&, Unit&, Event)> handler = [object, method](Call& call, Unit& unit,
                                                                              Event event) {
      return (object->*method)(call, unit, std::move(event));
    };
    bus_.subscribe<Event>(name_, std::move(publisher), std::move(group), std::move(handler), options);
  }
  // The same for effects outside the store: at least once.
  template <class Object, class Event>
  void on_outside(std::string publisher, std::string group, Object* object,
                  Task<void> (Object::*method)(Call&, Event), SubscribeOptions options = {}) {
    std::function<Task<void>(Call&, Event)> handler = [object, method](Call& call, Event event) {
      return (object->*method)(call, std::move(event));
    };
    bus_.subscribe_outside<Event>(name_, std::move(publisher), std::move(group), std::move(handler), options);
  }

  // A dependency that readiness and /health report.
  void check(HealthCheck check) { checks_.push_back(std::move(check)); }
  // Work of our own account, every `period` with jitter, on reactor 0; a failure is logged.
  struct Job {
    std::string name;
    Duration period;
    std::function<Task<void>(Call& call)> run;
  };
  void every(Job job) { jobs_.push_back(std::move(job)); }

  struct Match {
    const Route* route = nullptr;
    PathParameters parameters;
    std::vector<net::Verb> allowed;  // where the path exists but not with this verb
  };
  // The route of a request; an exact segment beats a parameter. The path is that of route_path.
  Match match(net::Verb verb, std::string_view path) const;
  const Route* find(std::string_view endpoint_name) const;

  // Runs a handler: access, limits of the types, deadline, span, metrics. Throws Error.
  Task<void> invoke(Call& call, const Route& route, void* request, void* response);

  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }
  const std::vector<HealthCheck>& checks() const { return checks_; }
  const std::vector<Job>& jobs() const { return jobs_; }

  // Requests being handled, for drain and limits.
  static constexpr int running_max = 4096;
  int running() const { return running_; }

  // From now on it is read only: everything but GET is Error(unavailable, "service.quarantined"), and so is
  // its health. Before it serves.
  void quarantine();
  bool is_quarantined() const { return quarantined_; }

  // For tests of failure: what happens to calls of this service before its handler runs. Unset in production.
  void set_fault(std::function<Task<void>(Call& call, const EndpointInfo& endpoint)> fault) {
    fault_ = std::move(fault);
  }

 private:
  void add(EndpointInfo info, std::function<Task<void>(Call&, void*, void*)> invoke);

  std::string name_;
  Observer& observer_;
  Bus& bus_;
  std::vector<std::unique_ptr<Route>> routes_;
  std::vector<HealthCheck> checks_;
  std::vector<Job> jobs_;
  std::atomic<int> running_{0};
  bool quarantined_ = false;
  std::function<Task<void>(Call&, const EndpointInfo&)> fault_;
};

// Whether the caller may use the endpoint: nothing, or the refusal (401 or 403).
std::optional<Error> refused(const EndpointInfo& endpoint, const Caller& caller);

// The endpoint of a contract that a request to `path` (see route_path) means; null when there is none.
const EndpointInfo* match_endpoint(const std::vector<EndpointInfo>& endpoints, net::Verb verb,
                                   std::string_view path);

// A canonical path (see net::canonical_path) as routes are matched with: percent-escapes decoded, the slash
// at its end dropped.
std::string route_path(std::string_view canonical);

}  // namespace portico
