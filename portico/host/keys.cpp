#include "portico/host/keys.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "portico/security/digest.h"
#include "portico/security/private_file.h"
#include "portico/security/secrets.h"

namespace portico {
namespace {

// A secret of 32 random bytes in a file of its own, made when it is not there.
Secret kept_secret(const std::string& path, Random& random) {
  if (!std::filesystem::exists(path)) {
    std::array<std::byte, 32> bytes;
    random.fill(bytes);
    std::string_view raw(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    auto made = security::create_private_file(path, Secret(security::hex(raw)));
    if (!made) throw std::move(made.error());
  }
  auto text = security::read_private_file(path, 4096, "secret");
  if (!text) throw std::move(text.error());
  return std::move(*text);
}

Secret configured_or_kept(const Config& config, std::string_view key, const std::string& path,
                          Random& random) {
  return config.has(key) ? config.secret(key) : kept_secret(path, random);
}

security::Signer make_signer(const Config& config, Runtime& runtime, const std::string& folder,
                             bool development) {
  const std::string& algorithm = config.text("security.jwt_algorithm");
  if (algorithm == "HS256") {
    if (!config.has("security.jwt_secret"))
      throw Error(Code::invalid, "secret.missing",
                  "HS256 needs a secret: set JWT_SECRET or JWT_SECRET_FILE to at least 32 random characters");
    auto key = security::SigningKey::hmac(
        config.secret("security.jwt_secret"),
        development ? security::ShortSecret::allow : security::ShortSecret::refuse);
    if (!key) throw std::move(key.error());
    return security::Signer(std::move(*key), "shared");
  }
  auto kind = algorithm == "EdDSA" ? security::Algorithm::eddsa : security::Algorithm::es256;
  std::string path = folder + (algorithm == "EdDSA" ? "/signing-eddsa.pem" : "/signing-es256.pem");
  auto key = security::load_or_create_key_file(path, kind, runtime.random());
  if (!key) throw std::move(key.error());
  return security::Signer(std::move(*key));
}

void refuse_weak(const Config& config, std::string_view key, std::string_view variable, bool required) {
  if (!config.has(key) && !required) return;
  if (!config.has(key))
    throw Error(Code::invalid, "secret.missing",
                fmt::format("{0} is not set: production needs it. Set {0} or {0}_FILE to at least 32 random "
                            "characters, for example from: openssl rand -hex 32",
                            variable));
  if (auto refusal = security::refuse_in_production(variable, config.secret(key))) throw std::move(*refusal);
}

}  // namespace

void prepare_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error || ::access(path.c_str(), W_OK | X_OK) != 0)
    throw Error(
        Code::conflict, "folder.read_only",
        fmt::format("The data folder {} cannot be written. Make it writable or choose another with --data",
                    path));
}

SystemKeys load_keys(const SystemSpec&, const Config& config, Runtime& runtime, bool issuer_is_here) {
  bool development = config.text("mode") != "production";
  if (!development) {
    refuse_weak(config, "security.internal_key", "INTERNAL_API_KEY", true);
    refuse_weak(config, "security.service_secret", "PORTICO_SERVICE_SECRET", false);
    refuse_weak(config, "security.jwt_secret", "JWT_SECRET",
                config.text("security.jwt_algorithm") == "HS256");
  }
  std::string folder = config.text("host.data") + "/keys";
  prepare_folder(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  SystemKeys keys;
  keys.internal = std::make_unique<security::InternalKeys>(config.secret("security.internal_key"),
                                                           config.secret("security.internal_key_previous"));
  keys.service_secret =
      configured_or_kept(config, "security.service_secret", folder + "/service-secret", runtime.random());
  keys.code_key = configured_or_kept(config, "security.code_key", folder + "/code-key", runtime.random());
  bool shared = config.text("security.jwt_algorithm") == "HS256";
  if (issuer_is_here || shared)
    keys.signer = std::make_unique<security::Signer>(make_signer(config, runtime, folder, development));
  return keys;
}

}  // namespace portico
