#include "portico/host/application.h"

namespace portico {
namespace {

std::vector<ConfigKey> platform_keys(const SystemSpec& system) {
  using enum ConfigKind;
  return {
      {.name = "mode",
       .value = "development",
       .variables = {"PORTICO_MODE", "NODE_ENV"},
       .help =
           "development takes sample secrets and answers on the services' own ports; production refuses both",
       .options = {"development", "production"}},
      {.name = "host.address",
       .value = "127.0.0.1",
       .variables = {"PORTICO_ADDRESS"},
       .help = "address to listen on"},
      {.name = "host.data",
       .value = ".portico/" + system.name,
       .variables = {"PORTICO_DATA"},
       .help = "folder of databases and keys"},
      {.name = "host.reactors",
       .kind = integer,
       .value = "0",
       .variables = {"PORTICO_REACTORS"},
       .help = "event loops; 0 is one a core",
       .min = 0,
       .max = 256},
      {.name = "host.drain",
       .kind = duration,
       .value = "20s",
       .help = "time to finish requests when stopping",
       .min = 0,
       .max = 600'000},
      {.name = "gateway.port",
       .kind = integer,
       .value = std::to_string(system.gateway_port),
       .variables = {"GATEWAY_PORT"},
       .help = "port of the gateway; 0 picks a free one",
       .min = 0,
       .max = 65535},
      {.name = "gateway.cors_origins",
       .kind = list,
       .variables = {"CORS_ORIGINS", "CLIENT_URL"},
       .help = "origins that browsers may call from, exact, with commas"},
      {.name = "gateway.rate_limit",
       .kind = integer,
       .value = "1000",
       .variables = {"PORTICO_RATE_LIMIT"},
       .help = "requests an address may make in a window; 0 is no limit",
       .min = 0,
       .max = 100'000'000},
      {.name = "gateway.rate_window",
       .kind = duration,
       .value = "1m",
       .help = "the window of the rate limit",
       .min = 1000,
       .max = 86'400'000},
      {.name = "gateway.trusted_proxies",
       .kind = list,
       .help = "addresses whose X-Forwarded-For is believed"},
      {.name = "http.body_bytes_max",
       .kind = integer,
       .value = "1048576",
       .help = "largest request body (413)",
       .min = 1024,
       .max = 1 << 30},
      {.name = "http.connections_max",
       .kind = integer,
       .value = "10000",
       .help = "open connections a port",
       .min = 1,
       .max = 1'000'000},
      {.name = "http.request_timeout",
       .kind = duration,
       .value = "15s",
       .help = "deadline of a request",
       .min = 100,
       .max = 600'000},
      {.name = "call.timeout",
       .kind = duration,
       .value = "5s",
       .variables = {"PORTICO_CALL_TIMEOUT"},
       .help = "time-out of a call to a neighbour, tries included",
       .min = 10,
       .max = 600'000},
      {.name = "security.internal_key",
       .kind = secret,
       .variables = {"INTERNAL_API_KEY"},
       .help = "key of internal calls (X-Internal-Key)"},
      {.name = "security.internal_key_previous",
       .kind = secret,
       .variables = {"INTERNAL_API_KEY_PREVIOUS"},
       .help = "the key before, while it is rotated"},
      {.name = "security.service_secret",
       .kind = secret,
       .variables = {"PORTICO_SERVICE_SECRET"},
       .help = "secret behind the tokens between services; else made in the data folder"},
      {.name = "security.code_key",
       .kind = secret,
       .variables = {"PORTICO_CODE_KEY"},
       .help = "key of one-time codes; else made in the data folder"},
      {.name = "security.jwt_algorithm",
       .value = "ES256",
       .variables = {"JWT_ALGORITHM"},
       .help = "how user tokens are signed",
       .options = {"ES256", "EdDSA", "HS256"}},
      {.name = "security.jwt_secret",
       .kind = secret,
       .variables = {"JWT_SECRET"},
       .help = "key of HS256; not used by the other algorithms"},
      {.name = "security.jwt_expires_in",
       .kind = duration,
       .value = "24h",
       .variables = {"JWT_EXPIRES_IN"},
       .help = "life of a user token",
       .min = 1000,
       .max = 2'592'000'000},
      {.name = "log.level",
       .value = "info",
       .variables = {"LOG_LEVEL"},
       .help = "least level that is written",
       .options = {"debug", "info", "success", "warn", "error"}},
      {.name = "log.format",
       .value = "auto",
       .variables = {"LOG_FORMAT"},
       .help = "auto is text on a terminal, JSON otherwise",
       .options = {"auto", "text", "json"}},
      {.name = "store.engine",
       .value = "sqlite",
       .variables = {"PORTICO_STORE"},
       .help = "engine of the stores",
       .options = {"sqlite"}},
  };
}

std::vector<ConfigKey> bus_keys() {
  using enum ConfigKind;
  return {{.name = "bus.retention",
           .kind = duration,
           .value = "1h",
           .help = "how long events are kept at least",
           .min = 0,
           .max = 2'592'000'000},
          {.name = "bus.poll",
           .kind = duration,
           .value = "250ms",
           .help = "how often subscribers look for events that no signal has announced",
           .min = 10,
           .max = 60'000},
          {.name = "saga.lease",
           .kind = duration,
           .value = "30s",
           .help = "after which silence a saga that is under way is taken on again",
           .min = 100,
           .max = 3'600'000},
          {.name = "saga.retry_max",
           .kind = duration,
           .value = "5m",
           .help = "the longest wait between two tries of a saga",
           .min = 1000,
           .max = 86'400'000}};
}

std::vector<ConfigKey> backup_keys() {
  using enum ConfigKind;
  return {
      {.name = "backup.folder",
       .value = ".portico/backups",
       .variables = {"PORTICO_BACKUPS"},
       .help = "folder of backups"},
      {.name = "backup.every",
       .kind = duration,
       .value = "0s",
       .help = "how often a running system saves its databases; 0s is never",
       .min = 0,
       .max = 2'592'000'000},
      {.name = "backup.keep",
       .kind = integer,
       .value = "7",
       .help = "how many of its own backups it keeps",
       .min = 1,
       .max = 10'000},
  };
}

// Names of the seeds' environments that belong to engines this version does not contain: accepted, so that an
// environment written for them starts unchanged, and shown by `portico config`.
std::vector<ConfigKey> engine_keys() {
  return {
      {.name = "mongodb.uri",
       .kind = ConfigKind::secret,
       .variables = {"MONGODB_URI", "MONGODB_URL"},
       .help = "accepted; read once the MongoDB engine is there"},
      {.name = "postgres.host",
       .variables = {"DB_HOST"},
       .help = "accepted; read once the PostgreSQL engine is there"},
      {.name = "postgres.port", .variables = {"DB_PORT"}, .help = "as postgres.host"},
      {.name = "postgres.user", .variables = {"DB_USERNAME"}, .help = "as postgres.host"},
      {.name = "postgres.password",
       .kind = ConfigKind::secret,
       .variables = {"DB_PASSWORD"},
       .help = "as postgres.host"},
      {.name = "postgres.database", .variables = {"DB_NAME"}, .help = "as postgres.host"},
      {.name = "redis.host",
       .variables = {"REDIS_HOST"},
       .help = "accepted; the queue is in the service's own store"},
      {.name = "redis.port", .variables = {"REDIS_PORT"}, .help = "as redis.host"},
  };
}

}  // namespace

std::vector<ConfigKey> config_keys(const SystemSpec& system) {
  std::vector<ConfigKey> keys = platform_keys(system);
  for (ConfigKey& key : bus_keys()) keys.push_back(std::move(key));
  for (const ServiceSpec& service : system.services) {
    keys.push_back({.name = service.name + ".port",
                    .kind = ConfigKind::integer,
                    .value = std::to_string(service.port),
                    .help = "port of the " + service.name + " service; 0 picks a free one",
                    .min = 0,
                    .max = 65535});
    keys.push_back(
        {.name = service.name + ".url",
         .variables = {service.url_variable},
         .help = "where the service is called when it runs elsewhere; else host.address and its port"});
  }
  for (ConfigKey& key : backup_keys()) keys.push_back(std::move(key));
  for (ConfigKey& key : engine_keys()) keys.push_back(std::move(key));
  for (const ConfigKey& key : system.keys) keys.push_back(key);
  return keys;
}

Placement all_of(const SystemSpec& system) {
  Placement placement;
  for (const ServiceSpec& service : system.services) placement.services.push_back(service.name);
  return placement;
}

const ServiceSpec* SystemSpec::issuer() const {
  for (const ServiceSpec& spec : services)
    if (spec.issues_tokens) return &spec;
  return nullptr;
}

const ServiceSpec* SystemSpec::find(std::string_view service) const {
  for (const ServiceSpec& spec : services)
    if (spec.name == service) return &spec;
  return nullptr;
}

}  // namespace portico
