// What every port answers by itself: health, metrics, documents, keys. One table names the pages: what is
// served and what the OpenAPI document says are both made from it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "portico/gateway/gateway.h"
#include "portico/host/health.h"
#include "portico/host/system.h"

namespace portico {

struct Shared;  // portico/host/node.h

// The address of the public keys on the port of the service that issues the user tokens, and on the gateway.
inline constexpr std::string_view jwks_path = "/.well-known/jwks.json";

// A page as documents tell of it.
struct PageInfo {
  std::string name;  // unique on its port: "health"
  std::string path;
  std::string_view summary;
  std::string_view media_type;  // without parameters
  std::string_view schema;      // JSON Schema of the body; of text none
  int refusal = 0;              // the status beside 200, with a body of the same kind; 0: none
};

// The pages of a service's own port; of the gateway's, where `service` is null.
std::vector<PageInfo> page_infos(const SystemSpec& system, const ServiceSpec* service);

// What the pages of one port are answered from.
struct PageSources {
  Shared* shared = nullptr;
  Instant started{};
  std::function<bool()> ready;
  // Of a service's own port.
  const ServiceSpec* spec = nullptr;
  Service* service = nullptr;
  std::function<std::vector<std::pair<std::string, std::string>>()> neighbours;  // as ServiceHealth has them
  // Of the gateway's port: asks all services side by side.
  std::function<Task<std::vector<ServiceHealth>>()> board;
};

// The pages of page_infos, ready to be served.
std::vector<StaticPage> pages_of(PageSources sources);

// The endpoints that every service serves on its own port besides its contract.
std::vector<EndpointInfo> platform_endpoints();

// A self-contained HTML page that shows the OpenAPI document at `document_url` and sends requests to it.
// Nothing is loaded from elsewhere.
std::string documentation_page(std::string_view title, std::string_view document_url);

}  // namespace portico
