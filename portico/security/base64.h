// base64url without padding (RFC 4648 section 5, as RFC 7515 uses it), strict in both directions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace portico::security {

std::string base64url_encode(std::string_view bytes);

// Nothing when the text holds padding, white space, a character outside the alphabet, an impossible length or
// trailing bits that are not zero: every byte string has exactly one accepted spelling.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace portico::security
