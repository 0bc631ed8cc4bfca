// Fills a request from path, query and body.
#include <array>

#include "portico/schema/number.h"
#include "portico/schema/read.h"

namespace portico::schema {
namespace detail {
namespace {

// The value that optionals and nullables stand around, made where it is not there.
struct Target {
  const Type* type;
  void* object;
};

Target unwrap(Target target) {
  while (target.type->kind == Kind::optional || target.type->kind == Kind::nullable) {
    void* value = target.type->value(target.object);
    if (!value) value = target.type->emplace(target.object);
    target = {&target.type->element(), value};
  }
  return target;
}

class ParameterReader {
 public:
  ParameterReader(Report& report, const ReadLimits& limits) : report_(report), limits_(limits) {}

  // Takes the parameters that are members of the struct and marks those members.
  void read(const Type& type, void* object, std::span<const Parameter> parameters, MemberSet& given) {
    std::array<uint32_t, members_max> counts;
    std::fill_n(counts.begin(), type.members.size(), 0);
    for (const Parameter& parameter : parameters)
      if (const Member* member = type.find(parameter.name)) ++counts[size_t(member - type.members.data())];
    for (const Parameter& parameter : parameters) {
      const Member* member = type.find(parameter.name);
      if (!member) continue;
      size_t place = size_t(member - type.members.data());
      Path path{nullptr, parameter.name};
      Target target = unwrap({&member->type(), member->at(object)});
      if (target.type->kind == Kind::list)
        read_list(target, parameter.text, &path, counts[place] == 1, !given[place]);
      else if (!given[place])
        read_value(target, parameter.text, &path);
      else
        report_.complain(&path, given_twice);
      given.set(place);
    }
    check_lists(type, object, given);
  }

 private:
  void read_list(Target list, std::string_view text, const Path* path, bool split, bool fresh) {
    if (fresh) list.type->clear(list.object);
    if (!split) return read_item(list, text, path);
    if (text.empty()) return;
    for (;;) {
      size_t comma = text.find(',');
      read_item(list, text.substr(0, comma), path);
      if (comma == std::string_view::npos) return;
      text.remove_prefix(comma + 1);
    }
  }

  // One item too many is kept without its value, so that the check of the length finds it.
  void read_item(Target list, std::string_view text, const Path* path) {
    size_t size = list.type->size(list.object);
    if (int64_t(size) > list.type->max) return;
    Target item = unwrap({&list.type->element(), list.type->append(list.object)});
    Path here{path, {}, size};
    if (int64_t(size) < list.type->max) read_value(item, text, &here);
  }

  void check_lists(const Type& type, void* object, const MemberSet& given) {
    for (size_t i = 0; i < type.members.size(); ++i) {
      if (!given[i]) continue;
      Target target = unwrap({&type.members[i].type(), type.members[i].at(object)});
      Path path{nullptr, type.members[i].name};
      if (target.type->kind == Kind::list)
        check_items(report_, &path, *target.type, target.type->size(target.object));
    }
  }

  void read_value(Target target, std::string_view text, const Path* path) {
    const Type& type = *target.type;
    auto characters = count_code_points(text);
    if (!characters) return report_.complain(path, not_utf8);
    switch (type.kind) {
      case Kind::boolean:
        if (text != "true" && text != "false") return report_.wrong_type(path, type);
        return type.set_integer(target.object, text == "true");
      case Kind::integer:
      case Kind::money:
        if (!is_number(text)) return report_.wrong_type(path, type);
        store_number(report_, path, type, target.object, text);
        return;
      case Kind::json:
        return read_raw(target, text, path);
      case Kind::object:
      case Kind::list:
        return report_.complain(path, "must be given in the body");
      default:
        if (text.find('\0') != std::string_view::npos) return report_.complain(path, has_nul);
        store_text(report_, path, type, target.object, text, *characters);
    }
  }

  void read_raw(Target target, std::string_view text, const Path* path) {
    Reader reader(text, limits_.depth_max, report_);
    if (!reader.read(*target.type, target.object, path) || !reader.finish())
      report_.wrong_type(path, *target.type);
  }

  Report& report_;
  const ReadLimits& limits_;
};

}  // namespace
}  // namespace detail

Violations bind(const Type& type, void* object, std::span<const Parameter> parameters,
                const std::string_view* json, ReadLimits limits) {
  PORTICO_CHECK(type.kind == Kind::object && type.members.size() <= detail::members_max);
  Violations violations;
  detail::Report report(violations, limits.violations_max);
  detail::MemberSet given;
  detail::ParameterReader(report, limits).read(type, object, parameters, given);
  detail::MemberSet seen = given;
  bool complete = true;  // what is missing can be judged
  if (json && !json->empty()) {
    bool is_object = true;
    complete = detail::read_document(*json, limits, report, [&](detail::Reader& reader) {
      return reader.read_members(type, object, nullptr, seen, given, is_object);
    });
    complete = complete && is_object;
  }
  if (complete) detail::check_required(report, nullptr, type, seen);
  report.finish();
  return violations;
}

}  // namespace portico::schema
