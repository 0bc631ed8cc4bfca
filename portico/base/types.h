// Value types whose limits are part of the type. They hold what they are given; schema::validate says whether
// it fits.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portico {

// UTF-8 text of Min to Max characters (code points).
template <size_t Min, size_t Max>
struct Text : std::string {
  using std::string::string;
  Text() = default;
  Text(std::string text) : std::string(std::move(text)) {}
  Text(std::string_view text) : std::string(text) {}
  static constexpr size_t min = Min, max = Max;
};

// Text that is kept out of logs and traces (passwords, codes, tokens in a request). It still crosses the
// wire.
template <size_t Min, size_t Max>
struct SecretText : std::string {
  using std::string::string;
  SecretText() = default;
  SecretText(std::string text) : std::string(std::move(text)) {}
  static constexpr size_t min = Min, max = Max;
};

// An e-mail address (RFC 5321 limits: 254 characters, local part 64), lower-cased when it is read.
struct Email : std::string {
  using std::string::string;
  Email() = default;
  Email(std::string text) : std::string(std::move(text)) {}
  static constexpr size_t max = 254;
};

// A whole number within Min and Max.
template <int64_t Min, int64_t Max>
struct Int {
  int64_t value = Min > 0 ? Min : Max < 0 ? Max : 0;
  constexpr Int() = default;
  constexpr Int(int64_t v) : value(v) {}
  constexpr operator int64_t() const { return value; }
  static constexpr int64_t min = Min, max = Max;
};

// Min to Max values of T. Where Min is 0, an absent member is the empty list.
template <class T, size_t Min, size_t Max>
struct List : std::vector<T> {
  using std::vector<T>::vector;
  List() = default;
  List(std::vector<T> values) : std::vector<T>(std::move(values)) {}
  static constexpr size_t min = Min, max = Max;
};

// The name of a T: opaque text of 1 to 64 characters. Ids of different things do not mix. Described struct T
// is keyed by its member of type Id<T>.
template <class T>
struct Id {
  std::string value;
  static constexpr size_t max = 64;
  bool empty() const { return value.empty(); }
  auto operator<=>(const Id&) const = default;
};

// A member that travels as null when it is empty, where std::optional is left out.
template <class T>
struct Nullable : std::optional<T> {
  using std::optional<T>::optional;
  Nullable() = default;
  Nullable(std::optional<T> value) : std::optional<T>(std::move(value)) {}
  // std::optional's comparisons are ambiguous between two of a derived type.
  template <std::same_as<Nullable> N>
  friend bool operator==(const N& a, const N& b) {
    return static_cast<const std::optional<T>&>(a) == static_cast<const std::optional<T>&>(b);
  }
};

// Any JSON value, kept as its text (already checked); at most `bytes_max` long.
struct Json {
  std::string text = "null";
  static constexpr size_t bytes_max = 16 * 1024;
  bool operator==(const Json&) const = default;
};

}  // namespace portico

template <class T>
struct std::hash<portico::Id<T>> {
  size_t operator()(const portico::Id<T>& id) const { return std::hash<std::string>()(id.value); }
};
