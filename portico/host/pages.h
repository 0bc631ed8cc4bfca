// What every port answers by itself: health, metrics, documents.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "portico/gateway/gateway.h"
#include "portico/host/system.h"

namespace portico {

// How a service or neighbour is, for /health and /readyz.
struct ServiceHealth {
  std::string name;
  bool healthy = false;
  std::vector<std::pair<std::string, std::string>> checks;  // name, "healthy" or "unhealthy"
};

struct PageSources {
  Runtime& runtime;
  Observer& observer;
  const SystemSpec& system;
  Instant started;
  std::function<bool()> ready;
  bool development = false;
};

// The pages of a service's own port: /health (and the aliases of the system), /livez, /readyz, /metrics,
// /openapi.json, the documentation page at the service's docs_path.
std::vector<StaticPage> service_pages(const PageSources& sources, const ServiceSpec& spec, Service& service);

// The pages of the gateway's port: the board of all services at /health, /livez, /readyz, /metrics, the
// merged document and its viewer at /docs. `board` asks all services side by side.
std::vector<StaticPage> gateway_pages(const PageSources& sources,
                                      std::function<Task<std::vector<ServiceHealth>>()> board);

// The public keys of the system's user tokens (RFC 7517).
StaticPage jwks_page(std::string document);

// Runs a service's checks, each within five seconds.
Task<ServiceHealth> check_service(Runtime& runtime, Observer& observer, Service& service);

// A self-contained HTML page that shows the OpenAPI document at `document_url` and sends requests to it.
// Nothing is loaded from elsewhere.
std::string documentation_page(std::string_view title, std::string_view document_url);

}  // namespace portico
