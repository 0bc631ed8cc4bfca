// Inside store/ only: filters, changes and queries as SQL text with bound parameters. Names come from
// descriptions (C++ identifiers), values only ever as parameters, so no input can become a statement.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "portico/store/columns.h"
#include "portico/store/cursor.h"

namespace portico::store {

// What SQL engines write differently.
class Dialect {
 public:
  virtual ~Dialect() = default;
  virtual char placeholder() const = 0;  // what stands before a parameter's number: ?1 or $1
  // Whether the text column holds the placeholder's text, ASCII letters compared without case.
  virtual std::string contains(std::string_view column, std::string_view placeholder) const = 0;
  // Whether the JSON list in the column has the placeholder's text as an element.
  virtual std::string has(std::string_view column, std::string_view placeholder,
                          const schema::Type& element) const = 0;
  // Null-safe equality and its negation.
  virtual std::string_view same() const = 0;      // "IS"
  virtual std::string_view distinct() const = 0;  // "IS NOT"
  // Behind a sort member that may be absent, so that absent values stand before all others ascending.
  virtual std::string_view absent_first() const = 0;
  virtual std::string_view absent_last() const = 0;
};

// A statement and its parameters, in the order of their placeholders.
struct Sql {
  std::string text;
  std::vector<Value> parameters;
};

// Bounds of one filter; beyond them Error(invalid, "query.too_large").
inline constexpr size_t filter_parts_max = 200;
inline constexpr size_t filter_depth_max = 20;
inline constexpr size_t one_of_max = 1000;
inline constexpr size_t parameters_max = 10'000;

// "name" in double quotes.
std::string quoted(std::string_view name);

// Parameters: members in order. Where `once`, a row that clashes with one in a unique index is left out.
std::string insert_sql(const Dialect& dialect, const CollectionInfo& info, bool once);

// All throw Error(internal, "query.member") for a member or operation that the description does not allow,
// and Error(invalid) for what exceeds the limits of Query.
Sql find_sql(const Dialect& dialect, const CollectionInfo& info, const Filter& filter);
Sql count_sql(const Dialect& dialect, const CollectionInfo& info, const Filter& filter);
Sql remove_sql(const Dialect& dialect, const CollectionInfo& info, const Filter& filter);
// With RETURNING all columns where `returning`.
Sql update_sql(const Dialect& dialect, const CollectionInfo& info, const Filter& filter,
               std::span<const Change> changes, bool returning);
// One row more than the limit, so that the caller sees whether more follow.
Sql list_sql(const Dialect& dialect, const CollectionInfo& info, const Query& query);

}  // namespace portico::store
