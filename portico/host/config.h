// Typed configuration: built-in < <system>.toml < file < environment < flag. Every value knows where it came
// from.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portico/base/error.h"
#include "portico/base/secret.h"
#include "portico/base/time.h"

namespace portico {

enum class ConfigKind { text, integer, boolean, duration, secret, list };

// One key. Durations are written as "250ms", "5s", "15m", "24h"; lists with commas.
struct ConfigKey {
  std::string name;  // "gateway.port", "user.jwt_expires_in"
  ConfigKind kind = ConfigKind::text;
  std::string value;                   // built-in; empty: not set
  std::vector<std::string> variables;  // environment names, first the preferred one: {"JWT_EXPIRES_IN"}
  std::string help;
  int64_t min = INT64_MIN, max = INT64_MAX;  // of integers, and of durations in milliseconds
  std::vector<std::string> options;          // allowed values of a text; empty: any
};

using Variables = std::function<std::optional<std::string>(std::string_view name)>;

class Config {
 public:
  explicit Config(std::vector<ConfigKey> keys);

  // Later calls win over earlier ones. All problems of one source are collected and thrown as one
  // Error(invalid, "config.invalid") with a violation a key: unknown keys with the nearest known one, bad
  // values.
  void read_toml(std::string_view text, std::string_view file);
  // Each key's variables, and NAME_FILE for secrets (the file's content without the last newline).
  void read_environment(const Variables& variables);
  void set(std::string_view key, std::string value, std::string_view origin);  // flags: origin "--port"

  bool has(std::string_view key) const;  // set to something, not empty
  const std::string& text(std::string_view key) const;
  int64_t integer(std::string_view key) const;
  bool boolean(std::string_view key) const;
  Duration duration(std::string_view key) const;
  Secret secret(std::string_view key) const;
  std::vector<std::string> list(std::string_view key) const;

  struct Entry {
    const ConfigKey* key;
    std::string shown;   // secrets masked
    std::string origin;  // "built-in", "shop.toml", "JWT_SECRET", "--port"
  };
  std::vector<Entry> entries() const;  // in the order of the keys

 private:
  struct Setting {
    std::string value, origin;
  };
  const ConfigKey* find(std::string_view name) const;
  std::optional<Violation> apply(std::string_view key, std::string value, std::string origin);

  std::vector<ConfigKey> keys_;
  std::map<std::string, Setting, std::less<>> settings_;
};

// The known name that a mistyped one most likely meant (edit distance at most a third of its length), or
// empty.
std::string_view nearest(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace portico
