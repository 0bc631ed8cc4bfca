#include "portico/security/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <fstream>
#include <memory>
#include <vector>

#include "portico/base/error.h"

namespace portico::security {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// Fetched once: OpenSSL 3 otherwise searches its providers on every digest.
const EVP_MD* algorithm() {
  static const EVP_MD* fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  PORTICO_CHECK(fetched);
  return fetched;
}

}  // namespace

Sha256 sha256(std::string_view data) {
  // Scratch space of this function only, kept because making it costs as much as hashing a token.
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  Sha256 digest;
  PORTICO_CHECK(context && EVP_DigestInit_ex2(context.get(), algorithm(), nullptr) == 1 &&
                EVP_DigestUpdate(context.get(), data.data(), data.size()) == 1 &&
                EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
  return digest;
}

Sha256 sha256_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  PORTICO_CHECK(context && EVP_DigestInit_ex2(context.get(), algorithm(), nullptr) == 1);
  std::vector<char> piece(64 * 1024);
  while (file) {
    file.read(piece.data(), std::streamsize(piece.size()));
    PORTICO_CHECK(EVP_DigestUpdate(context.get(), piece.data(), size_t(file.gcount())) == 1);
  }
  if (!file.eof()) throw Error(Code::unavailable, "file.unreadable", "The file " + path + " cannot be read");
  Sha256 digest;
  PORTICO_CHECK(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
  return digest;
}

Sha256 hmac_sha256(std::string_view key, std::string_view data) {
  Sha256 digest;
  unsigned size = 0;
  // A null key would mean "the key of the last call" to HMAC.
  const void* key_bytes = key.empty() ? "" : key.data();
  PORTICO_CHECK(HMAC(algorithm(), key_bytes, static_cast<int>(key.size()),
                     reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest.data(), &size));
  PORTICO_CHECK(size == digest.size());
  return digest;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (unsigned char byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace portico::security
