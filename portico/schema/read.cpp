#include "portico/schema/read.h"

namespace portico::schema {
namespace detail {

bool Reader::read(const Type& type, void* object, const Path* path) {
  switch (type.kind) {
    case Kind::boolean:
      return read_boolean(type, object, path);
    case Kind::integer:
    case Kind::money:
      return read_number(type, object, path);
    case Kind::text:
    case Kind::secret:
    case Kind::email:
    case Kind::id:
    case Kind::time:
    case Kind::date:
    case Kind::enumeration:
      return read_text(type, object, path);
    case Kind::json:
      return read_raw(type, object, path);
    case Kind::list:
      return read_list(type, object, path);
    case Kind::object:
      return read_object(type, object, path);
    case Kind::optional:
    case Kind::nullable:
      return read_maybe(type, object, path);
  }
  return false;
}

// Takes a value that nobody keeps.
bool Reader::skip(const Path* path) {
  Skipped skipped;
  if (!scan_.skip_value(skipped)) return false;
  if (skipped.repeated) report_.complain(path, names_twice);
  return true;
}

bool Reader::refuse(const Type& type, const Path* path) {
  report_.wrong_type(path, type);
  return skip(path);
}

bool Reader::read_maybe(const Type& type, void* object, const Path* path) {
  const Type& element = type.element();
  // null inside an optional of a nullable is the nullable's: absent and null stay apart.
  if (scan_.peek() == 'n' && element.kind != Kind::nullable) {
    type.clear(object);
    return scan_.literal("null");
  }
  return read(element, type.emplace(object), path);
}

bool Reader::read_boolean(const Type& type, void* object, const Path* path) {
  char c = scan_.peek();
  if (c != 't' && c != 'f') return refuse(type, path);
  type.set_integer(object, c == 't');
  return scan_.literal(c == 't' ? "true" : "false");
}

bool Reader::read_number(const Type& type, void* object, const Path* path) {
  char c = scan_.peek();
  if (c != '-' && (c < '0' || c > '9')) return refuse(type, path);
  std::string_view number;
  if (!scan_.number(number)) return false;
  store_number(report_, path, type, object, number);
  return true;
}

bool Reader::read_text(const Type& type, void* object, const Path* path) {
  if (scan_.peek() != '"') return refuse(type, path);
  StringToken token;
  if (!scan_.string(token)) return false;
  if (token.nul) {
    report_.complain(path, has_nul);
  } else if (!token.escaped) {
    store_text(report_, path, type, object, token.raw, token.characters);
  } else if (type.kind != Kind::text && type.kind != Kind::secret) {
    std::string decoded;
    append_decoded(decoded, token.raw);
    store_text(report_, path, type, object, decoded, token.characters);
  } else if (check_characters(report_, path, type, token.characters)) {
    std::string& text = *type.text(object);
    text.clear();
    append_decoded(text, token.raw);
  }
  return true;
}

bool Reader::read_raw(const Type& type, void* object, const Path* path) {
  scan_.peek();
  const char* start = scan_.position();
  Skipped skipped;
  if (!scan_.skip_value(skipped)) return false;
  if (skipped.repeated) report_.complain(path, names_twice);
  if (skipped.nul) report_.complain(path, has_nul);
  if (skipped.repeated || skipped.nul) return true;
  std::string compact;
  append_compact(compact, {start, size_t(scan_.position() - start)});
  if (check_json_bytes(report_, path, type, compact.size())) *type.text(object) = std::move(compact);
  return true;
}

bool Reader::read_list(const Type& type, void* object, const Path* path) {
  if (scan_.peek() != '[') return refuse(type, path);
  if (!scan_.enter()) return false;
  type.clear(object);
  const Type& element = type.element();
  Path item{path, {}, 0};
  for (bool first = true; scan_.next_element(first); ++item.index) {
    bool fits = int64_t(item.index) < type.max;
    if (!(fits ? read(element, type.append(object), &item) : skip(&item))) return false;
  }
  if (scan_.failed()) return false;
  check_items(report_, path, type, item.index);
  return true;
}

bool Reader::read_object(const Type& type, void* object, const Path* path) {
  MemberSet seen;
  bool is_object;
  if (!read_members(type, object, path, seen, {}, is_object)) return false;
  if (is_object) check_required(report_, path, type, seen);
  return true;
}

bool Reader::read_members(const Type& type, void* object, const Path* path, MemberSet& seen,
                          const MemberSet& given, bool& is_object) {
  is_object = scan_.peek() == '{';
  if (!is_object) return refuse(type, path);
  PORTICO_CHECK(type.members.size() <= members_max);
  if (!scan_.enter()) return false;
  size_t mark = scan_.names_mark();
  size_t expected = 0;
  std::string_view name;
  for (bool first = true; scan_.next_member(first, name);)
    if (!read_member(type, object, path, name, expected, seen, given)) return false;
  if (scan_.failed()) return false;
  if (scan_.forget_repeated(mark)) report_.complain(path, names_twice);
  return true;
}

// `expected` is the place of the member that comes next when they come in the order of the struct.
bool Reader::read_member(const Type& type, void* object, const Path* path, std::string_view name,
                         size_t& expected, MemberSet& seen, const MemberSet& given) {
  const Member* member = expected < type.members.size() && type.members[expected].name == name
                             ? &type.members[expected]
                             : type.find(name);
  if (!member) {
    scan_.remember(name);
    return skip(path);
  }
  size_t place = size_t(member - type.members.data());
  expected = place + 1;
  Path here{path, name};
  if (given[place]) return skip(&here);
  if (seen[place]) {
    report_.complain(&here, given_twice);
    return skip(&here);
  }
  seen.set(place);
  return read(member->type(), member->at(object), &here);
}

bool Reader::read_at(std::span<const std::string_view> names, const Type& type, void* object,
                     const Path* path) {
  if (names.empty()) return read(type, object, path);
  Path here{path, names.front()};
  if (scan_.peek() != '{') {
    report_.complain(path, "must be an object");
    return skip(path);
  }
  if (!scan_.enter()) return false;
  size_t mark = scan_.names_mark();
  bool found = false;
  std::string_view name;
  for (bool first = true; scan_.next_member(first, name);) {
    bool wanted = name == names.front() && !found;
    scan_.remember(name);
    if (!(wanted ? read_at(names.subspan(1), type, object, &here) : skip(path))) return false;
    found |= wanted;
  }
  if (scan_.failed()) return false;
  if (scan_.forget_repeated(mark)) report_.complain(path, names_twice);
  if (!found) report_.complain(&here, is_required);
  return true;
}

}  // namespace detail

Violations read_json_at(std::string_view json, std::span<const std::string_view> path, const Type& type,
                        void* object, ReadLimits limits) {
  Violations violations;
  detail::Report report(violations, limits.violations_max);
  detail::read_document(json, limits, report,
                        [&](detail::Reader& reader) { return reader.read_at(path, type, object, nullptr); });
  report.finish();
  return violations;
}

Violations read_json(std::string_view json, const Type& type, void* object, ReadLimits limits) {
  return read_json_at(json, {}, type, object, limits);
}

}  // namespace portico::schema
