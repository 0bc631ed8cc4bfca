#include "portico/schema/rules.h"

#include <algorithm>
#include <array>

#include "portico/base/money.h"
#include "portico/base/time.h"
#include "portico/schema/number.h"

namespace portico::schema::detail {
namespace {

std::string counted(std::string_view bound, int64_t count, std::string_view what) {
  std::string text(bound);
  (text += std::to_string(count)) += what;
  if (count != 1) text += 's';
  return text;
}

bool check_size(Report& report, const Path* path, const Type& type, size_t size, std::string_view what) {
  bool few = int64_t(size)<type.min, many = int64_t(size)> type.max;
  if (!few && !many) return true;
  if (report.room())
    report.add(path, few ? counted("must be at least ", type.min, what)
                         : counted("must be at most ", type.max, what));
  return false;
}

bool refuse(Report& report, const Path* path, std::string_view message) {
  report.complain(path, message);
  return false;
}

constexpr std::array<bool, 256> alnum_table = [] {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = table[size_t(c - 'a' + 'A')] = true;
  return table;
}();

constexpr std::array<bool, 256> id_table = [] {
  std::array<bool, 256> table = alnum_table;
  for (unsigned char c : {'.', '_', ':', '-'}) table[c] = true;
  return table;
}();

bool is_alnum(char c) { return alnum_table[uint8_t(c)]; }

// RFC 5321 section 4.1.2: atoms of these, with single dots between.
bool is_dot_atom(std::string_view text) {
  bool dot = true;
  for (char c : text) {
    if (c == '.' ? dot
                 : !is_alnum(c) && std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) == std::string_view::npos)
      return false;
    dot = c == '.';
  }
  return !dot;
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char c) { return is_alnum(c) || c == '-'; });
}

bool is_domain(std::string_view domain) {
  size_t labels = 0;
  for (;; ++labels) {
    size_t dot = domain.find('.');
    if (!is_label(domain.substr(0, dot))) return false;
    if (dot == std::string_view::npos) break;
    domain.remove_prefix(dot + 1);
  }
  bool digits = std::all_of(domain.begin(), domain.end(), [](char c) { return c >= '0' && c <= '9'; });
  return labels >= 1 && !digits;
}

bool store_money(Report& report, const Path* path, const Type& type, void* object, std::string_view number) {
  if (auto money = parse_money(number)) {
    type.set_integer(object, money->minor);
    return true;
  }
  int64_t minor = number.starts_with('-') ? INT64_MIN : INT64_MAX;
  if (to_scaled(number, 2, minor) == NumberFault::fraction) {
    report.wrong_type(path, type);
    return false;
  }
  if (!check_money(report, path, minor)) return false;
  type.set_integer(object, minor);  // with more zeros than parse_money reads
  return true;
}

}  // namespace

bool check_characters(Report& report, const Path* path, const Type& type, size_t characters) {
  return check_size(report, path, type, characters, " character");
}

bool check_items(Report& report, const Path* path, const Type& type, size_t items) {
  return check_size(report, path, type, items, " item");
}

bool check_json_bytes(Report& report, const Path* path, const Type& type, size_t bytes) {
  return check_size(report, path, type, bytes, " byte");
}

bool check_integer(Report& report, const Path* path, const Type& type, int64_t value) {
  bool low = value<type.min, high = value> type.max;
  if (!low && !high) return true;
  if (report.room())
    report.add(path, low ? "must be at least " + std::to_string(type.min)
                         : "must be at most " + std::to_string(type.max));
  return false;
}

bool check_enumerator(Report& report, const Path* path, const Type& type, int64_t index) {
  if (index >= 0 && index < int64_t(type.labels.size())) return true;
  if (report.room()) {
    std::string message = "must be one of: ";
    for (size_t i = 0; i < type.labels.size(); ++i) (message += i ? ", " : "") += type.labels[i];
    report.add(path, std::move(message));
  }
  return false;
}

bool check_money(Report& report, const Path* path, int64_t minor) {
  if (minor >= -Money::minor_max && minor <= Money::minor_max) return true;
  if (report.room())
    report.add(path, minor < 0 ? "must be at least " + to_string(Money{-Money::minor_max})
                               : "must be at most " + to_string(Money{Money::minor_max}));
  return false;
}

bool check_time(Report& report, const Path* path, int64_t ms) {
  if (ms >= days_min * day_ms && ms < (days_max + 1) * day_ms) return true;
  return refuse(report, path, "must be within the years 0000 to 9999");
}

bool check_date(Report& report, const Path* path, int64_t days) {
  if (days >= days_min && days <= days_max) return true;
  return refuse(report, path, "must be within the years 0000 to 9999");
}

void check_required(Report& report, const Path* path, const Type& type, const MemberSet& seen) {
  for (size_t i = 0; i < type.members.size(); ++i) {
    if (seen[i] || !type.members[i].required) continue;
    Path missing{path, type.members[i].name};
    report.complain(&missing, is_required);
  }
}

bool store_number(Report& report, const Path* path, const Type& type, void* object, std::string_view number) {
  if (type.kind == Kind::money) return store_money(report, path, type, object, number);
  int64_t value = 0;
  switch (to_scaled(number, 0, value)) {
    case NumberFault::none:
      break;
    case NumberFault::fraction:
      report.wrong_type(path, type);
      return false;
    case NumberFault::too_low:
      if (report.room()) report.add(path, "must be at least " + std::to_string(type.min));
      return false;
    case NumberFault::too_high:
      if (report.room()) report.add(path, "must be at most " + std::to_string(type.max));
      return false;
  }
  if (!check_integer(report, path, type, value)) return false;
  type.set_integer(object, value);
  return true;
}

bool store_text(Report& report, const Path* path, const Type& type, void* object, std::string_view text,
                size_t characters) {
  switch (type.kind) {
    case Kind::text:
    case Kind::secret:
      if (!check_characters(report, path, type, characters)) return false;
      type.text(object)->assign(text);
      return true;
    case Kind::email: {
      if (!is_email(text)) return refuse(report, path, must_be_email);
      std::string& email = *type.text(object);
      email.assign(text);
      for (char& c : email)
        if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
      return true;
    }
    case Kind::id:
      if (!is_id(text)) return refuse(report, path, must_be_id);
      type.text(object)->assign(text);
      return true;
    case Kind::time: {
      auto time = parse_time(text);
      if (!time) return refuse(report, path, "must be a date-time such as 2026-11-21T13:16:00Z");
      if (!check_time(report, path, time->ms)) return false;
      type.set_integer(object, time->ms);
      return true;
    }
    case Kind::date: {
      auto date = parse_date(text);
      if (!date) return refuse(report, path, "must be a date such as 2026-11-21");
      type.set_integer(object, date->days);
      return true;
    }
    case Kind::enumeration:
      if (!check_enumerator(report, path, type, type.label_index(text))) return false;
      type.set_integer(object, type.label_index(text));
      return true;
    default:
      report.wrong_type(path, type);
      return false;
  }
}

bool is_email(std::string_view text) {
  if (text.size() > Email::max) return false;
  size_t at = text.find('@');
  if (at == std::string_view::npos || at > 64) return false;
  return is_dot_atom(text.substr(0, at)) && is_domain(text.substr(at + 1));
}

// An id becomes a segment of paths, where "." and ".." would lead elsewhere (RFC 3986 section 5.2.4).
bool is_id(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  if (text.front() == '.' && text.find_first_not_of('.') == text.npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return id_table[uint8_t(c)]; });
}

void append_compact(std::string& out, std::string_view json) {
  bool quoted = false;
  const char* run = json.data();
  const char* end = run + json.size();
  for (const char* at = run; at != end; ++at) {
    if (quoted) {
      if (*at == '\\')
        ++at;
      else if (*at == '"')
        quoted = false;
    } else if (*at == '"') {
      quoted = true;
    } else if (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t') {
      out.append(run, at);
      run = at + 1;
    }
  }
  out.append(run, end);
}

}  // namespace portico::schema::detail
