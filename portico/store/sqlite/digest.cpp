#include "portico/store/sqlite/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "portico/base/error.h"

namespace portico::sqlite {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, 32> digest{};
  unsigned length = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr);
  PORTICO_CHECK(done == 1 && length == digest.size());
  std::string out;
  for (unsigned char byte : digest) out += fmt::format("{:02x}", byte);
  return out;
}

}  // namespace portico::sqlite
