#include "cli/command.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "systems/shop/system.h"

namespace portico::cli {
namespace {

const std::vector<SystemSpec>& systems() {
  static const std::vector<SystemSpec> all = [] {
    std::vector<SystemSpec> list;
    list.push_back(shop::make_shop());
    return list;
  }();
  return all;
}

std::optional<std::string> environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (!value) return std::nullopt;
  return value;
}

std::optional<std::string> content_of(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

}  // namespace

std::vector<std::string> system_names() {
  std::vector<std::string> names;
  for (const SystemSpec& system : systems()) names.push_back(system.name);
  return names;
}

const SystemSpec& find_system(std::string_view name) {
  std::vector<std::string_view> known;
  for (const SystemSpec& system : systems()) {
    if (system.name == name) return system;
    known.push_back(system.name);
  }
  std::string_view meant = nearest(name, known);
  throw Error(
      Code::invalid, "system.unknown",
      fmt::format("There is no system \"{}\"{}; known are: {}", name,
                  meant.empty() ? "" : fmt::format(" (did you mean {}?)", meant), fmt::join(known, ", ")));
}

Config read_config(const SystemSpec& system, const CommonOptions& options, std::string_view port_of) {
  std::vector<ConfigKey> keys = config_keys(system);
  for (ConfigKey& key : keys)
    if (!port_of.empty() && key.name == std::string(port_of) + ".port") key.variables.push_back("PORT");
  Config config(std::move(keys));
  if (!system.built_in_toml.empty()) config.read_toml(system.built_in_toml, "built-in");
  std::string own = system.name + ".toml";
  if (auto text = content_of(own)) config.read_toml(*text, own);
  for (const std::string& file : options.files) {
    auto text = content_of(file);
    if (!text)
      throw Error(Code::invalid, "config.unreadable", "The configuration file " + file + " cannot be read");
    config.read_toml(*text, file);
  }
  config.read_environment(environment);
  for (const auto& [key, value] : options.keys) config.set(key, value, "flag");
  // What tutorials start with: only where it is said to be development.
  if (config.text("mode") == "development" && !config.has("security.internal_key"))
    config.set("security.internal_key", "workshop_internal_key_2023", "development");
  return config;
}

int report(const Error& error) {
  std::string text = error.message();
  if (!error.note().empty() && error.code() == Code::internal) text += " (" + error.note() + ")";
  std::fprintf(stderr, "portico: %s\n", text.c_str());
  const std::string& reason = error.reason();
  if (reason.starts_with("config.") || reason.starts_with("secret.") || reason.starts_with("key."))
    return config_invalid;
  if (reason == "system.unknown" || reason.starts_with("usage.")) return wrong_usage;
  if (reason == "store.migration" || reason == "store.newer") return migrations_pending;
  if (error.code() == Code::conflict) return refused;
  if (error.code() == Code::unavailable || error.code() == Code::too_late) return try_again;
  return failed;
}

}  // namespace portico::cli
