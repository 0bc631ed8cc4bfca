// SHA-256 and HMAC-SHA256 (FIPS 180-4, RFC 2104). Thread-safe.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace portico::security {

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view data);
Sha256 hmac_sha256(std::string_view key, std::string_view data);

// Of a file's content, read piece by piece; blocks on the disk. Throws Error(unavailable, "file.unreadable").
Sha256 sha256_of_file(const std::string& path);

// The digest's bytes as text, for as long as the digest lives.
inline std::string_view bytes_of(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// Lower-case hexadecimal.
std::string hex(std::string_view bytes);
inline std::string hex(const Sha256& digest) { return hex(bytes_of(digest)); }

}  // namespace portico::security
