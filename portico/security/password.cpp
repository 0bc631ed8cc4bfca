#include "portico/security/password.h"

#include <argon2.h>
#include <crypt.h>

#include <array>
#include <charconv>
#include <cstring>
#include <vector>

#include "portico/security/password_admission.h"

namespace portico::security {
namespace {

constexpr size_t salt_bytes = 16, tag_bytes = 32;
constexpr size_t stored_bytes_max = 512;

struct Phc {
  Argon2Cost cost;
  size_t salt_bytes = 0, tag_bytes = 0;
};

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take(std::string_view& text, uint32_t& number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

// The parameters of an argon2id PHC string within our bounds; libargon2 itself would take ones that hold the
// process for hours. Version 19 only.
std::optional<Phc> parse_phc(std::string_view text) {
  Phc phc;
  Argon2Cost& cost = phc.cost;
  bool read = text.size() <= stored_bytes_max && take(text, "$argon2id$v=19$m=") &&
              take(text, cost.memory_kib) && take(text, ",t=") && take(text, cost.iterations) &&
              take(text, ",p=") && take(text, cost.parallelism) && take(text, "$");
  size_t dollar = text.find('$');
  if (!read || dollar == std::string_view::npos) return std::nullopt;
  phc.salt_bytes = dollar * 3 / 4;
  phc.tag_bytes = (text.size() - dollar - 1) * 3 / 4;
  const Argon2Cost& max = argon2_cost_max;
  if (cost.memory_kib > max.memory_kib || cost.iterations > max.iterations ||
      cost.parallelism > max.parallelism)
    return std::nullopt;
  return phc;
}

// The cost of a bcrypt hash of a variant without known faults; nothing when it is none.
std::optional<uint32_t> bcrypt_cost(std::string_view stored) {
  uint32_t cost = 0;
  if (stored.size() != 60 ||
      !(stored.starts_with("$2a$") || stored.starts_with("$2b$") || stored.starts_with("$2y$")))
    return std::nullopt;
  std::string_view digits = stored.substr(4, 2);
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), cost);
  if (error != std::errc() || end != digits.data() + digits.size() || stored[6] != '$') return std::nullopt;
  return cost;
}

bool bcrypt_matches(const std::string& stored, const Secret& password) {
  // A zero byte ends what bcrypt sees, and so would the 72nd: both would let a shorter password in.
  if (password.reveal().size() > bcrypt_password_bytes_max ||
      password.reveal().find('\0') != std::string::npos)
    return false;
  auto scratch = std::make_unique<crypt_data>();
  const char* computed = crypt_r(password.reveal().c_str(), stored.c_str(), scratch.get());
  bool matches = computed && computed[0] == '$' && equal_in_constant_time(computed, stored);
  explicit_bzero(scratch.get(), sizeof *scratch);
  return matches;
}

Verdict verify_bcrypt(std::string_view stored, uint32_t cost, const Secret& password,
                      const PasswordOptions& options) {
  if (cost < options.bcrypt_cost_min || cost > options.bcrypt_cost_max) return {.unreadable = true};
  bool matches = bcrypt_matches(std::string(stored), password);
  return {.matches = matches, .needs_upgrade = matches};
}

}  // namespace

bool Argon2Cost::meets_minimum() const {
  constexpr std::array<std::array<uint32_t, 2>, 5> table = {
      {{47104, 1}, {19456, 2}, {12288, 3}, {9216, 4}, {7168, 5}}};
  return parallelism >= 1 && std::any_of(table.begin(), table.end(), [this](const auto& row) {
           return memory_kib >= row[0] && iterations >= row[1];
         });
}

std::string hash_password(const Secret& password, Argon2Cost cost, Random& random) {
  const std::string& text = password.reveal();
  if (text.size() > password_bytes_max) throw Error(invalid, "password.too_long", "The password is too long");
  std::array<std::byte, salt_bytes> salt;
  random.fill(salt);
  std::string encoded(
      argon2_encodedlen(cost.iterations, cost.memory_kib, cost.parallelism, salt_bytes, tag_bytes, Argon2_id),
      '\0');
  int result =
      argon2id_hash_encoded(cost.iterations, cost.memory_kib, cost.parallelism, text.data(), text.size(),
                            salt.data(), salt.size(), tag_bytes, encoded.data(), encoded.size());
  if (result == ARGON2_MEMORY_ALLOCATION_ERROR)
    throw Error(unavailable, "password.no_memory").with_retry_after(1);
  if (result != ARGON2_OK)
    throw Error(Code::internal, "password.hash_failed").with_note(argon2_error_message(result));
  encoded.resize(std::strlen(encoded.c_str()));
  return encoded;
}

Verdict verify_password(std::string_view stored, const Secret& password, const PasswordOptions& options) {
  if (auto cost = bcrypt_cost(stored)) return verify_bcrypt(stored, *cost, password, options);
  if (!parse_phc(stored)) return {.unreadable = true};
  const std::string& text = password.reveal();
  if (text.size() > password_bytes_max) return {};
  int result = argon2id_verify(std::string(stored).c_str(), text.data(), text.size());
  if (result == ARGON2_VERIFY_MISMATCH) return {};
  if (result == ARGON2_MEMORY_ALLOCATION_ERROR)
    throw Error(unavailable, "password.no_memory").with_retry_after(1);
  if (result != ARGON2_OK) return {.unreadable = true};
  return {.matches = true, .needs_upgrade = needs_upgrade(stored, options.cost)};
}

bool needs_upgrade(std::string_view stored, Argon2Cost cost) {
  auto phc = parse_phc(stored);
  return !phc || phc->cost.memory_kib < cost.memory_kib || phc->cost.iterations < cost.iterations ||
         phc->salt_bytes < salt_bytes || phc->tag_bytes < tag_bytes;
}

}  // namespace portico::security
