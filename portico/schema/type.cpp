#include "portico/schema/type.h"

namespace portico::schema {
namespace {

// The real name behind an alias; the name itself when it is none.
std::string_view real_name(std::span<const Alias> aliases, std::string_view name) {
  for (const auto& [other, real] : aliases)
    if (other == name) return real;
  return {};
}

}  // namespace

const Member* Type::find(std::string_view member_name) const {
  for (const Member& member : members)
    if (member.name == member_name) return &member;
  std::string_view real = real_name(aliases, member_name);
  return real.empty() ? nullptr : find(real);
}

int64_t Type::label_index(std::string_view label) const {
  for (size_t i = 0; i < labels.size(); ++i)
    if (labels[i] == label) return int64_t(i);
  std::string_view real = real_name(aliases, label);
  return real.empty() ? -1 : label_index(real);
}

}  // namespace portico::schema
