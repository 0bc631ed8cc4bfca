// Private to this layer: claims and headers as the JSON that tokens carry.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "portico/security/token.h"

namespace portico::security {

// The payload's text. Nothing when no strict reader would take it back.
std::optional<std::string> encode_claims(const Claims& claims);

// Nothing when the text is not a strict JSON object or a registered claim has a wrong type.
std::optional<Claims> decode_claims(std::string_view text);

struct TokenHeader {
  std::string algorithm, kid, type;
};

// Nothing when the text is not a strict JSON object, a member that is read is no string, `alg` is missing or
// `crit` is there: no extension is understood, and a critical one must not be passed over (RFC 7515
// section 4.1.11).
std::optional<TokenHeader> decode_header(std::string_view text);

}  // namespace portico::security
