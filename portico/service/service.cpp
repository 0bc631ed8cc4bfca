#include "portico/service/service.h"

#include <algorithm>

#include "portico/schema/json.h"

namespace portico {
namespace {

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (!path.empty()) {
    size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    path = slash == path.npos ? std::string_view() : path.substr(slash + 1);
  }
  return segments;
}

bool is_parameter(std::string_view segment) { return segment.starts_with('{'); }

// How a pattern compares with a path: -1 not at all, else the higher the more exact (earlier segments weigh
// more).
int exactness(const std::vector<std::string_view>& pattern, const std::vector<std::string_view>& path) {
  if (pattern.size() != path.size()) return -1;
  int score = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    bool parameter = is_parameter(pattern[i]);
    if (!parameter && pattern[i] != path[i]) return -1;
    score = score * 2 + !parameter;
  }
  return score;
}

}  // namespace

Service::Service(std::string name, Observer& observer, Bus& bus)
    : name_(std::move(name)), observer_(observer), bus_(bus) {}

void Service::add(EndpointInfo info, std::function<Task<void>(Call&, void*, void*)> invoke) {
  for (const auto& other : routes_)
    PORTICO_CHECK(other->info.verb != info.verb || other->info.path != info.path);  // bound twice
  auto route = std::make_unique<Route>();
  route->segments = split(info.path);
  route->service = name_;
  std::string template_name = std::string(net::name_of(info.verb)) + " " + std::string(info.path);
  Metrics& metrics = observer_.metrics;
  std::string_view help = "Requests handled, by service, route and outcome";
  route->answered_ok = &metrics.counter("service_requests_total", help,
                                        {{"service", name_}, {"route", template_name}, {"outcome", "ok"}});
  route->answered_failed = &metrics.counter(
      "service_requests_total", help, {{"service", name_}, {"route", template_name}, {"outcome", "error"}});
  route->seconds = &metrics.histogram("service_request_duration_seconds", "Time in the handler",
                                      {{"service", name_}, {"route", template_name}});
  route->info = std::move(info);
  route->invoke = std::move(invoke);
  routes_.push_back(std::move(route));
}

Service::Match Service::match(net::Verb verb, std::string_view path) const {
  Match match;
  std::vector<std::string_view> segments = split(path);
  net::Verb wanted = verb == net::Verb::HEAD ? net::Verb::GET : verb;
  int best = -1, best_any = -1;
  for (const auto& route : routes_) {
    int score = exactness(route->segments, segments);
    if (score < 0) continue;
    if (score > best_any) {
      best_any = score;
      match.allowed.clear();
    }
    if (score == best_any) match.allowed.push_back(route->info.verb);
    if (route->info.verb == wanted && score > best) {
      best = score;
      match.route = route.get();
    }
  }
  if (!match.route) return match;
  match.allowed.clear();
  for (size_t i = 0; i < segments.size(); ++i) {
    std::string_view pattern = match.route->segments[i];
    if (is_parameter(pattern))
      match.parameters.push_back({pattern.substr(1, pattern.size() - 2), std::string(segments[i])});
  }
  return match;
}

const EndpointInfo* match_endpoint(const std::vector<EndpointInfo>& endpoints, net::Verb verb,
                                   std::string_view path) {
  std::vector<std::string_view> segments = split(path);
  net::Verb wanted = verb == net::Verb::HEAD ? net::Verb::GET : verb;
  const EndpointInfo* found = nullptr;
  int best = -1;
  for (const EndpointInfo& endpoint : endpoints) {
    if (endpoint.verb != wanted) continue;
    int score = exactness(split(endpoint.path), segments);
    if (score > best) {
      best = score;
      found = &endpoint;
    }
  }
  return found;
}

const Route* Service::find(std::string_view endpoint_name) const {
  for (const auto& route : routes_)
    if (route->info.name == endpoint_name) return route.get();
  return nullptr;
}

std::optional<Error> refused(const EndpointInfo& endpoint, const Caller& caller) {
  const Access& access = endpoint.access;
  if (access.anyone || (access.internal && caller.is_internal()) || (access.signed_in && caller.is_user()))
    return std::nullopt;
  for (size_t i = 0; i < access.role_count; ++i)
    if (caller.is_user() && caller.role == access.roles[i]) return std::nullopt;
  if (access.only_internal())
    return Error(Code::unauthenticated, "internal.required", "Internal authentication required");
  if (caller.is_user()) return Error(Code::forbidden, "role.insufficient", "You are not allowed to do this");
  return Error(Code::unauthenticated, "token.required", "Authentication required");
}

namespace {

// Counts a running request down when it ends, however it ends.
struct Running {
  std::atomic<int>& count;
  ~Running() { count.fetch_sub(1, std::memory_order_relaxed); }
};

// Counts and times a request; a failure unless told that it worked.
struct Measured {
  const Route& route;
  const Clock& clock;
  Instant started = clock.steady();
  bool ok = false;
  ~Measured() {
    (ok ? route.answered_ok : route.answered_failed)->add();
    route.seconds->observe(double((clock.steady() - started).count()) / 1e6);
  }
};

}  // namespace

namespace {

Error quarantined(const std::string& service) {
  return Error(Code::unavailable, "service.quarantined",
               "The " + service + " service was put back to an earlier time and takes no changes yet");
}

Task<void> refuse(Error error) {
  throw error;
  co_return;
}

}  // namespace

void Service::quarantine() {
  quarantined_ = true;
  check({"quarantine", [this](Call&) { return refuse(quarantined(name_)); }});
}

Task<void> Service::invoke(Call& call, const Route& route, void* request, void* response) {
  int before = running_.fetch_add(1, std::memory_order_relaxed);
  Running running{running_};
  Span span(call, route.info.name);
  Measured measured{route, call.runtime()};
  if (before >= running_max)
    throw Error(Code::unavailable, "service.overloaded", "The service is overloaded").with_retry_after(1);
  if (std::optional<Error> refusal = refused(route.info, call.caller())) throw *refusal;
  if (quarantined_ && route.info.verb != net::Verb::GET) throw quarantined(name_);
  schema::Violations violations = schema::validate(*route.info.request, request);
  if (!violations.empty()) throw Error::invalid_input(std::move(violations));
  call.check_deadline();
  if (fault_) co_await fault_(call, route.info);
  co_await route.invoke(call, request, response);
  measured.ok = true;
}

std::string route_path(std::string_view canonical) {
  std::string path = net::percent_decode(canonical).value_or(std::string(canonical));
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace portico
