#include "portico/net/message.h"

#include <algorithm>

#include "portico/net/syntax.h"

namespace portico::net {
namespace {

constexpr std::array<std::string_view, 7> verb_names = {"GET",   "HEAD",   "POST",   "PUT",
                                                        "PATCH", "DELETE", "OPTIONS"};
constexpr std::string_view hex_digits = "0123456789ABCDEF";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

}  // namespace

std::string_view name_of(Verb verb) { return verb_names[static_cast<size_t>(verb)]; }

std::optional<Verb> parse_verb(std::string_view name) {
  for (size_t i = 0; i < verb_names.size(); ++i) {
    if (verb_names[i] == name) return static_cast<Verb>(i);
  }
  return std::nullopt;
}

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string_view Headers::get(std::string_view name) const {
  for (auto [field_name, value] : *this) {
    if (same_name(field_name, name)) return value;
  }
  return {};
}

bool Headers::has(std::string_view name) const {
  return std::any_of(slots_.begin(), slots_.end(), [&](const Slot& slot) {
    return slot.name_size == name.size() && same_name({text_.data() + slot.start, slot.name_size}, name);
  });
}

Headers::Slot Headers::append(std::string_view name, std::string_view value) {
  // A caller may pass views into this very buffer, which growing would move.
  bool own = value.data() >= text_.data() && value.data() < text_.data() + text_.size();
  if (own && text_.capacity() - text_.size() < name.size() + value.size())
    return append(name, std::string(value));
  Slot slot{static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(name.size()),
            static_cast<uint32_t>(value.size())};
  if (text_.empty()) text_.reserve(256);
  text_.append(name).append(value);
  return slot;
}

void Headers::add(std::string_view name, std::string_view value) {
  if (slots_.empty()) slots_.reserve(12);
  slots_.push_back(append(name, value));
}

void Headers::set(std::string_view name, std::string_view value) {
  size_t first = 0;
  while (first < slots_.size() && !same_name(field(first).first, name)) ++first;
  if (first == slots_.size()) return add(name, value);
  slots_[first] = append(name, value);
  auto behind = slots_.begin() + static_cast<std::ptrdiff_t>(first) + 1;
  slots_.erase(std::remove_if(behind, slots_.end(),
                              [&](const Slot& slot) {
                                return same_name({text_.data() + slot.start, slot.name_size}, name);
                              }),
               slots_.end());
}

void Headers::remove(std::string_view name) {
  std::erase_if(
      slots_, [&](const Slot& slot) { return same_name({text_.data() + slot.start, slot.name_size}, name); });
}

void Headers::remove_if(bool (*matches)(std::string_view name)) {
  std::erase_if(slots_, [&](const Slot& slot) {
    return matches(std::string_view(text_.data() + slot.start, slot.name_size));
  });
}

std::string_view Request::path() const { return std::string_view(target).substr(0, target.find('?')); }

std::string_view Request::query() const {
  size_t mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3 || !is(hex_char, text[i + 1]) || !is(hex_char, text[i + 2]))
        return std::nullopt;
      auto byte = static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
      if (byte == 0) return std::nullopt;
      decoded.push_back(byte);
      i += 2;
    } else {
      decoded.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return decoded;
}

std::string percent_encode(std::string_view text) {
  std::string encoded;
  encoded.reserve(text.size());
  for (char c : text) {
    if (is(unreserved_char, c)) {
      encoded.push_back(c);
    } else {
      auto byte = static_cast<unsigned char>(c);
      encoded.push_back('%');
      encoded.push_back(hex_digits[byte >> 4]);
      encoded.push_back(hex_digits[byte & 15]);
    }
  }
  return encoded;
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    size_t end = std::min(query.find('&'), query.size());
    std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return std::nullopt;
    pairs.emplace_back(std::move(*name), std::move(*value));
  }
  return pairs;
}

}  // namespace portico::net
