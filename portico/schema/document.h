// Pieces of JSON documents that are made once, not per request. Internal to schema/.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "portico/schema/type.h"

namespace portico::schema::detail {

// One JSON object, member by member in the order given.
class ObjectText {
 public:
  void add(std::string_view name, std::string_view json);
  void add_text(std::string_view name, std::string_view text);
  void add_integer(std::string_view name, int64_t value);
  bool empty() const { return text_.empty(); }
  std::string text() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

std::string quoted(std::string_view text);
std::string array_of(std::span<const std::string> json);

// Valid JSON with two spaces a level and a line a value; ends with a line break.
std::string pretty(std::string_view json);

// The schemas of one document. A struct becomes a component under its own name when it is first referred to;
// another struct of the same name gets the next free number behind it.
class Components {
 public:
  explicit Components(std::string_view prefix) : prefix_(prefix) {}
  // Takes a name out of use for structs.
  void reserve(std::string_view name) { taken_.emplace(name); }
  // Says that values of the type leave the system: secrets in it are not marked as write-only.
  void answer(const Type& type);

  // The schema of a type where it is used: structs by reference.
  std::string schema(const Type& type, bool write_only = false);
  // The schema of a struct itself, without the members in `without`.
  std::string object_schema(const Type& type, const std::set<const Member*>& without = {});
  // Adds all that was referred to, in the order of the first reference.
  void add_to(ObjectText& out);

 private:
  std::string reference(const Type& type);
  std::string nullable_schema(const Type& element, bool write_only);

  std::string prefix_;
  std::set<std::string, std::less<>> taken_;
  std::vector<const Type*> order_;
  std::map<const Type*, std::string> names_;
  std::set<const Type*> answered_;
};

}  // namespace portico::schema::detail
