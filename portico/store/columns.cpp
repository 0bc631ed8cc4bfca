#include "portico/store/columns.h"

#include <algorithm>

#include "portico/schema/json.h"
#include "portico/schema/rules.h"

namespace portico::store {

using schema::Kind;

bool is_absentable(const schema::Type& type) {
  return type.kind == Kind::optional || type.kind == Kind::nullable;
}

const schema::Type& present_type(const schema::Type& type) {
  return is_absentable(type) ? type.element() : type;
}

bool is_integral(const schema::Type& type) {
  switch (present_type(type).kind) {
    case Kind::boolean:
    case Kind::integer:
    case Kind::money:
    case Kind::time:
    case Kind::date:
      return true;
    default:
      return false;
  }
}

bool is_ordered(const schema::Type& type) {
  const Kind kind = present_type(type).kind;
  return kind != Kind::list && kind != Kind::object && kind != Kind::json;
}

std::string kind_name(const schema::Type& type) {
  if (is_absentable(type)) return kind_name(type.element()) + "?";
  switch (type.kind) {
    case Kind::boolean:
      return "boolean";
    case Kind::integer:
      return "integer";
    case Kind::money:
      return "money";
    case Kind::time:
      return "time";
    case Kind::date:
      return "date";
    case Kind::enumeration:
      return "enumeration";
    case Kind::json:
      return "json";
    case Kind::list:
      return "list";
    case Kind::object:
      return "object";
    default:
      return "text";
  }
}

const schema::Member* find_member(const CollectionInfo& info, std::string_view name) {
  for (const schema::Member& member : info.type->members)
    if (member.name == name) return &member;
  return nullptr;
}

bool assign_integer(const schema::Type& type, void* object, int64_t value) {
  if (is_absentable(type)) return assign_integer(type.element(), type.emplace(object), value);
  if (!is_integral(type)) return false;
  // Only a plain int is narrower than its column.
  if (type.kind == Kind::integer && type.max == INT32_MAX && (value > type.max || value < INT32_MIN))
    return false;
  type.set_integer(object, value);
  return true;
}

bool assign_text(const schema::Type& type, void* object, std::string_view text) {
  switch (type.kind) {
    case Kind::optional:
    case Kind::nullable:
      return assign_text(type.element(), type.emplace(object), text);
    case Kind::text:
    case Kind::secret:
    case Kind::email:
    case Kind::id:
    case Kind::json:
      type.text(object)->assign(text);
      return true;
    case Kind::enumeration: {
      const int64_t index = type.label_index(text);
      if (index < 0) return false;
      type.set_integer(object, index);
      return true;
    }
    case Kind::list:
    case Kind::object: {
      const schema::ReadLimits limits{.bytes_max = SIZE_MAX, .violations_max = SIZE_MAX};
      // A member that has come since stays as a fresh struct has it, as a new column does.
      return std::ranges::all_of(
          schema::read_json(text, type, object, limits),
          [](const Violation& violation) { return violation.message == schema::detail::is_required; });
    }
    default:
      return false;
  }
}

bool assign(const schema::Type& type, void* object, const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return assign_integer(type, object, *integer);
  if (const auto* text = std::get_if<std::string>(&value)) return assign_text(type, object, *text);
  if (!is_absentable(type)) return false;
  type.clear(object);
  return true;
}

}  // namespace portico::store
