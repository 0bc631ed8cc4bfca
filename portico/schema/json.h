// JSON in both directions for described types (RFC 8259; strict, UTF-8 checked), and validation.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "portico/base/error.h"
#include "portico/schema/describe.h"

namespace portico::schema {

struct ReadLimits {
  size_t bytes_max = 1024 * 1024;
  size_t depth_max = 32;        // of objects and lists in one another; never more than 512
  size_t violations_max = 100;  // what is found beyond is counted in one last violation
};

using Violations = std::vector<Violation>;

// Reads `json` into `object`, which was value-initialised. Unknown members are skipped, missing required
// ones, wrong types and broken limits are all collected. Malformed JSON, too deep or too large input is one
// violation. Repeated member names are refused. Numbers are read exactly: 1.0 is an integer, 1.5 is not;
// money keeps its decimals.
Violations read_json(std::string_view json, const Type& type, void* object, ReadLimits limits = {});

// As read_json for the value at `path` (member names from the root); one violation when there is none.
Violations read_json_at(std::string_view json, std::span<const std::string_view> path, const Type& type,
                        void* object, ReadLimits limits = {});

// Appends the value as compact JSON.
void write_json(std::string& out, const Type& type, const void* object);
// Appends `text` as a JSON string with quotes; invalid UTF-8 becomes U+FFFD.
void write_json_text(std::string& out, std::string_view text);

// A member's value given as text: path parameters and query pairs.
struct Parameter {
  std::string_view name;
  std::string text;
};
// Fills an object from a JSON body (where `json` is not null) and from parameters, which win over the body.
// Every violation of both is reported; a list takes repeated parameters or one with commas. Missing required
// members are judged over both. An empty body counts as {}.
Violations bind(const Type& type, void* object, std::span<const Parameter> parameters,
                const std::string_view* json, ReadLimits limits = {});

// Everything wrong with a value that was built in code: limits, formats, nested values.
Violations validate(const Type& type, const void* object);

template <class T>
std::string to_json(const T& value) {
  std::string out;
  write_json(out, type_of<T>(), &value);
  return out;
}

template <class T>
std::expected<T, Violations> from_json(std::string_view json, ReadLimits limits = {}) {
  T value{};
  Violations violations = read_json(json, type_of<T>(), &value, limits);
  if (!violations.empty()) return std::unexpected(std::move(violations));
  return value;
}

}  // namespace portico::schema
