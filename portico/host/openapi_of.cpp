#include "portico/host/application.h"
#include "portico/host/pages.h"
#include "portico/schema/openapi.h"

namespace portico {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = char(c + 32);
  return out;
}

schema::Operation operation_of(const EndpointInfo& endpoint, std::string_view service) {
  schema::Operation operation{.verb = lower(net::name_of(endpoint.verb)),
                              .path = std::string(endpoint.path),
                              .id = std::string(service) + "." + std::string(endpoint.name),
                              .tag = std::string(service),
                              .summary = std::string(endpoint.summary),
                              .request = endpoint.request,
                              .response = endpoint.status == 204 ? nullptr : endpoint.response,
                              .status = endpoint.status};
  operation.wrapped_as = endpoint.wrapped_as;
  operation.failures = endpoint.failures;
  auto may_fail = [&](int status) {
    if (std::find(operation.failures.begin(), operation.failures.end(), status) == operation.failures.end())
      operation.failures.push_back(status);
  };
  if (!endpoint.request->members.empty()) may_fail(400);
  const Access& access = endpoint.access;
  if (!access.anyone) {
    may_fail(401);
    if (!access.only_internal()) may_fail(403);
    if (access.internal) operation.security.push_back("internalKey");
    if (access.signed_in || access.role_count) operation.security.push_back("bearerAuth");
  }
  may_fail(429);
  may_fail(500);
  std::sort(operation.failures.begin(), operation.failures.end());
  return operation;
}

constexpr std::string_view platform = "platform";

schema::Operation operation_of(const PageInfo& page) {
  schema::Operation operation{.verb = "get",
                              .path = page.path,
                              .id = std::string(platform) + "." + page.name,
                              .tag = std::string(platform),
                              .summary = std::string(page.summary),
                              .media_type = std::string(page.media_type)};
  operation.body_schema = page.schema;
  operation.refusal = page.refusal;
  return operation;
}

}  // namespace

std::string openapi_of(const SystemSpec& system, std::string_view service, bool development) {
  std::vector<schema::Operation> operations;
  for (const ServiceSpec& spec : system.services) {
    if (!service.empty() && spec.name != service) continue;
    for (const EndpointInfo& endpoint : spec.endpoints) {
      bool hidden = endpoint.development_only && !development;
      if (hidden || (service.empty() && endpoint.inside)) continue;
      operations.push_back(operation_of(endpoint, spec.name));
    }
  }
  const ServiceSpec* one = service.empty() ? nullptr : system.find(service);
  for (const PageInfo& page : page_infos(system, one)) {
    operations.push_back(operation_of(page));
    if (one) continue;
    operations.back().failures = {429};  // the gateway's limit holds for its own pages too
    if (page.path == jwks_path) operations.back().failures.push_back(503);  // the issuer may run elsewhere
  }
  if (one)
    for (const EndpointInfo& endpoint : platform_endpoints())
      operations.push_back(operation_of(endpoint, platform));
  uint16_t port = one ? one->port : system.gateway_port;
  schema::DocumentInfo info{
      .title = one ? one->title : system.title,
      .version = "1.0.0",
      .description = one ? "One service of the " + system.title + "."
                         : "All services of the " + system.title + " behind the gateway.",
      .servers = {"http://localhost:" + std::to_string(port)}};
  return schema::openapi(info, operations, *system.presenter);
}

}  // namespace portico
