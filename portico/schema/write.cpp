#include <charconv>
#include <chrono>

#include "portico/schema/json.h"
#include "portico/schema/rules.h"
#include "portico/schema/utf8.h"

namespace portico::schema {
namespace {

using detail::day_ms;
using detail::days_max;
using detail::days_min;

void append_integer(std::string& out, int64_t value) {
  char digits[20];
  auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

void append_money(std::string& out, int64_t minor) {
  uint64_t magnitude = minor < 0 ? uint64_t(0) - uint64_t(minor) : uint64_t(minor);
  char text[24];
  char* at = text;
  if (minor < 0) *at++ = '-';
  at = std::to_chars(at, text + sizeof text, magnitude / 100).ptr;
  *at++ = '.';
  *at++ = char('0' + magnitude % 100 / 10);
  *at++ = char('0' + magnitude % 10);
  out.append(text, at);
}

// `width` decimal digits of `value`.
char* put_digits(char* at, uint32_t value, int width) {
  for (int i = width; i-- > 0; value /= 10) at[i] = char('0' + value % 10);
  return at + width;
}

char* put_date(char* at, std::chrono::sys_days days) {
  std::chrono::year_month_day date{days};
  at = put_digits(at, uint32_t(int(date.year())), 4);
  *at++ = '-';
  at = put_digits(at, unsigned(date.month()), 2);
  *at++ = '-';
  return put_digits(at, unsigned(date.day()), 2);
}

void append_date(std::string& out, int64_t days) {
  if (days < days_min || days > days_max) {
    out += '"' + to_string(Date{int32_t(days)}) + '"';
    return;
  }
  char text[12] = {'"'};
  char* at = put_date(text + 1, std::chrono::sys_days(std::chrono::days(days)));
  *at++ = '"';
  out.append(text, at);
}

void append_time(std::string& out, int64_t ms) {
  if (ms < days_min * day_ms || ms >= (days_max + 1) * day_ms) {
    out += '"' + to_string(Time{ms}) + '"';
    return;
  }
  int64_t days = (ms - (ms < 0 ? day_ms - 1 : 0)) / day_ms;
  uint32_t rest = uint32_t(ms - days * day_ms);
  char text[32] = {'"'};
  char* at = put_date(text + 1, std::chrono::sys_days(std::chrono::days(days)));
  *at++ = 'T';
  at = put_digits(at, rest / 3'600'000, 2);
  *at++ = ':';
  at = put_digits(at, rest / 60'000 % 60, 2);
  *at++ = ':';
  at = put_digits(at, rest / 1000 % 60, 2);
  *at++ = '.';
  at = put_digits(at, rest % 1000, 3);
  *at++ = 'Z';
  *at++ = '"';
  out.append(text, at);
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view letters = "\bb\ff\nn\rr\tt\"\"\\\\";
  for (size_t i = 0; i < letters.size(); i += 2) {
    if (letters[i] != c) continue;
    (out += '\\') += letters[i + 1];
    return;
  }
  constexpr std::string_view hex = "0123456789abcdef";
  out += "\\u00";
  (out += hex[size_t(c) >> 4]) += hex[size_t(c) & 15];
}

// Whether the value leaves no trace in the object that holds it.
bool is_left_out(const Type& type, const void* object) {
  if (type.kind != Kind::optional) return false;
  const void* value = type.value_const(object);
  return !value || is_left_out(type.element(), value);
}

void write_object(std::string& out, const Type& type, const void* object) {
  char separator = '{';
  for (const Member& member : type.members) {
    const Type& member_type = member.type();
    const void* value = member.at_const(object);
    if (is_left_out(member_type, value)) continue;
    out += separator;
    separator = ',';
    ((out += '"') += member.name) += "\":";
    write_json(out, member_type, value);
  }
  out += separator == '{' ? "{}" : "}";
}

void write_list(std::string& out, const Type& type, const void* object) {
  const Type& element = type.element();
  out += '[';
  for (size_t i = 0, size = type.size(object); i < size; ++i) {
    if (i) out += ',';
    write_json(out, element, type.item_const(object, i));
  }
  out += ']';
}

}  // namespace

void write_json_text(std::string& out, std::string_view text) {
  out += '"';
  const char* end = text.data() + text.size();
  for (const char *run = text.data(), *at = run;;) {
    at = detail::skip_plain(at, end);
    size_t length = at == end ? 0 : detail::utf8_length(at, end);
    if (length > 1) {
      at += length;
      continue;
    }
    out.append(run, at);
    if (at == end) break;
    if (length == 0)
      out += "\xEF\xBF\xBD";
    else
      append_escape(out, *at);
    run = ++at;
  }
  out += '"';
}

void write_json(std::string& out, const Type& type, const void* object) {
  switch (type.kind) {
    case Kind::boolean:
      out += type.get_integer(object) ? "true" : "false";
      return;
    case Kind::integer:
      return append_integer(out, type.get_integer(object));
    case Kind::text:
    case Kind::secret:
    case Kind::email:
    case Kind::id:
      return write_json_text(out, type.text_const(object));
    case Kind::money:
      return append_money(out, type.get_integer(object));
    case Kind::time:
      return append_time(out, type.get_integer(object));
    case Kind::date:
      return append_date(out, type.get_integer(object));
    case Kind::enumeration: {
      size_t index = size_t(type.get_integer(object));
      PORTICO_CHECK(index < type.labels.size());
      return write_json_text(out, type.labels[index]);
    }
    case Kind::json: {
      const std::string& text = type.text_const(object);
      out += text.empty() ? std::string_view("null") : std::string_view(text);
      return;
    }
    case Kind::list:
      return write_list(out, type, object);
    case Kind::object:
      return write_object(out, type, object);
    case Kind::optional:
    case Kind::nullable:
      if (const void* value = type.value_const(object))
        write_json(out, type.element(), value);
      else
        out += "null";
  }
}

}  // namespace portico::schema
