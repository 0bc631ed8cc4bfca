// Mail templates: mustache texts whose variables are the members of a described struct.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "portico/schema/describe.h"

namespace portico::mail {

// Views of constants. `html` is a fragment: the page around it is the same for all mails. Values are escaped
// in HTML and never read as mustache.
struct Template {
  std::string_view name;
  std::string_view subject;
  std::string_view text;
  std::string_view html;
};

struct Rendered {
  std::string subject;
  std::string text;
  std::string html;
  bool operator==(const Rendered&) const = default;
};

// Absent members are false: {{#member}}…{{/member}} leaves their text out. Times are for people's eyes, in
// UTC.
Rendered render(const Template& source, const schema::Type& type, const void* variables);
template <class T>
Rendered render(const Template& source, const T& variables) {
  return render(source, schema::type_of<T>(), &variables);
}

// "21 November 2026, 13:16 UTC"
std::string readable(Time time);

// What a template names and the struct does not have, and what is wrong with its syntax: nothing, in a tested
// program.
std::vector<std::string> faults(const Template& source, const schema::Type& type);

}  // namespace portico::mail
