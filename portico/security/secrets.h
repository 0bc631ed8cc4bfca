// Where secrets come from, and which ones must not go into production.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "portico/base/error.h"
#include "portico/base/secret.h"

namespace portico::security {

inline constexpr size_t secret_file_bytes_max = 64 * 1024;
inline constexpr size_t production_secret_length_min = 32;

// The environment, or what stands in for it. "" counts as not set.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

// Reads secrets by the names of their variables: from the file that NAME_FILE names, from NAME itself, or
// from a file NAME in the folder that CREDENTIALS_DIRECTORY names (as systemd passes credentials); the first
// that is there. Line ends at the end of a file do not belong to the secret. Blocks on the disk: for the
// start of a process.
class SecretSource {
 public:
  explicit SecretSource(Lookup lookup) : lookup_(std::move(lookup)) {}

  // Nothing when it is set nowhere. Errors, which name the variable but never a value: "secret.ambiguous"
  // when both NAME and NAME_FILE are set, "secret.file_unreadable", "secret.file_empty",
  // "secret.file_invalid".
  std::expected<std::optional<Secret>, Error> find(std::string_view name) const;

  // Error(invalid, "secret.missing") when it is set nowhere.
  std::expected<Secret, Error> require(std::string_view name) const;

  // For production: missing, sample and short secrets are refused as well.
  std::expected<Secret, Error> require_strong(std::string_view name) const;

 private:
  Lookup lookup_;
};

// Whether the value is one that tutorials, examples and defaults come with, or that anybody would try.
bool is_sample_secret(std::string_view value);

// Why the secret must not be used in production: "secret.sample" or "secret.short" (under
// `production_secret_length_min`), with the variable, the reason and the remedy; never the value.
std::optional<Error> refuse_in_production(std::string_view name, const Secret& secret);

}  // namespace portico::security
