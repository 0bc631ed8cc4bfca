// Password hashes: argon2id (RFC 9106) for what we store, bcrypt to take over accounts from elsewhere.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "portico/base/error.h"
#include "portico/base/secret.h"
#include "portico/runtime/runtime.h"

namespace portico::security {

inline constexpr size_t password_bytes_max = 1024;       // more is refused before it costs anything
inline constexpr size_t bcrypt_password_bytes_max = 72;  // bcrypt would silently drop the rest

// The cost of one argon2id hash. The default takes about 20 ms and 19 MiB.
struct Argon2Cost {
  uint32_t memory_kib = 19456;
  uint32_t iterations = 2;
  uint32_t parallelism = 1;
  bool operator==(const Argon2Cost&) const = default;

  // Microseconds a hash, protecting nothing: for tests and simulations.
  static Argon2Cost fast() { return {.memory_kib = 32, .iterations = 1, .parallelism = 1}; }
  // Whether it is as strong as one of these (KiB × iterations), which are about equal: 47104 × 1, 19456 × 2,
  // 12288 × 3, 9216 × 4, 7168 × 5.
  bool meets_minimum() const;
};

inline constexpr Argon2Cost argon2_cost_max = {
    .memory_kib = 1024 * 1024, .iterations = 64, .parallelism = 16};

struct PasswordOptions {
  Argon2Cost cost;
  bool allow_weak_cost = false;  // without it a cost below the minimum is refused
  // Rounds as a power of two. Hashes below are refused as unreadable; those above would hold a thread for
  // seconds.
  uint32_t bcrypt_cost_min = 10, bcrypt_cost_max = 14;
  size_t concurrent_max = 2;  // hashes running; the pool also syncs files, so they must not take all of it
  size_t queue_max = 32;      // hashes waiting; one more is refused

  static PasswordOptions fast() { return {.cost = Argon2Cost::fast(), .allow_weak_cost = true}; }
};

// What came of comparing a password with a stored hash.
struct Verdict {
  bool matches = false;
  bool needs_upgrade = false;  // matched, but the stored hash is weaker than a new one: store a new one now
  bool unreadable = false;     // the stored hash is none that we know; nothing can match it
  bool operator==(const Verdict&) const = default;
};

// The synchronous core. Each call holds its thread for as long as the cost says; thread-safe.

// A PHC string: $argon2id$v=19$m=…,t=…,p=…$salt$tag with a salt of 16 and a tag of 32 bytes. Throws
// Error(invalid, "password.too_long") over `password_bytes_max`.
std::string hash_password(const Secret& password, Argon2Cost cost, Random& random);
Verdict verify_password(std::string_view stored, const Secret& password, const PasswordOptions& options);
bool needs_upgrade(std::string_view stored, Argon2Cost cost);

// Hashes on the runtime's pool, a bounded number at a time. All members are thread-safe; they throw
// Error(unavailable, "password.busy") with a retry-after of one second when the queue is full. Must outlive
// its calls.
class PasswordHasher {
 public:
  // Throws Error(invalid, "password.cost_weak") or "password.cost_excessive".
  PasswordHasher(Runtime& runtime, PasswordOptions options = {});
  ~PasswordHasher();
  PasswordHasher(const PasswordHasher&) = delete;
  PasswordHasher& operator=(const PasswordHasher&) = delete;

  Task<std::string> hash(Secret password);
  // An empty `stored` (an account without a password) never matches, and takes as long as one that does.
  Task<Verdict> verify(std::string stored, Secret password);
  // Takes as long as `verify`: for accounts that do not exist, so that time does not tell them from others.
  // (A hash that is still bcrypt takes longer than either until its owner has logged in once.)
  Task<void> burn(Secret password);

  bool needs_upgrade(std::string_view stored) const { return security::needs_upgrade(stored, options_.cost); }
  size_t running() const;
  size_t waiting() const;

 private:
  class Admission;
  Task<void> run(std::move_only_function<void()> work);

  Runtime& runtime_;
  const PasswordOptions options_;
  std::shared_ptr<Admission> admission_;
};

}  // namespace portico::security
