// Points in time and spans of it. Wall clock and monotonic clock are different types, so that they cannot be
// mixed.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portico {

using Duration = std::chrono::microseconds;

// A wall-clock moment: milliseconds since 1970-01-01T00:00:00Z. On the wire RFC 3339 with three decimals, in
// UTC.
struct Time {
  int64_t ms = 0;
  auto operator<=>(const Time&) const = default;
  friend Time operator+(Time t, Duration d) { return {t.ms + d.count() / 1000}; }
  friend Time operator-(Time t, Duration d) { return {t.ms - d.count() / 1000}; }
  friend Duration operator-(Time a, Time b) { return std::chrono::milliseconds(a.ms - b.ms); }
};

// "2026-11-21T13:16:00.123Z"
std::string to_string(Time time);
// Accepts RFC 3339 with any offset and up to nine decimals; nothing else.
std::optional<Time> parse_time(std::string_view text);

// A calendar date (RFC 3339 full-date), kept as days since 1970-01-01.
struct Date {
  int32_t days = 0;
  auto operator<=>(const Date&) const = default;
};
std::string to_string(Date date);
std::optional<Date> parse_date(std::string_view text);

// A monotonic moment: microseconds since some start. Only differences of it mean anything, and it never
// crosses a wire.
struct Instant {
  int64_t us = 0;
  auto operator<=>(const Instant&) const = default;
  friend Instant operator+(Instant t, Duration d) { return {t.us + d.count()}; }
  friend Instant operator-(Instant t, Duration d) { return {t.us - d.count()}; }
  friend Duration operator-(Instant a, Instant b) { return Duration(a.us - b.us); }
};

// What may read a clock: everything else is handed one of these. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;        // wall clock: may jump
  virtual Instant steady() const = 0;  // monotonic
};

}  // namespace portico
