// What the library knows about a C++ type at run time: one table a type, walked by one engine for JSON,
// validation, JSON Schema, SQL columns and documents. A table costs a tenth of the compile time of templates
// a struct and operation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace portico::schema {

enum class Kind : uint8_t {
  boolean,
  integer,  // within [min, max]
  text,     // min to max code points
  secret,   // text that stays out of logs
  email,
  id,           // opaque text, 1 to 64 bytes
  money,        // decimal number on the wire, minor units inside
  time,         // RFC 3339 date-time on the wire, milliseconds inside
  date,         // RFC 3339 full-date on the wire, days inside
  enumeration,  // one of `labels`
  json,         // any JSON value, kept as text
  list,         // min to max elements
  object,       // described struct
  optional,     // absent (or null) allowed; left out when empty
  nullable,     // null allowed; written as null when empty
};

struct Type;

struct Member {
  std::string_view name;
  const Type& (*type)();
  void* (*at)(void* object);
  bool required;  // must be present on the wire

  const void* at_const(const void* object) const { return at(const_cast<void*>(object)); }
};

// Another name under which input may carry a member or an enumerator.
using Alias = std::pair<std::string_view, std::string_view>;  // other name, real name

// One C++ type. Which accessors are set depends on `kind`; all take a pointer to an object of that type.
struct Type {
  Kind kind;
  std::string_view name;  // of a struct or enumeration, without namespace
  int64_t min = 0;        // code points, value or elements
  int64_t max = 0;

  void* (*create)() = nullptr;       // on the heap, value-initialised
  void (*destroy)(void*) = nullptr;  // deletes what create made
  void (*copy)(void* to, const void* from) = nullptr;

  const Type& (*element)() = nullptr;          // list, optional, nullable
  std::span<const Member> members{};           // object
  std::span<const std::string_view> labels{};  // enumeration, by value from 0
  std::span<const Alias> aliases{};            // object, enumeration

  std::string* (*text)(void*) = nullptr;          // text, secret, email, id, json
  int64_t (*get_integer)(const void*) = nullptr;  // boolean, integer, money, time, date, enumeration
  void (*set_integer)(void*, int64_t) = nullptr;
  size_t (*size)(const void*) = nullptr;         // list
  void* (*item)(void*, size_t index) = nullptr;  // list
  void* (*append)(void*) = nullptr;              // list: a new last element
  void (*clear)(void*) = nullptr;                // list: empties; optional, nullable: resets
  void* (*value)(void*) = nullptr;               // optional, nullable: the value or nullptr
  void* (*emplace)(void*) = nullptr;             // optional, nullable: a fresh value

  const std::string& text_const(const void* object) const { return *text(const_cast<void*>(object)); }
  const void* item_const(const void* object, size_t index) const {
    return item(const_cast<void*>(object), index);
  }
  const void* value_const(const void* object) const { return value(const_cast<void*>(object)); }
  // The member of that name or alias; nullptr when there is none.
  const Member* find(std::string_view member_name) const;
  // The enumerator of that label or alias; -1 when there is none.
  int64_t label_index(std::string_view label) const;
};

}  // namespace portico::schema
