#include "portico/host/pages.h"

#include <fmt/format.h>

#include "portico/host/application.h"
#include "portico/runtime/sync.h"
#include "portico/schema/json.h"

namespace portico {
namespace {

net::Response text_response(std::string body, std::string_view type, int status = 200) {
  net::Response response{.status = status, .body = std::move(body)};
  response.headers.add("content-type", std::string(type));
  response.headers.add("cache-control", "no-store");
  return response;
}

// A page whose text is made once.
Task<net::Response> fixed(std::string body, std::string type) {
  co_return text_response(std::move(body), type);
}

StaticPage fixed_page(std::string path, std::string summary, std::string body, std::string type) {
  return {
      .path = std::move(path),
      .summary = std::move(summary),
      .answer = [body = std::move(body), type = std::move(type)](net::Request) { return fixed(body, type); }};
}

Task<net::Response> livez() { co_return text_response("ok\n", "text/plain; charset=utf-8"); }

Task<net::Response> readyz(std::function<bool()> ready) {
  bool is_ready = ready();
  co_return text_response(is_ready ? "ok\n" : "not ready\n", "text/plain; charset=utf-8",
                          is_ready ? 200 : 503);
}

Task<net::Response> metrics(Metrics* registry) {
  co_return text_response(registry->expose(), "text/plain; version=0.0.4; charset=utf-8");
}

std::string quoted(std::string_view text) {
  std::string out;
  schema::write_json_text(out, text);
  return out;
}

int64_t uptime_seconds(const PageSources& sources) {
  return (sources.runtime.steady() - sources.started).count() / 1'000'000;
}

// {"email":"healthy","database":"healthy"}
std::string checks_json(const ServiceHealth& health) {
  std::string out = "{";
  for (const auto& [name, state] : health.checks) {
    if (out.size() > 1) out += ',';
    out += quoted(name) + ':' + quoted(state);
  }
  return out + "}";
}

// The union of what the seeds' clients look for: success, message, status, timestamp, data.status.
Task<net::Response> service_health(PageSources sources, const ServiceSpec* spec, Service* service) {
  ServiceHealth health = co_await check_service(sources.runtime, sources.observer, *service);
  std::string status = health.healthy ? "healthy" : "unhealthy";
  std::string now = quoted(to_string(sources.runtime.now()));
  std::string body = fmt::format(
      R"({{"success":{},"message":{},"status":"{}","service":{},"timestamp":{},"uptime":{},"services":{},)"
      R"("data":{{"status":"{}","timestamp":{}}}}})",
      health.healthy, quoted(spec->title + " is " + status), status, quoted(spec->name), now,
      uptime_seconds(sources), checks_json(health), status, now);
  co_return text_response(std::move(body), "application/json", health.healthy ? 200 : 503);
}

Task<net::Response> board_health(PageSources sources,
                                 std::function<Task<std::vector<ServiceHealth>>()> board) {
  std::vector<ServiceHealth> services = co_await board();
  size_t healthy = size_t(std::count_if(services.begin(), services.end(), [](auto& s) { return s.healthy; }));
  std::string status = healthy == services.size() ? "healthy" : healthy == 0 ? "unhealthy" : "degraded";
  std::string list;
  for (const ServiceHealth& service : services) {
    if (!list.empty()) list += ',';
    list += fmt::format(R"({}:{{"status":"{}","checks":{}}})", quoted(service.name),
                        service.healthy          ? "healthy"
                        : service.checks.empty() ? "unreachable"
                                                 : "unhealthy",
                        checks_json(service));
  }
  std::string body = fmt::format(
      R"({{"success":{},"message":{},"status":"{}","service":"gateway","system":{},"timestamp":{},"uptime":{},)"
      R"("services":{{{}}}}})",
      healthy == services.size(), quoted("The " + sources.system.title + " is " + status), status,
      quoted(sources.system.name), quoted(to_string(sources.runtime.now())), uptime_seconds(sources), list);
  co_return text_response(std::move(body), "application/json", status == "unhealthy" ? 503 : 200);
}

// What both kinds of port have in common.
std::vector<StaticPage> common_pages(const PageSources& sources) {
  Metrics* registry = &sources.observer.metrics;
  return {
      {.path = "/livez",
       .summary = "Whether the process runs",
       .answer = [](net::Request) { return livez(); }},
      {.path = "/readyz",
       .summary = "Whether requests should be sent here",
       .answer = [ready = sources.ready](net::Request) { return readyz(ready); }},
      {.path = "/metrics",
       .summary = "Metrics in the Prometheus text format",
       .answer = [registry](net::Request) { return metrics(registry); }},
  };
}

Task<void> run_check(const HealthCheck* check, Call* call, std::string* state) {
  try {
    co_await check->run(*call);
    *state = "healthy";
  } catch (const std::exception& error) {
    call->log().write(Level::warn, *call, "health check failed",
                      {{"check", check->name}, {"error", error.what()}});
    *state = "unhealthy";
  }
}

}  // namespace

Task<ServiceHealth> check_service(Runtime& runtime, Observer& observer, Service& service) {
  ServiceHealth health{.name = service.name(), .healthy = true};
  for (const HealthCheck& check : service.checks()) {
    Instant deadline = runtime.steady() + std::chrono::seconds(5);
    Call call(runtime, observer, service.name(), deadline);
    std::string state = "unhealthy";
    try {
      co_await within(runtime, deadline, run_check(&check, &call, &state));
    } catch (const Error&) {
      state = "unhealthy";  // no answer in time
    }
    health.healthy = health.healthy && state == "healthy";
    health.checks.emplace_back(check.name, state);
  }
  co_return health;
}

std::vector<StaticPage> service_pages(const PageSources& sources, const ServiceSpec& spec, Service& service) {
  std::vector<StaticPage> pages = common_pages(sources);
  const ServiceSpec* spec_at = &spec;
  Service* service_at = &service;
  std::vector<std::string> paths = {"/health"};
  for (const std::string& prefix : spec.prefixes) paths.push_back(prefix + "/health");
  for (std::string& path : paths)
    pages.push_back({.path = std::move(path),
                     .summary = "The health of the service and what it depends on",
                     .answer = [sources, spec_at, service_at](net::Request) {
                       return service_health(sources, spec_at, service_at);
                     }});
  pages.push_back(fixed_page("/openapi.json", "The OpenAPI document of the service",
                             openapi_of(sources.system, spec.name, sources.development), "application/json"));
  if (!spec.docs_path.empty())
    pages.push_back(fixed_page(spec.docs_path, "The documentation of the service",
                               documentation_page(spec.title, "/openapi.json"), "text/html; charset=utf-8"));
  return pages;
}

std::vector<StaticPage> gateway_pages(const PageSources& sources,
                                      std::function<Task<std::vector<ServiceHealth>>()> board) {
  std::vector<StaticPage> pages = common_pages(sources);
  pages.push_back({.path = "/health",
                   .summary = "The health of all services",
                   .answer = [sources, board](net::Request) { return board_health(sources, board); }});
  pages.push_back(fixed_page("/openapi.json", "The OpenAPI document of all services",
                             openapi_of(sources.system, "", sources.development), "application/json"));
  pages.push_back(fixed_page("/docs", "The documentation of all services",
                             documentation_page(sources.system.title, "/openapi.json"),
                             "text/html; charset=utf-8"));
  return pages;
}

StaticPage jwks_page(std::string document) {
  return fixed_page("/.well-known/jwks.json", "The public keys of user tokens", std::move(document),
                    "application/jwk-set+json");
}

}  // namespace portico
