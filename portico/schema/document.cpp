#include "portico/schema/document.h"

#include "portico/schema/json.h"

namespace portico::schema::detail {

std::string quoted(std::string_view text) {
  std::string out;
  write_json_text(out, text);
  return out;
}

std::string array_of(std::span<const std::string> json) {
  std::string out = "[";
  for (const std::string& element : json) {
    if (out.size() > 1) out += ',';
    out += element;
  }
  return out += ']';
}

void ObjectText::add(std::string_view name, std::string_view json) {
  if (!text_.empty()) text_ += ',';
  write_json_text(text_, name);
  (text_ += ':') += json;
}

void ObjectText::add_text(std::string_view name, std::string_view text) { add(name, quoted(text)); }
void ObjectText::add_integer(std::string_view name, int64_t value) { add(name, std::to_string(value)); }

std::string pretty(std::string_view json) {
  std::string out;
  size_t level = 0;
  auto line = [&] { (out += '\n').append(2 * level, ' '); };
  bool quoted = false, opened = false;
  for (size_t i = 0; i < json.size(); ++i) {
    char c = json[i];
    if (quoted) {
      out += c;
      if (c == '\\') out += json[++i];
      quoted = c != '"';
      continue;
    }
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    bool closing = c == '}' || c == ']';
    if (closing) --level;
    if (opened != closing) line();  // neither in an empty container nor between its tokens
    opened = c == '{' || c == '[';
    if (opened) ++level;
    out += c;
    if (c == ',') line();
    if (c == ':') out += ' ';
    quoted = c == '"';
  }
  return out += '\n';
}

}  // namespace portico::schema::detail
