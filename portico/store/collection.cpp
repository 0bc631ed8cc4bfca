#include <fmt/format.h>

#include <algorithm>

#include "portico/base/error.h"
#include "portico/store/columns.h"
#include "portico/store/store.h"

namespace portico {
namespace {

bool upper(char c) { return c >= 'A' && c <= 'Z'; }
bool lower(char c) { return c >= 'a' && c <= 'z'; }
char to_lower(char c) { return upper(c) ? char(c - 'A' + 'a') : c; }

// "HTTPOrderItem" -> "http_order_item"
std::string snake_case(std::string_view name) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    const bool word_starts =
        i > 0 && upper(name[i]) && (!upper(name[i - 1]) || (i + 1 < name.size() && lower(name[i + 1])));
    if (word_starts && out.back() != '_') out += '_';
    out += to_lower(name[i]);
  }
  return out;
}

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(), [&](auto end) { return text.ends_with(end); });
}

// The English plural by its regular rules.
std::string plural(std::string name) {
  const bool consonant_y =
      name.size() > 1 && name.back() == 'y' && !std::string_view("aeiou").contains(name[name.size() - 2]);
  if (consonant_y) {
    name.pop_back();
    return name + "ies";
  }
  return name + (ends_with_any(name, {"s", "x", "z", "ch", "sh"}) ? "es" : "s");
}

bool valid_name(std::string_view name) {
  return !name.empty() && name.size() <= 60 && lower(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '_'; });
}

[[noreturn]] void refuse(std::string_view collection, std::string what) {
  throw Error(Code::internal, "store.collection", fmt::format("Collection \"{}\": {}.", collection, what));
}

void check_members(const CollectionInfo& info) {
  auto folded = [](std::string_view name) {
    std::string out(name);
    std::transform(out.begin(), out.end(), out.begin(), to_lower);
    return out;
  };
  std::vector<std::string> seen;
  for (const schema::Member& member : info.type->members) {
    if (member.name.starts_with('_'))
      refuse(info.name,
             fmt::format("member \"{}\" begins with an underscore, which is the store's own", member.name));
    if (std::ranges::find(seen, folded(member.name)) != seen.end())
      refuse(info.name, fmt::format("member \"{}\" differs from another only in case", member.name));
    seen.push_back(folded(member.name));
    const schema::Type& type = member.type();
    if (store::is_absentable(type) && store::is_absentable(type.element()))
      refuse(info.name, fmt::format("member \"{}\" can be absent in two ways", member.name));
  }
}

void check_indexes(const CollectionInfo& info) {
  for (const Index& index : info.indexes) {
    if (index.members.empty()) refuse(info.name, "an index without members");
    for (size_t i = 0; i < index.members.size(); ++i) {
      const schema::Member* member = store::find_member(info, index.members[i]);
      if (!member)
        refuse(info.name, fmt::format("an index over \"{}\", which is no member", index.members[i]));
      if (!store::is_ordered(member->type()))
        refuse(info.name,
               fmt::format("an index over \"{}\", which is a list, a struct or JSON", member->name));
      if (std::find(index.members.begin(), index.members.begin() + ptrdiff_t(i), index.members[i]) !=
          index.members.begin() + ptrdiff_t(i))
        refuse(info.name, fmt::format("an index that names \"{}\" twice", member->name));
    }
  }
}

}  // namespace

std::shared_ptr<const CollectionInfo> describe_collection(const schema::Type& type, size_t key,
                                                          std::vector<Index> indexes, std::string name) {
  PORTICO_CHECK(type.kind == schema::Kind::object && key < type.members.size());
  auto info = std::make_shared<CollectionInfo>();
  info->name = name.empty() ? plural(snake_case(type.name)) : std::move(name);
  info->type = &type;
  info->key = key;
  info->indexes = std::move(indexes);
  if (!valid_name(info->name))
    refuse(info->name, "the name must be 1 to 60 of a-z, 0-9 and _, and begin with a letter");
  check_members(*info);
  const schema::Type& key_type = type.members[key].type();
  if (store::is_absentable(key_type) || !store::is_ordered(key_type))
    refuse(info->name, fmt::format("member \"{}\" cannot be a key", type.members[key].name));
  check_indexes(*info);
  for (const schema::Member& member : type.members) info->columns += fmt::format("\"{}\", ", member.name);
  info->columns += "\"_version\"";
  return info;
}

namespace detail {

Filter key_filter(const CollectionInfo& info, const std::string& id) {
  return {.op = Filter::Op::equal, .member = info.type->members[info.key].name, .value = id};
}

void Selection::add(Filter part) { filter = std::move(filter) && std::move(part); }

void Selection::add(Change part) { changes.push_back(std::move(part)); }

}  // namespace detail

}  // namespace portico
