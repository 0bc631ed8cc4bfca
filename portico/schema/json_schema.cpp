#include "portico/schema/document.h"
#include "portico/schema/openapi.h"

namespace portico::schema {
namespace detail {
namespace {

std::string text_schema(const Type& type, std::string_view format, bool write_only) {
  ObjectText out;
  out.add_text("type", "string");
  if (!format.empty()) out.add_text("format", format);
  if (write_only) out.add("writeOnly", "true");
  if (type.min > 0) out.add_integer("minLength", type.min);
  if (type.max > 0) out.add_integer("maxLength", type.max);
  return out.text();
}

// Bounds that are those of the machine's integers are said by the format: not every reader of JSON can hold
// them.
std::string integer_schema(const Type& type) {
  bool small = type.min >= INT32_MIN && type.max <= INT32_MAX;
  bool whole =
      small ? type.min == INT32_MIN && type.max == INT32_MAX : type.min == INT64_MIN && type.max == INT64_MAX;
  ObjectText out;
  out.add_text("type", "integer");
  out.add_text("format", small ? "int32" : "int64");
  if (!whole) {
    out.add_integer("minimum", type.min);
    out.add_integer("maximum", type.max);
  }
  return out.text();
}

std::string labels_json(const Type& type, std::string_view more = {}) {
  std::string out;
  for (std::string_view label : type.labels) (out += out.empty() ? '[' : ',') += quoted(label);
  return (out += more) += ']';
}

// `name` is the type's name in JSON Schema; null is added to it.
std::string with_null(std::string_view schema, std::string_view name) {
  std::string plain = "\"type\":\"" + std::string(name) + "\"";
  size_t at = schema.find(plain);
  std::string out(schema);
  return out.replace(at, plain.size(), "\"type\":[\"" + std::string(name) + "\",\"null\"]");
}

}  // namespace

void Components::answer(const Type& type) {
  if (type.element) return answer(type.element());
  if (type.kind != Kind::object || !answered_.insert(&type).second) return;
  for (const Member& member : type.members) answer(member.type());
}

std::string Components::schema(const Type& type, bool write_only) {
  switch (type.kind) {
    case Kind::boolean:
      return R"({"type":"boolean"})";
    case Kind::integer:
      return integer_schema(type);
    case Kind::text:
      return text_schema(type, "", false);
    case Kind::secret:
      return text_schema(type, "password", write_only);
    case Kind::email:
      return text_schema(type, "email", false);
    case Kind::id:
      return text_schema(type, "", false);
    case Kind::money:
      return R"({"type":"number","multipleOf":0.01})";
    case Kind::time:
      return R"({"type":"string","format":"date-time"})";
    case Kind::date:
      return R"({"type":"string","format":"date"})";
    case Kind::enumeration:
      return R"({"type":"string","enum":)" + labels_json(type) + "}";
    case Kind::json:
      return "{}";
    case Kind::list: {
      ObjectText out;
      out.add_text("type", "array");
      out.add("items", schema(type.element(), write_only));
      if (type.min > 0) out.add_integer("minItems", type.min);
      out.add_integer("maxItems", type.max);
      return out.text();
    }
    case Kind::object:
      return reference(type);
    case Kind::optional:
      return schema(type.element(), write_only);
    case Kind::nullable:
      return nullable_schema(type.element(), write_only);
  }
  return {};
}

std::string Components::nullable_schema(const Type& element, bool write_only) {
  switch (element.kind) {
    case Kind::boolean:
      return with_null(schema(element), "boolean");
    case Kind::integer:
      return with_null(schema(element), "integer");
    case Kind::money:
      return with_null(schema(element), "number");
    case Kind::list:
      return with_null(schema(element, write_only), "array");
    case Kind::enumeration:
      return R"({"type":["string","null"],"enum":)" + labels_json(element, ",null") + "}";
    case Kind::object:
      return R"({"anyOf":[)" + schema(element) + R"(,{"type":"null"}]})";
    case Kind::json:
    case Kind::optional:
    case Kind::nullable:
      return element.kind == Kind::json ? "{}" : nullable_schema(element.element(), write_only);
    default:
      return with_null(schema(element, write_only), "string");
  }
}

std::string Components::reference(const Type& type) {
  auto [place, fresh] = names_.try_emplace(&type);
  if (fresh) {
    std::string name(type.name);
    for (int number = 2; !taken_.insert(name).second; ++number)
      name = std::string(type.name) + std::to_string(number);
    place->second = std::move(name);
    order_.push_back(&type);
  }
  return R"({"$ref":)" + quoted(prefix_ + place->second) + "}";
}

std::string Components::object_schema(const Type& type, const std::set<const Member*>& without) {
  bool write_only = !answered_.contains(&type);
  ObjectText out, properties;
  std::vector<std::string> required;
  for (const Member& member : type.members) {
    if (without.contains(&member)) continue;
    properties.add(member.name, schema(member.type(), write_only));
    if (member.required) required.push_back(quoted(member.name));
  }
  out.add_text("type", "object");
  if (!properties.empty()) out.add("properties", properties.text());
  if (!required.empty()) out.add("required", array_of(required));
  return out.text();
}

void Components::add_to(ObjectText& out) {
  for (size_t i = 0; i < order_.size(); ++i)  // grows while the schemas refer to more
    out.add(names_[order_[i]], object_schema(*order_[i]));
}

}  // namespace detail

std::string json_schema(const Type& type) {
  detail::Components components("#/$defs/");
  components.answer(type);
  std::string root = type.kind == Kind::object ? components.object_schema(type) : components.schema(type);
  detail::ObjectText definitions;
  components.add_to(definitions);
  if (definitions.empty()) return root;
  root.pop_back();
  return root + (root.size() > 1 ? "," : "") + "\"$defs\":" + definitions.text() + "}";
}

}  // namespace portico::schema
