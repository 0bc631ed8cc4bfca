#include "portico/security/secrets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "portico/security/password_policy.h"

namespace portico::security {
namespace {

constexpr std::string_view remedy =
    "set a random value of its own, for example from: openssl rand -base64 48";

// Values that stand in published examples, in small letters with '-' and ' ' as '_'.
constexpr std::string_view samples[] = {
    "workshop_internal_key_2023",   "user_service_jwt_secret_key",         "product_service_jwt_secret_key",
    "order_service_jwt_secret_key", "notification_service_jwt_secret_key",
};

// Words that only placeholders consist of: a value is a sample when nothing else is in it.
constexpr std::string_view words[] = {
    "access",  "api",         "app",      "auth",        "change",      "changeit",  "changeme",
    "default", "demo",        "dev",      "development", "example",     "foo",       "bar",
    "here",    "insecure",    "internal", "it",          "jwt",         "jwtsecret", "key",
    "local",   "me",          "my",       "mysecret",    "none",        "pass",      "password",
    "phrase",  "placeholder", "private",  "production",  "put",         "replace",   "sample",
    "secret",  "secretkey",   "security", "service",     "session",     "shared",    "shhh",
    "signing", "some",        "string",   "super",       "supersecret", "test",      "this",
    "to",      "token",       "todo",     "unsafe",      "use",         "user",      "with",
    "your",    "yoursecret",  "the",      "a",           "in",          "is",        "please",
    "must",    "be",          "very",     "long",        "random",      "value",     "strong",
    "cookie",  "not",         "for",
};

std::string canonical(std::string_view value) {
  std::string text;
  for (char c : value) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (c == '-' || c == ' ' || c == '.') c = '_';
    text += c;
  }
  return text;
}

bool is_word_or_number(std::string_view part) {
  for (int i = 0; i < 4 && !part.empty() && part.back() >= '0' && part.back() <= '9'; ++i)
    part.remove_suffix(1);
  return part.empty() || std::ranges::find(words, part) != std::end(words);
}

bool only_placeholder_words(std::string_view text) {
  while (!text.empty()) {
    size_t end = std::min(text.find('_'), text.size());
    if (!is_word_or_number(text.substr(0, end))) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

std::unexpected<Error> refuse(std::string_view reason, std::string message) {
  return std::unexpected(Error(invalid, fmt::format("secret.{}", reason), std::move(message)));
}

// Nothing when there is no such file.
std::expected<std::optional<Secret>, Error> read_file(std::string_view name, const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file && errno == ENOENT) return std::nullopt;
  std::string content(secret_file_bytes_max + 1, '\0');
  if (!file || !file.read(content.data(), static_cast<std::streamsize>(content.size())).eof()) {
    if (file.good())
      return refuse("file_invalid",
                    fmt::format("{}: {} is larger than {} bytes", name, path, secret_file_bytes_max));
    return refuse("file_unreadable", fmt::format("{}: cannot read {}: {}", name, path, std::strerror(errno)));
  }
  content.resize(static_cast<size_t>(file.gcount()));
  while (content.ends_with('\n') || content.ends_with('\r')) content.pop_back();
  if (content.empty()) return refuse("file_empty", fmt::format("{}: {} is empty", name, path));
  if (content.find('\0') != std::string::npos)
    return refuse("file_invalid", fmt::format("{}: {} holds zero bytes; secrets are text", name, path));
  return Secret(std::move(content));
}

}  // namespace

std::expected<std::optional<Secret>, Error> SecretSource::find(std::string_view name) const {
  auto set = [&](const std::string& variable) {
    auto value = lookup_(variable);
    return value && !value->empty() ? value : std::nullopt;
  };
  std::string file_variable = fmt::format("{}_FILE", name);
  auto path = set(file_variable);
  auto value = set(std::string(name));
  if (path && value)
    return refuse("ambiguous", fmt::format("both {} and {} are set; keep one", name, file_variable));
  if (path) {
    auto secret = read_file(file_variable, *path);
    if (secret && !*secret)
      return refuse("file_unreadable", fmt::format("{}: {} does not exist", file_variable, *path));
    return secret;
  }
  if (value) return Secret(std::move(*value));
  if (auto folder = set("CREDENTIALS_DIRECTORY")) return read_file(name, fmt::format("{}/{}", *folder, name));
  return std::nullopt;
}

std::expected<Secret, Error> SecretSource::require(std::string_view name) const {
  auto secret = find(name);
  if (!secret) return std::unexpected(std::move(secret.error()));
  if (!*secret)
    return refuse(
        "missing",
        fmt::format("{0} is not set: set {0}, or {0}_FILE to the path of a file that holds it", name));
  return std::move(**secret);
}

std::expected<Secret, Error> SecretSource::require_strong(std::string_view name) const {
  auto secret = require(name);
  if (!secret) return secret;
  if (auto error = refuse_in_production(name, *secret)) return std::unexpected(std::move(*error));
  return secret;
}

bool is_sample_secret(std::string_view value) {
  std::string text = canonical(value);
  return std::ranges::find(samples, text) != std::end(samples) || only_placeholder_words(text) ||
         is_common_password(value);
}

std::optional<Error> refuse_in_production(std::string_view name, const Secret& secret) {
  if (is_sample_secret(secret.reveal()))
    return Error(invalid, "secret.sample",
                 fmt::format("{} holds a sample value that everybody knows; {}", name, remedy));
  if (secret.reveal().size() < production_secret_length_min)
    return Error(
        invalid, "secret.short",
        fmt::format("{} is shorter than {} characters; {}", name, production_secret_length_min, remedy));
  return std::nullopt;
}

}  // namespace portico::security
