// For the tests of this layer: a clock that stands where it is put, and random bytes from a seed.
#pragma once

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "portico/runtime/runtime.h"
#include "portico/security/base64.h"
#include "portico/security/digest.h"
#include "portico/security/token.h"

namespace portico::security {

struct FakeClock : Clock {
  Time time{1'700'000'000'000};
  Time now() const override { return time; }
  Instant steady() const override { return {time.ms * 1000}; }
};

struct SeededRandom : Random {
  explicit SeededRandom(uint64_t seed) : state(seed) {}
  void fill(std::span<std::byte> bytes) override {
    for (std::byte& byte : bytes) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      byte = static_cast<std::byte>(state >> 56);
    }
  }
  uint64_t state;
};

// Gives these bytes, over and over.
struct FixedRandom : Random {
  explicit FixedRandom(std::string bytes) : bytes(std::move(bytes)) {}
  void fill(std::span<std::byte> out) override {
    for (std::byte& byte : out) byte = static_cast<std::byte>(bytes[next_byte++ % bytes.size()]);
  }
  std::string bytes;
  size_t next_byte = 0;
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "portico-security-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string file(std::string_view name) const { return fmt::format("{}/{}", path_, name); }

 private:
  std::string path_;
};

inline const std::string secret_32 = "0123456789abcdef0123456789ABCDEF";

inline Claims user_claims(const Clock& clock) {
  return {.subject = "u-1",
          .issuer = "shop",
          .audience = {"shop-api"},
          .id = "t-1",
          .email = "ada@example.com",
          .role = "user",
          .issued_at = clock.now(),
          .expires_at = clock.now() + std::chrono::hours(1),
          .extra = {{"userId", "u-1"}}};
}

inline VerifierOptions shop_options() { return {.issuer = "shop", .audience = "shop-api"}; }

// A token of any header and payload, signed as they say or not.
inline std::string raw_token(const SigningKey& key, std::string_view header, std::string_view payload) {
  std::string token = base64url_encode(header) + "." + base64url_encode(payload);
  return token + "." + base64url_encode(key.sign(token));
}

}  // namespace portico::security
