#include "portico/host/diagnose.h"

#include <fmt/format.h>

#include <filesystem>

#include "portico/host/keys.h"
#include "portico/net/client.h"
#include "portico/net/server.h"
#include "portico/security/secrets.h"
#include "portico/store/sqlite/inspect.h"

namespace portico {
namespace {

Finding folder(const std::string& path) {
  try {
    prepare_folder(path);
    return {"data folder", true, path};
  } catch (const Error& error) {
    return {"data folder", false, error.message()};
  }
}

Finding secret(const Config& config, std::string_view key, std::string_view variable, bool production) {
  std::string subject = fmt::format("secret {}", variable);
  if (!config.has(key))
    return {subject, !production, production ? "is not set; production needs it" : "is not set"};
  std::optional<Error> refusal = security::refuse_in_production(variable, config.secret(key));
  if (!refusal) return {subject, true, "is set"};
  return {subject, !production, production ? refusal->message() : "is good enough for development only"};
}

Task<net::Response> nothing(net::Request) { co_return net::Response{.status = 404}; }

Task<Finding> port(Runtime* runtime, std::string address, std::string name, uint16_t number) {
  std::string subject = fmt::format("port {} ({})", number, name);
  {
    net::Server probe(
        *runtime, {}, [](net::Request request) { return nothing(std::move(request)); },
        [](int status, std::string_view, std::string_view) { return net::Response{.status = status}; });
    try {
      probe.listen(address, number);
      co_return Finding{subject, true, "is free"};
    } catch (const Error&) {
      // Taken: by us, or by somebody else?
    }
  }
  net::Client client(*runtime, {});
  net::Request request{.target = "/livez"};
  auto answer = co_await client.send({address, number}, std::move(request),
                                     runtime->steady() + std::chrono::seconds(2));
  if (answer && answer->status == 200) co_return Finding{subject, true, "is in use by a running system"};
  co_return Finding{
      subject, false,
      fmt::format("is taken by another program; see: lsof -i :{}, or set another port", number)};
}

Finding database(const std::string& path) {
  std::string subject = "database " + std::filesystem::path(path).filename().string();
  if (!std::filesystem::exists(path)) return {subject, true, "is not there yet"};
  try {
    const sqlite::FileState state = sqlite::inspect(path);
    return {subject, true, state.in_use ? "is in use by a running system" : "can be opened"};
  } catch (const Error& error) {
    return {subject, false, error.message()};
  }
}

}  // namespace

Task<std::vector<Finding>> diagnose(Runtime& runtime, const SystemSpec& system, const Config& config) {
  std::vector<Finding> findings;
  bool production = config.text("mode") == "production";
  const std::string& data = config.text("host.data");
  findings.push_back(folder(data));
  findings.push_back(secret(config, "security.internal_key", "INTERNAL_API_KEY", production));
  if (config.text("security.jwt_algorithm") == "HS256")
    findings.push_back(secret(config, "security.jwt_secret", "JWT_SECRET", production));
  const std::string& address = config.text("host.address");
  findings.push_back(co_await port(&runtime, address, "gateway", uint16_t(config.integer("gateway.port"))));
  for (const ServiceSpec& spec : system.services) {
    findings.push_back(
        co_await port(&runtime, address, spec.name, uint16_t(config.integer(spec.name + ".port"))));
    findings.push_back(database(data + "/" + spec.name + ".db"));
  }
  co_return findings;
}

}  // namespace portico
