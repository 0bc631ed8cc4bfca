// Exact money: integer minor units inside, a decimal with two places on the wire.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portico {

// An amount in hundredths of a currency that stands beside it. Sums and products are exact; what does not fit
// in `minor_max` (decimal(12,2)) is refused by `checked_*`, never wrapped.
struct Money {
  static constexpr int64_t minor_max = 999'999'999'999;
  int64_t minor = 0;
  auto operator<=>(const Money&) const = default;
};

std::optional<Money> checked_add(Money a, Money b);
std::optional<Money> checked_multiply(Money price, int64_t quantity);

// "999.99", "-0.05", "20.00"
std::string to_string(Money amount);
// A JSON number's text (exponents allowed) with at most two significant decimals and within `minor_max`; no
// rounding.
std::optional<Money> parse_money(std::string_view text);

}  // namespace portico
