// What is wrong with a value and where: how violations are collected. Internal to schema/.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "portico/schema/json.h"

namespace portico::schema::detail {

// Where the engine is, as a chain on its stack: costs nothing until something is wrong. nullptr: the root.
struct Path {
  const Path* parent;
  std::string_view name;  // of a member; without data: the element at `index`
  size_t index = 0;
};

// As RFC 6901 says.
std::string pointer_of(const Path* path);

// Collects violations up to a limit and counts the rest.
class Report {
 public:
  Report(Violations& violations, size_t violations_max)
      : violations_(violations), violations_max_(violations_max) {}

  // Whether there is room for one more; counts it where there is not. Ask before wording a message.
  bool room();
  void add(const Path* path, std::string message);  // after room()
  void complain(const Path* path, std::string_view message);
  void wrong_type(const Path* path, const Type& type);
  // Everything reported since the mark gives way to one violation of the whole.
  struct Mark {
    size_t kept, left_out;
  };
  Mark mark() const { return {violations_.size(), left_out_}; }
  void only(Mark mark, std::string message);
  // Adds the violation that counts those left out.
  void finish();

 private:
  Violations& violations_;
  size_t violations_max_;
  size_t left_out_ = 0;
};

}  // namespace portico::schema::detail
