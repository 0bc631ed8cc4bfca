#include "portico/net/writer.h"

#include <charconv>

#include "portico/net/syntax.h"

namespace portico::net {
namespace {

void append_number(std::string& out, uint64_t number) {
  char digits[20];
  auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_length(std::string& out, uint64_t length) {
  out.append("content-length: ");
  append_number(out, length);
  out.append("\r\n");
}

}  // namespace

bool has_body(const Response& response, bool to_head) {
  return !to_head && response.status != 204 && response.status != 304;
}

void append_head(std::string& out, const Response& response, const ResponseFraming& framing) {
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<uint64_t>(response.status));
  out.append(" ").append(reason_phrase(response.status)).append("\r\n");
  bool dated = false;
  std::string_view own_length;
  for (auto field : response.headers) {
    if (is_framing(field.first)) {
      if (same_name(field.first, "content-length")) own_length = field.second;
      continue;
    }
    if (!safe_field(field)) continue;
    dated = dated || same_name(field.first, "date");
    append_field(out, field.first, field.second);
  }
  if (!dated) append_field(out, "date", framing.date);
  if (has_body(response, framing.to_head) || (framing.to_head && !response.body.empty())) {
    append_length(out, response.body.size());
  } else if (framing.to_head) {
    // What a GET would have had, where the handler knows it.
    if (auto length = parse_decimal(own_length)) append_length(out, *length);
  }
  if (!framing.keep_alive) {
    out.append("connection: close\r\n");
  } else if (framing.minor_version == 0) {
    out.append("connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

void append_head(std::string& out, const Request& request, std::string_view authority) {
  out.append(name_of(request.verb)).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  if (!request.headers.has("host")) append_field(out, "host", authority);
  for (auto field : request.headers) {
    if (is_framing(field.first) || same_name(field.first, "expect") || !safe_field(field)) continue;
    append_field(out, field.first, field.second);
  }
  bool expects_body = request.verb == Verb::POST || request.verb == Verb::PUT || request.verb == Verb::PATCH;
  if (expects_body || !request.body.empty()) append_length(out, request.body.size());
  out.append("\r\n");
}

std::string http_date(Time time) {
  static constexpr const char* day_names[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  static constexpr const char* month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  int64_t seconds = time.ms / 1000, day = seconds / 86'400, rest = seconds % 86'400;
  std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", day_names[day % 7], unsigned(date.day()),
                     month_names[unsigned(date.month()) - 1], int(date.year()), rest / 3600, rest / 60 % 60,
                     rest % 60);
}

}  // namespace portico::net
