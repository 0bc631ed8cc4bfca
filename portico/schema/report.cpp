#include "portico/schema/report.h"

namespace portico::schema::detail {

std::string pointer_of(const Path* path) {
  if (!path) return {};
  std::string pointer = pointer_of(path->parent);
  pointer += '/';
  if (!path->name.data()) return pointer += std::to_string(path->index);
  for (char c : path->name) {
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  }
  return pointer;
}

bool Report::room() {
  if (violations_.size() < violations_max_) return true;
  ++left_out_;
  return false;
}

void Report::add(const Path* path, std::string message) {
  violations_.push_back({pointer_of(path), std::move(message)});
}

void Report::complain(const Path* path, std::string_view message) {
  if (room()) add(path, std::string(message));
}

void Report::only(Mark mark, std::string message) {
  violations_.resize(mark.kept);
  left_out_ = mark.left_out;
  violations_.push_back({"", std::move(message)});
}

void Report::finish() {
  if (!left_out_) return;
  std::string message = "has " + std::to_string(left_out_) + " more violation";
  violations_.push_back({"", left_out_ == 1 ? message : message + "s"});
}

void Report::wrong_type(const Path* path, const Type& type) {
  switch (type.kind) {
    case Kind::boolean:
      return complain(path, "must be true or false");
    case Kind::integer:
      return complain(path, "must be a whole number");
    case Kind::text:
    case Kind::secret:
    case Kind::email:
    case Kind::id:
    case Kind::time:
    case Kind::date:
    case Kind::enumeration:
      return complain(path, "must be a string");
    case Kind::money:
      return complain(path, "must be a number with at most 2 decimals");
    case Kind::json:
      return complain(path, "must be JSON");
    case Kind::list:
      return complain(path, "must be a list");
    case Kind::object:
      return complain(path, "must be an object");
    case Kind::optional:
    case Kind::nullable:
      return wrong_type(path, type.element());
  }
}

}  // namespace portico::schema::detail
