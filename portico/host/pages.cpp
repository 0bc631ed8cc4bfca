#include "portico/host/pages.h"

#include <algorithm>
#include <memory>
#include <mutex>

#include "portico/host/application.h"
#include "portico/host/dead_letters_api.h"
#include "portico/host/events_api.h"
#include "portico/host/node.h"
#include "portico/host/sagas_api.h"

namespace portico {
namespace {

struct Body {
  std::string text;
  int status = 200;
};
using Answer = std::function<Task<Body>()>;
using Sources = std::shared_ptr<const PageSources>;

// On which ports a page is found, and at what path.
enum class Place {
  everywhere,
  gateway,
  service,
  prefixes,  // of a service: below each of its prefixes
  docs,      // of a service: the path it names
  issuer,    // the service that issues the user tokens, and the gateway
};

struct PageRow {
  std::string_view name;
  Place place;
  std::string_view path;
  std::string_view summary;
  std::string_view content_type;
  std::string_view (*schema)();
  int refusal;
  Answer (*make)(const Sources& sources);  // called once a path, before anything is served
};

int64_t uptime_seconds(const PageSources& sources) {
  return (sources.shared->runtime.steady() - sources.started).count() / 1'000'000;
}

Task<Body> fixed(std::string text) { co_return Body{std::move(text)}; }

// A page whose text is made once.
Answer always(std::string text) {
  return [text = std::move(text)] { return fixed(text); };
}

// A page whose text is made when it is first asked for, on any reactor.
struct Late {
  std::function<std::string()> make;
  std::once_flag once;
  std::string text;
};
Task<Body> made(std::shared_ptr<Late> late) {
  std::call_once(late->once, [&] { late->text = late->make(); });
  co_return Body{late->text};
}
Answer at_first_use(std::function<std::string()> make) {
  auto late = std::make_shared<Late>(std::move(make));
  return [late] { return made(late); };
}

Answer livez(const Sources&) { return always("ok\n"); }

Task<Body> readiness(Sources sources) {
  bool ready = sources->ready();
  co_return Body{ready ? "ok\n" : "not ready\n", ready ? 200 : 503};
}
Answer readyz(const Sources& sources) {
  return [sources] { return readiness(sources); };
}

Task<Body> exposed(Metrics* registry) { co_return Body{registry->expose()}; }
Answer metrics(const Sources& sources) {
  return [registry = &sources->shared->observer.metrics] { return exposed(registry); };
}

Task<Body> asked_board(Sources sources) {
  std::vector<ServiceHealth> services = co_await sources->board();
  Time now = sources->shared->runtime.now();
  co_return Body{board_json(sources->shared->system, services, now, uptime_seconds(*sources)),
                 status_of(services) == "unhealthy" ? 503 : 200};
}
Answer board(const Sources& sources) {
  return [sources] { return asked_board(sources); };
}

Task<Body> asked_service(Sources sources) {
  Runtime& runtime = sources->shared->runtime;
  ServiceHealth found = co_await check_service(runtime, sources->shared->observer, *sources->service);
  if (sources->neighbours) found.neighbours = sources->neighbours();
  co_return Body{health_json(*sources->spec, found, runtime.now(), uptime_seconds(*sources)),
                 found.healthy ? 200 : 503};
}
Answer health(const Sources& sources) {
  return [sources] { return asked_service(sources); };
}

Answer document(const Sources& sources) {
  return at_first_use([sources] {
    std::string_view service = sources->spec ? std::string_view(sources->spec->name) : "";
    return openapi_of(sources->shared->system, service, sources->shared->development);
  });
}

Answer docs(const Sources& sources) {
  const std::string& title = sources->spec ? sources->spec->title : sources->shared->system.title;
  return always(documentation_page(title, "/openapi.json"));
}

// The key set as the issuing service tells it, from another process.
Task<Body> asked_issuer(Sources sources) {
  Shared& shared = *sources->shared;
  const ServiceSpec& issuer = *shared.system.issuer();
  net::Request request{.target = std::string(jwks_path)};
  auto answer = co_await shared.sender.send(origin_of(shared.config, issuer), std::move(request),
                                            shared.runtime.steady() + std::chrono::seconds(5));
  if (!answer || answer->status != 200)
    throw Error(Code::unavailable, "keys.unreachable", "The " + issuer.name + " service is unavailable");
  co_return Body{std::move(answer->body)};
}

// The public keys of the system's user tokens (RFC 7517): none where they are signed with a shared secret.
Answer keys(const Sources& sources) {
  const security::Signer* signer = sources->shared->keys.signer.get();
  if (!signer) return [sources] { return asked_issuer(sources); };
  security::NamedKey key = signer->named_key();
  bool secret = key.key.algorithm() == security::Algorithm::hs256;
  return always(security::jwks_document(secret ? std::vector<security::NamedKey>{} : std::vector{key}));
}

std::string_view text() { return {}; }
std::string_view object() { return R"({"type":"object"})"; }
std::string_view key_set() {
  return R"({"type":"object","required":["keys"],"properties":{"keys":{"type":"array","items":{)"
         R"("type":"object","required":["kty"],"properties":{"kty":{"type":"string"}}}}}})";
}

constexpr std::string_view plain = "text/plain; charset=utf-8";
constexpr std::string_view prometheus = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view html = "text/html; charset=utf-8";
constexpr std::string_view json = "application/json";
constexpr std::string_view jwk_set = "application/jwk-set+json";

constexpr PageRow pages[] = {
    {"health", Place::gateway, "/health", "The health of all services", json, board_schema, 503, board},
    {"health", Place::service, "/health", "The health of the service and what it depends on", json,
     health_schema, 503, health},
    {"health", Place::prefixes, "/health", "The health of the service and what it depends on", json,
     health_schema, 503, health},
    {"livez", Place::everywhere, "/livez", "Whether the process runs", plain, text, 0, livez},
    {"readyz", Place::everywhere, "/readyz", "Whether requests should be sent here", plain, text, 503,
     readyz},
    {"metrics", Place::everywhere, "/metrics", "Metrics in the Prometheus text format", prometheus, text, 0,
     metrics},
    {"openapi", Place::everywhere, "/openapi.json", "This document", json, object, 0, document},
    {"docs", Place::docs, "/docs", "The documentation, to be read and tried in a browser", html, text, 0,
     docs},
    {"jwks", Place::issuer, jwks_path, "The public keys of user tokens (RFC 7517)", jwk_set, key_set, 0,
     keys},
};

std::vector<std::string> paths_of(const PageRow& page, const SystemSpec& system, const ServiceSpec* service) {
  std::vector<std::string> path = {std::string(page.path)}, none;
  switch (page.place) {
    case Place::everywhere:
      return path;
    case Place::gateway:
      return service ? none : path;
    case Place::service:
      return service ? path : none;
    case Place::issuer:
      return system.issuer() && (!service || service->issues_tokens) ? path : none;
    case Place::docs:
      if (!service) return path;
      return service->docs_path.empty() ? none : std::vector{service->docs_path};
    case Place::prefixes:
      break;
  }
  if (!service) return none;
  for (const std::string& prefix : service->prefixes) none.push_back(prefix + path[0]);
  return none;
}

Task<net::Response> respond(Answer answer, std::string content_type) {
  Body body = co_await answer();
  net::Response response{.status = body.status, .body = std::move(body.text)};
  response.headers.add("content-type", std::move(content_type));
  response.headers.add("cache-control", "no-store");
  co_return response;
}

}  // namespace

std::vector<PageInfo> page_infos(const SystemSpec& system, const ServiceSpec* service) {
  std::vector<PageInfo> infos;
  for (const PageRow& page : pages)
    for (std::string& path : paths_of(page, system, service)) {
      // "health.api.orders" for an alias
      std::string name(page.name);
      if (page.place == Place::prefixes) name += path.substr(0, path.size() - page.path.size());
      std::replace(name.begin(), name.end(), '/', '.');
      infos.push_back({.name = std::move(name),
                       .path = std::move(path),
                       .summary = page.summary,
                       .media_type = page.content_type.substr(0, page.content_type.find(';')),
                       .schema = page.schema(),
                       .refusal = page.refusal});
    }
  return infos;
}

std::vector<StaticPage> pages_of(PageSources given) {
  Sources sources = std::make_shared<const PageSources>(std::move(given));
  std::vector<StaticPage> served;
  for (const PageRow& page : pages)
    for (std::string& path : paths_of(page, sources->shared->system, sources->spec))
      served.push_back({.path = std::move(path),
                        .answer = [answer = page.make(sources), type = std::string(page.content_type)](
                                      net::Request) { return respond(answer, type); }});
  return served;
}

std::vector<EndpointInfo> platform_endpoints() {
  std::vector<EndpointInfo> endpoints = endpoints_of<EventsApi>();
  for (EndpointInfo& endpoint : endpoints_of<SagasApi>()) endpoints.push_back(std::move(endpoint));
  for (EndpointInfo& endpoint : endpoints_of<DeadLettersApi>()) endpoints.push_back(std::move(endpoint));
  return endpoints;
}

}  // namespace portico
