// How a service is, as /health of its own port and the board of the gateway tell it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "portico/host/system.h"

namespace portico {

struct ServiceHealth {
  std::string name;
  bool healthy = false;
  std::vector<std::pair<std::string, std::string>> checks;      // name, "healthy", "unhealthy", "quarantined"
  std::vector<std::pair<std::string, std::string>> neighbours;  // name, state of the breaker before it
  // Does its work, but for what it needs a neighbour for that is not called now.
  bool degraded() const;
};

// Runs a service's checks, each within five seconds.
Task<ServiceHealth> check_service(Runtime& runtime, Observer& observer, Service& service);

// Whether all, some or none are: "healthy", "degraded", "unhealthy".
std::string_view status_of(const std::vector<ServiceHealth>& services);

// The bodies of /health and their JSON Schemas. A service's body is the union of what the clients of the
// workshop look for: success, message, status, timestamp, data.status.
std::string health_json(const ServiceSpec& spec, const ServiceHealth& health, Time now,
                        int64_t uptime_seconds);
std::string board_json(const SystemSpec& system, const std::vector<ServiceHealth>& services, Time now,
                       int64_t uptime_seconds);
std::string_view health_schema();
std::string_view board_schema();

}  // namespace portico
