// Tokens and key sets as strangers send them. The first byte chooses what the rest is: a token as it stands,
// a header and a payload (separated by a line end) that are then signed rightly so that the claims are
// reached, or a key set.
#include "portico/security/token.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "portico/security/base64.h"

namespace {

using namespace portico;
using namespace portico::security;

struct StillClock : Clock {
  Time now() const override { return {1'700'000'000'000}; }
  Instant steady() const override { return {0}; }
};

struct Fixture {
  StillClock clock;
  SigningKey key = *SigningKey::hmac(Secret(std::string(32, 'k')));
  Signer signer{key, "k"};
  Verifier verifier{clock, {.issuer = "shop", .audience = "shop-api"}, {signer.named_key()}};
};

// What is accepted must be inside the rules, and come out the same when it is signed and read again.
void check_token(Fixture& fixture, std::string_view token) {
  auto claims = fixture.verifier.verify(token);
  if (!claims) return;
  PORTICO_CHECK(token.size() <= token_bytes_max && claims->issuer == "shop" && !claims->subject.empty());
  auto again = fixture.verifier.verify(token);
  PORTICO_CHECK(again && *again == *claims);
}

void check_signed(Fixture& fixture, std::string_view text) {
  size_t end = text.find('\n');
  if (end == std::string_view::npos) return;
  std::string token = base64url_encode(text.substr(0, end)) + "." + base64url_encode(text.substr(end + 1));
  check_token(fixture, token + "." + base64url_encode(fixture.key.sign(token)));
}

void check_base64(std::string_view text) {
  auto bytes = base64url_decode(text);
  PORTICO_CHECK(!bytes || base64url_encode(*bytes) == text);
}

void check_key_set(std::string_view text) {
  auto set = parse_jwks(text);
  if (!set || text.size() > jwks_bytes_max / 2) return;  // written out, a set may be somewhat longer
  auto again = parse_jwks(jwks_document(set->keys));
  PORTICO_CHECK(again && again->keys.size() == set->keys.size() && again->ignored.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Fixture fixture;
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 't':
      check_token(fixture, text);
      break;
    case 's':
      check_signed(fixture, text);
      break;
    case 'k':
      check_key_set(text);
      break;
    default:
      check_base64(text);
  }
  return 0;
}
