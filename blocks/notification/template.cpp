#include "blocks/notification/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <kainjow/mustache.hpp>
#include <map>
#include <mutex>

#include "portico/base/error.h"

namespace portico::mail {
namespace {

using kainjow::mustache::data;
using kainjow::mustache::mustache;
using schema::Kind;
using schema::Type;

// Around the content, with the title in between.
constexpr std::string_view page_head = R"(<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>)";
constexpr std::string_view page_top = R"(</title></head>
<body style="margin:0;background:#f4f4f5;font-family:system-ui,sans-serif;color:#18181b;line-height:1.5">
<div style="max-width:560px;margin:24px auto;padding:24px;background:#fff;border-radius:8px;
overflow-wrap:break-word">
)";
constexpr std::string_view page_end = R"(
</div>
</body>
</html>
)";

data data_of(const Type& type, const void* object);

data object_of(const Type& type, const void* object) {
  data result{data::type::object};
  for (const schema::Member& member : type.members)
    result.set(std::string(member.name), data_of(member.type(), member.at_const(object)));
  return result;
}

data list_of(const Type& type, const void* object) {
  data result{data::type::list};
  for (size_t i = 0; i < type.size(object); ++i)
    result.push_back(data_of(type.element(), type.item_const(object, i)));
  return result;
}

data data_of(const Type& type, const void* object) {
  switch (type.kind) {
    case Kind::boolean:
      return data(type.get_integer(object) != 0);
    case Kind::integer:
      return data(std::to_string(type.get_integer(object)));
    case Kind::money:
      return data(to_string(Money{type.get_integer(object)}));
    case Kind::time:
      return data(readable(Time{type.get_integer(object)}));
    case Kind::date:
      return data(to_string(Date{int32_t(type.get_integer(object))}));
    case Kind::enumeration:
      return data(std::string(type.labels[size_t(type.get_integer(object))]));
    case Kind::list:
      return list_of(type, object);
    case Kind::object:
      return object_of(type, object);
    case Kind::optional:
    case Kind::nullable: {
      const void* value = type.value_const(object);
      return value ? data_of(type.element(), value) : data(false);
    }
    default:
      return data(type.text_const(object));
  }
}

// Reading a template costs several times what filling it in does, so what has been read is kept. One thread
// fills at a time.
class Parsed {
 public:
  static constexpr size_t kept_max = 200;

  std::string filled(std::string_view text, const data& variables, bool html) {
    std::lock_guard lock(mutex_);
    auto found = kept_.find(text);
    if (found == kept_.end()) {
      if (kept_.size() >= kept_max) kept_.clear();
      found = kept_.emplace(text, std::string(text)).first;
      PORTICO_CHECK(found->second.is_valid());
    }
    found->second.set_custom_escape(html ? &kainjow::mustache::html_escape<std::string> : &unchanged);
    return found->second.render(variables);
  }

 private:
  static std::string unchanged(const std::string& value) { return value; }

  std::mutex mutex_;
  std::map<std::string, mustache, std::less<>> kept_;
};

std::string filled(std::string_view text, const data& variables, bool html) {
  static Parsed parsed;
  return parsed.filled(text, variables, html);
}

// The innermost member of that name among the sections around it.
const Type* look_up(const std::vector<const Type*>& scopes, std::string_view name) {
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
    if ((*scope)->kind != Kind::object) continue;
    if (const schema::Member* member = (*scope)->find(name)) return &member->type();
  }
  return nullptr;
}

// What a section puts in front: the element of a list, the struct of a member, behind what may be absent.
const Type* inside_of(const Type* type) {
  while (type->kind == Kind::optional || type->kind == Kind::nullable || type->kind == Kind::list)
    type = &type->element();
  return type;
}

void check_part(std::string_view part, std::string_view text, const Type& type,
                std::vector<std::string>& faults) {
  mustache parsed{std::string(text)};
  if (!parsed.is_valid()) faults.push_back(fmt::format("{}: {}", part, parsed.error_message()));
  std::vector<const Type*> scopes = {&type};
  for (size_t open = text.find("{{"); open != text.npos; open = text.find("{{", open)) {
    size_t close = text.find("}}", open);
    if (close == text.npos) return;
    std::string_view tag = text.substr(open + 2, close - open - 2);
    open = close + 2;
    char sigil = tag.empty() ? ' ' : tag.front();
    if (std::string_view("#^/&{").find(sigil) != std::string_view::npos) tag.remove_prefix(1);
    if (sigil == '/') {
      if (scopes.size() > 1) scopes.pop_back();
      continue;
    }
    const Type* found = tag == "." ? scopes.back() : look_up(scopes, tag);
    if (!found) faults.push_back(fmt::format("{}: {} is not provided", part, tag));
    if (sigil == '#') scopes.push_back(found ? inside_of(found) : &type);
    if (sigil == '^') scopes.push_back(scopes.back());
  }
}

}  // namespace

std::string readable(Time time) {
  constexpr std::string_view months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
  std::string iso = to_string(time);  // 2026-11-21T13:16:00.123Z
  int month = (iso[5] - '0') * 10 + iso[6] - '0';
  std::string_view day = std::string_view(iso).substr(8, 2);
  if (day.front() == '0') day.remove_prefix(1);
  return fmt::format("{} {} {}, {} UTC", day, months[month - 1], iso.substr(0, 4), iso.substr(11, 5));
}

Rendered render(const Template& source, const Type& type, const void* variables) {
  data values = data_of(type, variables);
  Rendered result{.subject = filled(source.subject, values, false),
                  .text = filled(source.text, values, false)};
  result.html = fmt::format("{}{}{}{}{}", page_head, kainjow::mustache::html_escape(result.subject), page_top,
                            filled(source.html, values, true), page_end);
  return result;
}

std::vector<std::string> faults(const Template& source, const Type& type) {
  std::vector<std::string> faults;
  check_part("subject", source.subject, type, faults);
  check_part("text", source.text, type, faults);
  check_part("html", source.html, type, faults);
  return faults;
}

}  // namespace portico::mail
