// JSON numbers by their text: no binary floating point stands between the digits and the value.
#pragma once

#include <cstdint>
#include <string_view>

namespace portico::schema::detail {

// The end of the JSON number (RFC 8259 section 6) that starts at `at`; nullptr when there is none.
const char* number_end(const char* at, const char* end);
// Whether the whole of `text` is a JSON number.
bool is_number(std::string_view text);

enum class NumberFault { none, fraction, too_low, too_high };

// The value of a JSON number times 10^scale, exactly. Digits and exponents of any length are judged right;
// `too_low` and `too_high` say that it does not fit in 64 bits, `fraction` that it is not whole; then `value`
// stays as it is.
NumberFault to_scaled(std::string_view number, int scale, int64_t& value);

}  // namespace portico::schema::detail
