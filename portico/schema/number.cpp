#include "portico/schema/number.h"

#include <algorithm>

namespace portico::schema::detail {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

const char* skip_digits(const char* at, const char* end) {
  while (at != end && is_digit(*at)) ++at;
  return at;
}

// The digits of a number without its sign and exponent: where the point stands and which are not zero.
struct Digits {
  int64_t before_point = 0;
  int64_t first = -1, last = -1;  // places of the first and the last that is not 0, counted without the point
};

Digits digits_of(std::string_view mantissa) {
  Digits digits;
  int64_t place = 0;
  bool point = false;
  for (char c : mantissa) {
    if (c == '.') {
      point = true;
      continue;
    }
    if (c != '0') {
      if (digits.first < 0) digits.first = place;
      digits.last = place;
    }
    ++place;
    digits.before_point += !point;
  }
  return digits;
}

// An exponent, held within a range that no mantissa can bring back into 64 bits.
int64_t exponent_of(std::string_view text) {
  constexpr int64_t limit = 1'000'000'000'000'000;
  bool negative = text.starts_with('-');
  int64_t exponent = 0;
  for (char c : text)
    if (is_digit(c)) exponent = std::min(limit, exponent * 10 + (c - '0'));
  return negative ? -exponent : exponent;
}

NumberFault sized(bool negative, uint64_t magnitude, int64_t& value) {
  constexpr uint64_t top = uint64_t(INT64_MAX);
  if (!negative && magnitude > top) return NumberFault::too_high;
  if (negative && magnitude > top + 1) return NumberFault::too_low;
  value = int64_t(negative ? uint64_t(0) - magnitude : magnitude);
  return NumberFault::none;
}

}  // namespace

const char* number_end(const char* at, const char* end) {
  if (at != end && *at == '-') ++at;
  if (at == end || !is_digit(*at)) return nullptr;
  at = *at == '0' ? at + 1 : skip_digits(at, end);
  if (at != end && *at == '.') {
    const char* decimals = at + 1;
    at = skip_digits(decimals, end);
    if (at == decimals) return nullptr;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    const char* exponent = at;
    at = skip_digits(exponent, end);
    if (at == exponent) return nullptr;
  }
  return at;
}

bool is_number(std::string_view text) {
  const char* end = text.data() + text.size();
  return !text.empty() && number_end(text.data(), end) == end;
}

NumberFault to_scaled(std::string_view number, int scale, int64_t& value) {
  bool negative = number.starts_with('-');
  if (negative) number.remove_prefix(1);
  uint64_t magnitude = 0;
  if (scale == 0 && number.size() <= 18 && std::all_of(number.begin(), number.end(), is_digit)) {
    for (char c : number) magnitude = magnitude * 10 + uint64_t(c - '0');
    return sized(negative, magnitude, value);
  }
  size_t e = number.find_first_of("eE");
  std::string_view mantissa = number.substr(0, e);
  int64_t exponent = scale + (e == std::string_view::npos ? 0 : exponent_of(number.substr(e + 1)));
  Digits digits = digits_of(mantissa);
  if (digits.first < 0) return sized(negative, 0, value);
  // A digit at a place stands for itself times ten to the power of (units - place).
  int64_t units = digits.before_point - 1 + exponent;
  if (units - digits.last < 0) return NumberFault::fraction;
  if (units - digits.first >= 19) return negative ? NumberFault::too_low : NumberFault::too_high;
  int64_t place = 0;
  for (char c : mantissa) {
    if (c == '.') continue;
    if (place >= digits.first && place <= digits.last) magnitude = magnitude * 10 + uint64_t(c - '0');
    ++place;
  }
  for (int64_t zeros = units - digits.last; zeros > 0; --zeros) magnitude *= 10;
  return sized(negative, magnitude, value);
}

}  // namespace portico::schema::detail
