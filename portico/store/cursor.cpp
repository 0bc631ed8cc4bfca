#include "portico/store/cursor.h"

#include <fmt/format.h>

#include <algorithm>

namespace portico::store {
namespace {

// Layout before base64url (RFC 4648 section 5, no padding): format byte, four bytes of fingerprint, then each
// value as a tag and its bytes; integers and lengths are big-endian.
constexpr char format = 1;
enum Tag : char { absent = 0, integer = 1, text = 2 };

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string base64url(std::string_view bytes) {
  std::string out;
  uint32_t bits = 0;
  int held = 0;
  for (char c : bytes) {
    bits = bits << 8 | uint8_t(c);
    for (held += 8; held >= 6; held -= 6) out += alphabet[bits >> (held - 6) & 63];
  }
  if (held > 0) out += alphabet[bits << (6 - held) & 63];
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int held = 0;
  for (char c : text) {
    const size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | uint32_t(digit);
    held += 6;
    if (held >= 8) out += char(bits >> (held -= 8));
  }
  if (held == 6 || (bits & ((1u << held) - 1)) != 0) return std::nullopt;
  return out;
}

// Tells cursors of another collection or order apart (FNV-1a); no protection, and none is needed: a forged
// cursor names a place in a list that its sender may read anyway.
uint32_t fingerprint(const CollectionInfo& info, const SortOrder& order) {
  uint32_t hash = 2166136261;
  auto mix = [&hash](std::string_view part) {
    for (char c : part) hash = (hash ^ uint8_t(c)) * 16777619;
    hash = (hash ^ 0xff) * 16777619;
  };
  mix(info.name);
  for (const SortKey& key : order) {
    mix(key.member->name);
    mix(key.descending ? "desc" : "asc");
  }
  return hash;
}

void append_number(std::string& out, uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out += char(value >> shift);
}

// Reads what append_number and tags wrote; `ok` turns false for good where the bytes end early.
struct Reader {
  std::string_view rest;
  bool ok = true;
  std::string_view take(size_t count) {
    if (rest.size() < count) ok = false;
    if (!ok) return {};
    std::string_view taken = rest.substr(0, count);
    rest.remove_prefix(count);
    return taken;
  }
  uint64_t number(size_t bytes) {
    uint64_t value = 0;
    for (char c : take(bytes)) value = value << 8 | uint8_t(c);
    return value;
  }
};

bool read_value(Reader& in, const schema::Type& type, Value& value) {
  switch (in.number(1)) {
    case Tag::absent:
      return in.ok && is_absentable(type);
    case Tag::integer:
      value = int64_t(in.number(8));
      return in.ok && is_integral(type);
    case Tag::text:
      value = std::string(in.take(in.number(4)));
      return in.ok && !is_integral(type);
    default:
      return false;
  }
}

[[noreturn]] void refuse() {
  throw Error(invalid, "cursor.invalid", "The cursor does not belong to this list; begin at its first page.");
}

}  // namespace

SortOrder sort_order(const CollectionInfo& info, std::span<const Sort> sort) {
  SortOrder order;
  bool descending = false;
  for (const Sort& part : sort) {
    const schema::Member* member = find_member(info, part.member);
    if (!member || !is_ordered(member->type()))
      throw Error(Code::internal, "query.member")
          .with_note(fmt::format("collection {} cannot be sorted by \"{}\"", info.name, part.member));
    descending = part.descending;
    const bool known =
        std::any_of(order.begin(), order.end(), [&](auto& key) { return key.member == member; });
    if (!known) order.push_back({member, descending});
    if (member == &key_of(info)) return order;  // the key is unique: what follows changes nothing
  }
  order.push_back({&key_of(info), descending});
  return order;
}

std::string write_cursor(const CollectionInfo& info, const SortOrder& order, const void* object) {
  std::string bytes(1, format);
  append_number(bytes, fingerprint(info, order), 4);
  for (const SortKey& key : order) {
    const Value value = value_of(key.member->type(), key.member->at_const(object));
    if (const auto* number = std::get_if<int64_t>(&value)) {
      bytes += Tag::integer;
      append_number(bytes, uint64_t(*number), 8);
    } else if (const auto* string = std::get_if<std::string>(&value)) {
      bytes += Tag::text;
      append_number(bytes, string->size(), 4);
      bytes += *string;
    } else {
      bytes += Tag::absent;
    }
  }
  std::string cursor = base64url(bytes);
  if (cursor.size() > cursor_bytes_max)
    throw Error(Code::internal, "cursor.too_long")
        .with_note(fmt::format("collection {} is sorted by texts too long for a cursor", info.name));
  return cursor;
}

CursorValues read_cursor(std::string_view cursor, const CollectionInfo& info, const SortOrder& order) {
  if (cursor.size() > cursor_bytes_max) refuse();
  const std::optional<std::string> bytes = from_base64url(cursor);
  if (!bytes) refuse();
  Reader in{*bytes};
  if (in.number(1) != format || in.number(4) != fingerprint(info, order)) refuse();
  CursorValues values(order.size());
  for (size_t i = 0; i < order.size(); ++i)
    if (!read_value(in, order[i].member->type(), values[i])) refuse();
  if (!in.rest.empty()) refuse();
  return values;
}

}  // namespace portico::store
