#include "portico/base/time.h"

#include <cstdio>

namespace portico {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

// Reads exactly `count` digits at the front of `text` and takes them off.
std::optional<int> digits(std::string_view& text, size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool skip(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<sys_days> take_date(std::string_view& text) {
  auto y = digits(text, 4);
  if (!y || !skip(text, '-')) return std::nullopt;
  auto m = digits(text, 2);
  if (!m || !skip(text, '-')) return std::nullopt;
  auto d = digits(text, 2);
  if (!d) return std::nullopt;
  year_month_day date{year(*y), month(unsigned(*m)), day(unsigned(*d))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date);
}

// The offset from UTC in minutes: "Z" or "+hh:mm".
std::optional<int> take_offset(std::string_view& text) {
  if (skip(text, 'Z') || skip(text, 'z')) return 0;
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  int sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  auto h = digits(text, 2);
  if (!h || !skip(text, ':')) return std::nullopt;
  auto m = digits(text, 2);
  if (!m || *h > 23 || *m > 59) return std::nullopt;
  return sign * (*h * 60 + *m);
}

}  // namespace

std::string to_string(Date date) {
  year_month_day ymd{sys_days(days(date.days))};
  char text[16];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", int(ymd.year()), unsigned(ymd.month()),
                unsigned(ymd.day()));
  return text;
}

std::optional<Date> parse_date(std::string_view text) {
  auto date = take_date(text);
  if (!date || !text.empty()) return std::nullopt;
  return Date{int32_t(date->time_since_epoch().count())};
}

std::string to_string(Time time) {
  int64_t day_count = time.ms / 86'400'000;
  int64_t rest = time.ms % 86'400'000;
  if (rest < 0) {
    rest += 86'400'000;
    --day_count;
  }
  char text[24];
  std::snprintf(text, sizeof text, "T%02d:%02d:%02d.%03dZ", int(rest / 3'600'000), int(rest / 60'000 % 60),
                int(rest / 1000 % 60), int(rest % 1000));
  return to_string(Date{int32_t(day_count)}) + text;
}

std::optional<Time> parse_time(std::string_view text) {
  auto date = take_date(text);
  if (!date || (!skip(text, 'T') && !skip(text, 't'))) return std::nullopt;
  auto h = digits(text, 2);
  if (!h || !skip(text, ':')) return std::nullopt;
  auto m = digits(text, 2);
  if (!m || !skip(text, ':')) return std::nullopt;
  auto s = digits(text, 2);
  if (!s || *h > 23 || *m > 59 || *s > 59) return std::nullopt;
  int ms = 0;
  if (skip(text, '.')) {
    int scale = 100, count = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++count) {
      ms += (text.front() - '0') * scale;
      scale /= 10;
    }
    if (count == 0 || count > 9) return std::nullopt;
  }
  auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  int64_t seconds = int64_t(date->time_since_epoch().count()) * 86'400 + *h * 3600 + (*m - *offset) * 60 + *s;
  return Time{seconds * 1000 + ms};
}

}  // namespace portico
