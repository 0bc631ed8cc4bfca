// The rules of reading, applied to values that were built in code.
#include "portico/schema/rules.h"
#include "portico/schema/scan.h"

namespace portico::schema {
namespace detail {
namespace {

void check(Report& report, const Path* path, const Type& type, const void* object);

void check_text(Report& report, const Path* path, const Type& type, const std::string& text) {
  auto characters = count_code_points(text);
  if (!characters) return report.complain(path, not_utf8);
  if (text.find('\0') != std::string::npos) return report.complain(path, has_nul);
  if (type.kind == Kind::email) {
    if (!is_email(text)) report.complain(path, must_be_email);
  } else if (type.kind == Kind::id) {
    if (!is_id(text)) report.complain(path, must_be_id);
  } else {
    check_characters(report, path, type, *characters);
  }
}

void check_raw(Report& report, const Path* path, const Type& type, const std::string& text) {
  Scanner scan(text, Scanner::levels_max);
  Skipped skipped;
  if (!scan.skip_value(skipped) || !scan.finish()) return report.wrong_type(path, type);
  if (skipped.repeated) report.complain(path, names_twice);
  if (skipped.nul) report.complain(path, has_nul);
  check_json_bytes(report, path, type, text.size());
}

void check_list(Report& report, const Path* path, const Type& type, const void* object) {
  size_t size = type.size(object);
  check_items(report, path, type, size);
  Path item{path, {}, 0};
  for (; item.index < size; ++item.index)
    check(report, &item, type.element(), type.item_const(object, item.index));
}

void check(Report& report, const Path* path, const Type& type, const void* object) {
  switch (type.kind) {
    case Kind::boolean:
      return;
    case Kind::integer:
      check_integer(report, path, type, type.get_integer(object));
      return;
    case Kind::enumeration:
      check_enumerator(report, path, type, type.get_integer(object));
      return;
    case Kind::money:
      check_money(report, path, type.get_integer(object));
      return;
    case Kind::time:
      check_time(report, path, type.get_integer(object));
      return;
    case Kind::date:
      check_date(report, path, type.get_integer(object));
      return;
    case Kind::text:
    case Kind::secret:
    case Kind::email:
    case Kind::id:
      return check_text(report, path, type, type.text_const(object));
    case Kind::json:
      return check_raw(report, path, type, type.text_const(object));
    case Kind::list:
      return check_list(report, path, type, object);
    case Kind::object:
      for (const Member& member : type.members) {
        Path here{path, member.name};
        check(report, &here, member.type(), member.at_const(object));
      }
      return;
    case Kind::optional:
    case Kind::nullable:
      if (const void* value = type.value_const(object)) check(report, path, type.element(), value);
      return;
  }
}

}  // namespace
}  // namespace detail

Violations validate(const Type& type, const void* object) {
  Violations violations;
  detail::Report report(violations, ReadLimits{}.violations_max);
  detail::check(report, nullptr, type, object);
  report.finish();
  return violations;
}

}  // namespace portico::schema
