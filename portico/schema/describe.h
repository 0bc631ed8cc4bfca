// PORTICO_DESCRIBE and its family: one line beside a struct from which every other form of it is derived.
//
//   struct Product { Id<Product> id; Text<1, 255> name; Money price; };
//   PORTICO_DESCRIBE(Product, id, name, price)
//
// A member that is missing from the line is a compile error. Describe stands in the namespace of the type.
// Members are snake_case in C++ and camelCase everywhere else: JSON, columns, documents, OpenAPI.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <type_traits>

#include "portico/base/money.h"
#include "portico/base/time.h"
#include "portico/base/types.h"
#include "portico/schema/type.h"

namespace portico::schema {

// A string literal as a template argument.
template <size_t N>
struct FixedText {
  char text[N];
  constexpr FixedText(const char (&literal)[N]) { std::copy_n(literal, N, text); }
  constexpr std::string_view view() const { return {text, N - 1}; }
};

namespace detail {

template <size_t N>
struct NameText {
  std::array<char, N> text{};
  size_t size = 0;
};
// first_name -> firstName; what begins with an underscore or has none stays as it is.
template <size_t N>
constexpr NameText<N> camel_case(const FixedText<N>& name) {
  NameText<N> out;
  bool upper = false;
  for (size_t i = 0; i + 1 < N; ++i) {
    char c = name.text[i];
    if (c == '_' && i > 0) {
      upper = true;
      continue;
    }
    out.text[out.size++] = upper && c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c;
    upper = false;
  }
  return out;
}
template <FixedText Name>
inline constexpr auto wire_text = camel_case(Name);

}  // namespace detail

// The name under which a member travels: its C++ name in camelCase.
template <FixedText Name>
inline constexpr std::string_view wire_name{detail::wire_text<Name>.text.data(),
                                            detail::wire_text<Name>.size};

// One described member: its pointer as a type, its name as a value.
template <auto Pointer>
struct Field {
  std::string_view name;
  static constexpr auto pointer = Pointer;
};

// The described members of a struct. Spares compilers a std::tuple, which costs them seconds in a system.
template <auto... Pointers>
struct Fields {
  static constexpr size_t count = sizeof...(Pointers);
  std::array<std::string_view, count> names;

  // Where the member stands among them.
  template <class T, class M>
  static constexpr size_t index_of(M T::* pointer) {
    size_t i = 0, found = count;
    ((found = is(Pointers, pointer) ? i : found, ++i), ...);
    return found;
  }

  // Calls visit(Field<pointer>{name}) for each.
  template <class Visitor>
  constexpr void each(Visitor&& visit) const {
    size_t i = 0;
    (visit(Field<Pointers>{names[i++]}), ...);
  }

 private:
  template <class M>
  static constexpr bool is(M a, M b) {
    return a == b;
  }
  template <class A, class B>
  static constexpr bool is(A, B) {
    return false;
  }
};

namespace detail {

struct Anything {
  template <class T>
  operator T() const {
    std::unreachable();
  }  // never called; types without linkage need a body
};
template <size_t>
using AnythingAt = Anything;

template <class T, class Indices>
struct Takes;
template <class T, size_t... I>
    struct Takes<T, std::index_sequence<I...>> : std::bool_constant < requires {
  T{AnythingAt<I>{}...};
}>{};

template <class P>
struct PointerParts;
template <class T, class M>
struct PointerParts<M T::*> {
  using Struct = T;
  using Value = M;
};

template <class T>
concept Described = requires { portico_members(std::type_identity<T>{}); };
template <class T>
concept DescribedEnum = std::is_enum_v<T> && requires { portico_labels(std::type_identity<T>{}); };
template <class T>
concept Aliased = requires { portico_aliases(std::type_identity<T>{}); };

}  // namespace detail

// Whether an aggregate T has exactly N members.
template <class T, size_t N>
concept HasMembers = detail::Takes<T, std::make_index_sequence<N>>::value &&
                     !detail::Takes<T, std::make_index_sequence<N + 1>>::value;

template <class T>
const Type& type_of();

namespace detail {

template <class T>
constexpr Type basic(Kind kind, std::string_view name = {}, int64_t min = 0, int64_t max = 0) {
  Type type{.kind = kind, .name = name, .min = min, .max = max};
  type.create = []() -> void* { return new T(); };
  type.destroy = [](void* object) { delete static_cast<T*>(object); };
  type.copy = [](void* to, const void* from) { *static_cast<T*>(to) = *static_cast<const T*>(from); };
  return type;
}

template <class T>
constexpr Type textual(Kind kind, int64_t min, int64_t max) {
  Type type = basic<T>(kind, {}, min, max);
  type.text = [](void* object) -> std::string* { return static_cast<T*>(object); };
  return type;
}

template <class T>
constexpr Type numeric(Kind kind, int64_t min, int64_t max) {
  Type type = basic<T>(kind, {}, min, max);
  type.get_integer = [](const void* object) { return int64_t(*static_cast<const T*>(object)); };
  type.set_integer = [](void* object, int64_t value) { *static_cast<T*>(object) = T(value); };
  return type;
}

// A struct that wraps one integer: Money, Time, Date.
template <class T, auto Pointer>
constexpr Type wrapped(Kind kind) {
  Type type = basic<T>(kind);
  using Value = typename PointerParts<decltype(Pointer)>::Value;
  type.get_integer = [](const void* object) { return int64_t(static_cast<const T*>(object)->*Pointer); };
  type.set_integer = [](void* object, int64_t value) { static_cast<T*>(object)->*Pointer = Value(value); };
  return type;
}

template <class T, class Element>
constexpr Type maybe(Kind kind) {
  Type type = basic<T>(kind);
  type.element = &type_of<Element>;
  type.value = [](void* object) -> void* {
    T& maybe = *static_cast<T*>(object);
    return maybe ? &*maybe : nullptr;
  };
  type.emplace = [](void* object) -> void* { return &static_cast<T*>(object)->emplace(); };
  type.clear = [](void* object) { static_cast<T*>(object)->reset(); };
  return type;
}

template <class T>
struct Describe;  // specialised for every kind below

template <>
struct Describe<bool> {
  static constexpr Type make() { return numeric<bool>(Kind::boolean, 0, 1); }
};
template <>
struct Describe<int> {
  static constexpr Type make() { return numeric<int>(Kind::integer, INT32_MIN, INT32_MAX); }
};
template <>
struct Describe<int64_t> {
  static constexpr Type make() { return numeric<int64_t>(Kind::integer, INT64_MIN, INT64_MAX); }
};
template <int64_t Min, int64_t Max>
struct Describe<Int<Min, Max>> {
  static constexpr Type make() { return numeric<Int<Min, Max>>(Kind::integer, Min, Max); }
};
// A plain string has no limit of its own: for what the system writes. Input should say Text<Min, Max>.
template <>
struct Describe<std::string> {
  static constexpr Type make() { return textual<std::string>(Kind::text, 0, 1 << 20); }
};
template <size_t Min, size_t Max>
struct Describe<Text<Min, Max>> {
  static constexpr Type make() { return textual<Text<Min, Max>>(Kind::text, Min, Max); }
};
template <size_t Min, size_t Max>
struct Describe<SecretText<Min, Max>> {
  static constexpr Type make() { return textual<SecretText<Min, Max>>(Kind::secret, Min, Max); }
};
template <>
struct Describe<Email> {
  static constexpr Type make() { return textual<Email>(Kind::email, 3, Email::max); }
};
template <class T>
struct Describe<Id<T>> {
  static constexpr Type make() {
    Type type = basic<Id<T>>(Kind::id, {}, 1, Id<T>::max);
    type.text = [](void* object) { return &static_cast<Id<T>*>(object)->value; };
    return type;
  }
};
template <>
struct Describe<Json> {
  static constexpr Type make() {
    Type type = basic<Json>(Kind::json, {}, 0, Json::bytes_max);
    type.text = [](void* object) { return &static_cast<Json*>(object)->text; };
    return type;
  }
};
template <>
struct Describe<Money> {
  static constexpr Type make() { return wrapped<Money, &Money::minor>(Kind::money); }
};
template <>
struct Describe<Time> {
  static constexpr Type make() { return wrapped<Time, &Time::ms>(Kind::time); }
};
template <>
struct Describe<Date> {
  static constexpr Type make() { return wrapped<Date, &Date::days>(Kind::date); }
};
template <class T>
struct Describe<std::optional<T>> {
  static constexpr Type make() { return maybe<std::optional<T>, T>(Kind::optional); }
};
template <class T>
struct Describe<Nullable<T>> {
  static constexpr Type make() { return maybe<Nullable<T>, T>(Kind::nullable); }
};

template <class L, class T>
constexpr Type listing(int64_t min, int64_t max) {
  Type type = basic<L>(Kind::list, {}, min, max);
  type.element = &type_of<T>;
  type.size = [](const void* object) { return static_cast<const L*>(object)->size(); };
  type.item = [](void* object, size_t index) -> void* { return &(*static_cast<L*>(object))[index]; };
  type.append = [](void* object) -> void* { return &static_cast<L*>(object)->emplace_back(); };
  type.clear = [](void* object) { static_cast<L*>(object)->clear(); };
  return type;
}
template <class T, size_t Min, size_t Max>
struct Describe<List<T, Min, Max>> {
  static constexpr Type make() { return listing<List<T, Min, Max>, T>(Min, Max); }
};
// A plain vector is a list without a limit of its own: for answers. Input should say List<T, Min, Max>.
template <class T>
struct Describe<std::vector<T>> {
  static constexpr Type make() { return listing<std::vector<T>, T>(0, 1 << 20); }
};

template <class T>
constexpr std::span<const Alias> aliases_of() {
  if constexpr (Aliased<T>) {
    static constexpr auto aliases = portico_aliases(std::type_identity<T>{});
    return aliases;
  } else {
    return {};
  }
}

template <DescribedEnum T>
struct Describe<T> {
  static constexpr auto labels = portico_labels(std::type_identity<T>{});
  static constexpr Type make() {
    Type type = numeric<T>(Kind::enumeration, 0, int64_t(labels.size()) - 1);
    type.name = portico_name(std::type_identity<T>{});
    type.labels = labels;
    type.aliases = aliases_of<T>();
    return type;
  }
};

template <class T>
inline constexpr bool is_optional_v = false;
template <class T>
inline constexpr bool is_optional_v<std::optional<T>> = true;
template <class T, size_t Max>
inline constexpr bool is_optional_v<List<T, 0, Max>> = true;

template <auto Pointer>
constexpr Member member_of_field(Field<Pointer> field) {
  using Parts = PointerParts<decltype(Pointer)>;
  using Value = typename Parts::Value;
  return Member{
      .name = field.name,
      .type = &type_of<Value>,
      .at = [](void* object) -> void* { return &(static_cast<typename Parts::Struct*>(object)->*Pointer); },
      .required = !is_optional_v<Value>};
}

template <auto... Pointers>
constexpr std::array<Member, sizeof...(Pointers)> members_of(const Fields<Pointers...>& fields) {
  size_t i = 0;
  return {member_of_field(Field<Pointers>{fields.names[i++]})...};
}

template <Described T>
struct Describe<T> {
  static constexpr auto members = members_of(portico_members(std::type_identity<T>{}));
  static constexpr Type make() {
    Type type = basic<T>(Kind::object, portico_name(std::type_identity<T>{}));
    type.members = members;
    type.aliases = aliases_of<T>();
    return type;
  }
};

template <class T>
inline constexpr Type type_table = Describe<T>::make();

}  // namespace detail

// The table of T: described struct or enumeration, value type of base/, bool, int, string, optional, list.
template <class T>
const Type& type_of() {
  return detail::type_table<T>;
}

// The described member that a member pointer stands for.
template <class T, class M>
const Member& member_of(M T::* pointer) {
  return type_of<T>().members[decltype(portico_members(std::type_identity<T>{}))::index_of(pointer)];
}

// Calls visit(Field<&T::member>{name}) for each described member.
template <class T, class Visitor>
constexpr void for_each_field(Visitor&& visit) {
  portico_members(std::type_identity<T>{}).each(visit);
}

// The names of the described members, in their order.
template <class T>
inline constexpr auto field_names = portico_members(std::type_identity<T>{}).names;

// The event name of a type described with PORTICO_DESCRIBE_EVENT.
template <class T>
constexpr std::string_view event_name_of() {
  return portico_event_name(std::type_identity<T>{});
}

// The label of a described enumerator: "confirmed".
template <detail::DescribedEnum T>
constexpr std::string_view label_of(T value) {
  return detail::Describe<T>::labels[size_t(value)];
}

}  // namespace portico::schema

#include "portico/schema/describe_macros.h"  // IWYU pragma: export
