#include "portico/host/health.h"

#include <fmt/format.h>

#include <algorithm>

#include "portico/runtime/sync.h"
#include "portico/schema/json.h"

namespace portico {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  schema::write_json_text(out, text);
  return out;
}

// {"email":"healthy","database":"healthy"}
std::string json_of(const std::vector<std::pair<std::string, std::string>>& states) {
  std::string out = "{";
  for (const auto& [name, state] : states) {
    if (out.size() > 1) out += ',';
    out += quoted(name) + ':' + quoted(state);
  }
  return out + "}";
}

std::string_view word_of(const ServiceHealth& health) {
  if (health.healthy) return "healthy";
  return health.checks.empty() ? "unreachable" : "unhealthy";
}

Task<void> run_check(const HealthCheck* check, Call* call, std::string* state) {
  try {
    co_await check->run(*call);
    *state = "healthy";
  } catch (const Error& error) {
    *state = error.reason() == "service.quarantined" ? "quarantined" : "unhealthy";
    call->log().write(Level::warn, *call, "health check failed",
                      {{"check", check->name}, {"error", error.message()}});
  } catch (const std::exception& error) {
    call->log().write(Level::warn, *call, "health check failed",
                      {{"check", check->name}, {"error", error.what()}});
    *state = "unhealthy";
  }
}

}  // namespace

bool ServiceHealth::degraded() const {
  return healthy && std::ranges::any_of(neighbours, [](const auto& one) { return one.second != "closed"; });
}

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

std::string_view status_of(const std::vector<ServiceHealth>& services) {
  size_t healthy = size_t(std::count_if(services.begin(), services.end(), [](auto& s) { return s.healthy; }));
  return healthy == services.size() ? "healthy" : healthy == 0 ? "unhealthy" : "degraded";
}

std::string health_json(const ServiceSpec& spec, const ServiceHealth& health, Time now,
                        int64_t uptime_seconds) {
  std::string status = health.degraded() ? "degraded" : health.healthy ? "healthy" : "unhealthy";
  std::string time = quoted(to_string(now));
  return fmt::format(
      R"({{"success":{},"message":{},"status":"{}","service":{},"timestamp":{},"uptime":{},"services":{},)"
      R"("neighbours":{},"data":{{"status":"{}","timestamp":{}}}}})",
      health.healthy, quoted(spec.title + " is " + status), status, quoted(spec.name), time, uptime_seconds,
      json_of(health.checks), json_of(health.neighbours), status, time);
}

std::string_view health_schema() {
  return R"({"type":"object",)"
         R"("required":["success","message","status","service","timestamp","uptime","services","neighbours",)"
         R"("data"],)"
         R"("properties":{"success":{"type":"boolean"},"message":{"type":"string"},)"
         R"("status":{"type":"string","enum":["healthy","degraded","unhealthy"]},"service":{"type":"string"},)"
         R"("timestamp":{"type":"string","format":"date-time"},)"
         R"("uptime":{"type":"integer","minimum":0,"description":"In seconds"},)"
         R"("services":{"type":"object","description":"What the service depends on, by name",)"
         R"("additionalProperties":{"type":"string","enum":["healthy","unhealthy","quarantined"]}},)"
         R"("neighbours":{"type":"object","description":"The circuit breakers before the services that it )"
         R"(calls, by name: one that is open refuses calls at once",)"
         R"("additionalProperties":{"type":"string","enum":["closed","half_open","open"]}},)"
         R"("data":{"type":"object","required":["status","timestamp"],"properties":{)"
         R"("status":{"type":"string","enum":["healthy","degraded","unhealthy"]},)"
         R"("timestamp":{"type":"string","format":"date-time"}}}}})";
}

std::string board_json(const SystemSpec& system, const std::vector<ServiceHealth>& services, Time now,
                       int64_t uptime_seconds) {
  std::string status(status_of(services)), list;
  for (const ServiceHealth& service : services) {
    if (!list.empty()) list += ',';
    list += fmt::format(R"({}:{{"status":"{}","checks":{}}})", quoted(service.name), word_of(service),
                        json_of(service.checks));
  }
  return fmt::format(
      R"({{"success":{},"message":{},"status":"{}","service":"gateway","system":{},"timestamp":{},"uptime":{},)"
      R"("services":{{{}}}}})",
      status == "healthy", quoted("The " + system.title + " is " + status), status, quoted(system.name),
      quoted(to_string(now)), uptime_seconds, list);
}

std::string_view board_schema() {
  return R"({"type":"object",)"
         R"("required":["success","message","status","service","system","timestamp","uptime","services"],)"
         R"("properties":{"success":{"type":"boolean"},"message":{"type":"string"},)"
         R"("status":{"type":"string","enum":["healthy","degraded","unhealthy"]},)"
         R"("service":{"type":"string"},"system":{"type":"string"},)"
         R"("timestamp":{"type":"string","format":"date-time"},)"
         R"("uptime":{"type":"integer","minimum":0,"description":"In seconds"},)"
         R"("services":{"type":"object","description":"The services of the system, by name",)"
         R"("additionalProperties":{"type":"object","required":["status","checks"],"properties":{)"
         R"("status":{"type":"string","enum":["healthy","unhealthy","unreachable"]},)"
         R"("checks":{"type":"object","description":"What the service depends on, by name",)"
         R"("additionalProperties":{"type":"string","enum":["healthy","unhealthy","quarantined"]}}}}}}})";
}

}  // namespace portico
