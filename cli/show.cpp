#include "cli/show.h"

#include <fmt/format.h>

#include <cstdio>

#include "portico/host/pages.h"
#include "portico/schema/json.h"

namespace portico::cli {
namespace {

struct ConfigEntry {
  std::string key, value, origin, help;
  std::vector<std::string> variables;
};
PORTICO_DESCRIBE(ConfigEntry, key, value, origin, help, variables)

struct RouteEntry {
  std::string verb, path, service, endpoint, access, summary;
};
PORTICO_DESCRIBE(RouteEntry, verb, path, service, endpoint, access, summary)

struct VersionEntry {
  std::string version, compiler;
  std::vector<std::string> systems;
};
PORTICO_DESCRIBE(VersionEntry, version, compiler, systems)

void put(const std::string& text) { std::fputs(text.c_str(), stdout); }

std::string access_text(const EndpointInfo& endpoint) {
  const Access& access = endpoint.access;
  std::string text;
  auto add = [&](std::string_view word) { ((text += text.empty() ? "" : ",") += word); };
  if (access.anyone) add("anyone");
  if (access.signed_in) add("signed-in");
  for (size_t i = 0; i < access.role_count; ++i) add(access.roles[i]);
  if (access.internal) add("internal");
  if (endpoint.inside) text += " (inside)";
  return text;
}

RouteEntry entry_of(const EndpointInfo& endpoint, const std::string& service) {
  return {std::string(net::name_of(endpoint.verb)),
          std::string(endpoint.path),
          service,
          std::string(endpoint.name),
          access_text(endpoint),
          std::string(endpoint.summary)};
}

// What a port answers besides the contracts, under no name that `portico call` takes: the gateway's port,
// where `service` is null.
void add_platform(const SystemSpec& system, const ServiceSpec* service, std::vector<RouteEntry>& routes) {
  const std::string name = service ? service->name : "gateway";
  for (const PageInfo& page : page_infos(system, service))
    routes.push_back({"GET", page.path, name, "", "anyone", std::string(page.summary)});
  if (!service) return;
  for (const EndpointInfo& endpoint : platform_endpoints()) {
    routes.push_back(entry_of(endpoint, name));
    routes.back().endpoint.clear();
  }
}

}  // namespace

int show_config(const CommonOptions& options) {
  const SystemSpec& system = find_system(options.system);
  Config config = read_config(system, options);
  std::vector<ConfigEntry> entries;
  for (const Config::Entry& entry : config.entries()) {
    ConfigEntry shown{entry.key->name, entry.shown, entry.origin, entry.key->help, {}};
    for (const std::string& variable : entry.key->variables)
      if (!variable.empty()) shown.variables.push_back(variable);
    entries.push_back(std::move(shown));
  }
  if (options.json) {
    put(schema::to_json(entries) + "\n");
    return done;
  }
  size_t key_width = 0, value_width = 0;
  for (const ConfigEntry& entry : entries) {
    key_width = std::max(key_width, entry.key.size());
    value_width = std::max(value_width, std::min<size_t>(entry.value.size(), 32));
  }
  for (const ConfigEntry& entry : entries)
    put(fmt::format("{:<{}}  {:<{}}  {:<16}  {}{}\n", entry.key, key_width,
                    entry.value.empty() ? "-" : entry.value, value_width, entry.origin, entry.help,
                    entry.variables.empty() ? "" : fmt::format(" [{}]", fmt::join(entry.variables, ", "))));
  return done;
}

int show_routes(const CommonOptions& options, const std::string& service) {
  const SystemSpec& system = find_system(options.system);
  if (!service.empty() && !system.find(service))
    throw Error(Code::invalid, "usage.service",
                fmt::format("{} has no service \"{}\"", system.name, service));
  std::vector<RouteEntry> routes;
  for (const ServiceSpec& spec : system.services) {
    if (!service.empty() && spec.name != service) continue;
    for (const EndpointInfo& endpoint : spec.endpoints) routes.push_back(entry_of(endpoint, spec.name));
  }
  add_platform(system, service.empty() ? nullptr : system.find(service), routes);
  if (options.json) {
    put(schema::to_json(routes) + "\n");
    return done;
  }
  for (const RouteEntry& route : routes) {
    std::string name = route.service + (route.endpoint.empty() ? "" : ".") + route.endpoint;
    put(fmt::format("{:<7} {:<46} {:<26} {:<26} {}\n", route.verb, route.path, name, route.access,
                    route.summary));
  }
  return done;
}

int show_openapi(const CommonOptions& options, const std::string& service) {
  const SystemSpec& system = find_system(options.system);
  if (!service.empty() && !system.find(service))
    throw Error(Code::invalid, "usage.service",
                fmt::format("{} has no service \"{}\"", system.name, service));
  std::string document = openapi_of(system, service, true);
  if (!document.ends_with('\n')) document += '\n';
  put(document);
  return done;
}

int show_version(bool json) {
  VersionEntry entry{PORTICO_VERSION, __VERSION__, system_names()};
  put(json ? schema::to_json(entry) + "\n" : fmt::format("portico {} ({})\n", entry.version, entry.compiler));
  return done;
}

}  // namespace portico::cli
