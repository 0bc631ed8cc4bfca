#include "portico/store/query.h"

#include <iterator>

#include "portico/base/error.h"
#include "portico/schema/json.h"

namespace portico {

Value value_of(const schema::Type& type, const void* object) {
  using schema::Kind;
  switch (type.kind) {
    case Kind::boolean:
    case Kind::integer:
    case Kind::money:
    case Kind::time:
    case Kind::date:
      return type.get_integer(object);
    case Kind::text:
    case Kind::secret:
    case Kind::email:
    case Kind::id:
    case Kind::json:
      return type.text_const(object);
    case Kind::enumeration: {
      auto index = size_t(type.get_integer(object));
      if (index >= type.labels.size())
        throw Error(Code::internal, "store.value").with_note("an enumerator outside its description");
      return std::string(type.labels[index]);
    }
    case Kind::list:
    case Kind::object: {
      std::string json;
      schema::write_json(json, type, object);
      return json;
    }
    case Kind::optional:
    case Kind::nullable: {
      const void* inner = type.value_const(object);
      return inner ? value_of(type.element(), inner) : Value();
    }
  }
  PORTICO_CHECK(!"a kind outside its enumeration");
}

// Chains of the same operator stay flat, so that their depth does not grow with their length.
Filter Filter::join(Op op, Filter a, Filter b) {
  const bool all = op == Op::all_of;
  if (a.op == Op::everything) return all ? b : a;
  if (b.op == Op::everything) return all ? a : b;
  Filter joined{.op = op};
  for (Filter* part : {&a, &b}) {
    if (part->op == op) {
      std::move(part->children.begin(), part->children.end(), std::back_inserter(joined.children));
    } else {
      joined.children.push_back(std::move(*part));
    }
  }
  return joined;
}

namespace detail {

Filter made_filter(Filter::Op op, const schema::Member& member, const void* value) {
  return {.op = op, .member = member.name, .value = value_of(member.type(), value)};
}

Change made_set(const schema::Member& member, const void* value) {
  return {Change::Op::set, member.name, value_of(member.type(), value)};
}

}  // namespace detail

}  // namespace portico
