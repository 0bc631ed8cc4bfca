#include "blocks/notification/mail.h"

#include <algorithm>

#include "portico/schema/json.h"
#include "portico/security/base64.h"

namespace portico::mail {
namespace {

bool is_control(char c) { return uint8_t(c) < 0x20 || c == 0x7f; }

// With padding and the alphabet of RFC 4648 section 4.
std::string base64(std::string_view bytes) {
  std::string text = security::base64url_encode(bytes);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  while (text.size() % 4 != 0) text += '=';
  return text;
}

std::string_view stripped(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool is_address(std::string_view text) {
  Email email{std::string(text)};
  return schema::validate(schema::type_of<Email>(), &email).empty();
}

std::optional<Mailbox> parse_mailbox(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), is_control)) return std::nullopt;
  Mailbox box{.address = std::string(stripped(text))};
  if (size_t open = text.find('<'); open != text.npos) {
    size_t close = text.find('>', open);
    if (close == text.npos || !stripped(text.substr(close + 1)).empty()) return std::nullopt;
    std::string_view name = stripped(text.substr(0, open));
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
    if (name.find_first_of("\"\\<>@,;:") != name.npos) return std::nullopt;
    box = {.name = std::string(name), .address = std::string(text.substr(open + 1, close - open - 1))};
  }
  if (!is_address(box.address)) return std::nullopt;
  return box;
}

std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(line.begin(), line.end(), is_control, ' ');
  return line;
}

std::string header_text(std::string_view text) {
  constexpr size_t plain_max = 75, word_bytes_max = 45;  // 45 bytes are 60 characters of base64
  std::string line = one_line(text);
  bool plain = line.size() <= plain_max && line.find("=?") == line.npos &&
               std::none_of(line.begin(), line.end(), [](char c) { return uint8_t(c) >= 0x80; });
  if (plain) return line;
  std::string out;
  for (size_t start = 0; start < line.size();) {
    size_t end = std::min(line.size(), start + word_bytes_max);
    // Never within a character.
    while (end < line.size() && end > start + 1 && (uint8_t(line[end]) & 0xc0) == 0x80) --end;
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + base64(std::string_view(line).substr(start, end - start)) + "?=";
    start = end;
  }
  return out;
}

std::string message_id(const Letter& letter, const Mailbox& from) {
  return "<" + letter.id.value + "@" + from.address.substr(from.address.find('@') + 1) + ">";
}

}  // namespace portico::mail
