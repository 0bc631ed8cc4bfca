#include "portico/base/money.h"

#include <charconv>

namespace portico {
namespace {

std::optional<Money> bounded(__int128 minor) {
  if (minor > Money::minor_max || minor < -Money::minor_max) return std::nullopt;
  return Money{int64_t(minor)};
}

}  // namespace

std::optional<Money> checked_add(Money a, Money b) { return bounded(__int128(a.minor) + b.minor); }

std::optional<Money> checked_multiply(Money price, int64_t quantity) {
  return bounded(__int128(price.minor) * quantity);
}

std::string to_string(Money amount) {
  bool negative = amount.minor < 0;
  uint64_t minor = negative ? uint64_t(0) - uint64_t(amount.minor) : uint64_t(amount.minor);
  std::string cents = std::to_string(minor % 100);
  return (negative ? "-" : "") + std::to_string(minor / 100) + (cents.size() < 2 ? ".0" : ".") + cents;
}

std::optional<Money> parse_money(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  // The decimal digits as one integer, and how many of them stand behind the point.
  std::string digits;
  int places = 0;
  bool point = false;
  size_t i = 0;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.' && !point) {
      point = true;
    } else if (text[i] >= '0' && text[i] <= '9') {
      digits += text[i];
      places += point;
    } else {
      return std::nullopt;
    }
  }
  if (digits.empty() || digits.size() > 64) return std::nullopt;
  if (i < text.size()) {
    int exponent = 0;
    const char* first = text.data() + i + 1;
    const char* last = text.data() + text.size();
    if (first != last && *first == '+') ++first;
    auto [end, error] = std::from_chars(first, last, exponent);
    if (error != std::errc() || end != last || exponent > 64 || exponent < -64) return std::nullopt;
    places -= exponent;
  }
  for (; places > 2; --places) {
    if (!digits.empty() && digits.back() != '0') return std::nullopt;
    if (!digits.empty()) digits.pop_back();
  }
  for (; places < 2; ++places) digits += '0';
  __int128 minor = 0;
  for (char c : digits) {
    minor = minor * 10 + (c - '0');
    if (minor > Money::minor_max) return std::nullopt;
  }
  return bounded(negative ? -minor : minor);
}

}  // namespace portico
