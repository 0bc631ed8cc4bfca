// The macros of describe.h, which says how they are used.
#pragma once

#include "portico/schema/describe.h"

// Applies `macro` to each further argument, with commas between.
#define PORTICO_PARENS ()
#define PORTICO_EXPAND(...) PORTICO_EXPAND4(PORTICO_EXPAND4(PORTICO_EXPAND4(PORTICO_EXPAND4(__VA_ARGS__))))
#define PORTICO_EXPAND4(...) PORTICO_EXPAND3(PORTICO_EXPAND3(PORTICO_EXPAND3(PORTICO_EXPAND3(__VA_ARGS__))))
#define PORTICO_EXPAND3(...) PORTICO_EXPAND2(PORTICO_EXPAND2(PORTICO_EXPAND2(PORTICO_EXPAND2(__VA_ARGS__))))
#define PORTICO_EXPAND2(...) __VA_ARGS__
#define PORTICO_EACH(macro, ...) __VA_OPT__(PORTICO_EXPAND(PORTICO_EACH_STEP(macro, __VA_ARGS__)))
#define PORTICO_EACH_STEP(macro, first, ...) \
  macro(first) __VA_OPT__(, PORTICO_EACH_AGAIN PORTICO_PARENS(macro, __VA_ARGS__))
#define PORTICO_EACH_AGAIN() PORTICO_EACH_STEP
#define PORTICO_POINTER(member) &Described::member
#define PORTICO_NAME(member) ::portico::schema::wire_name<#member>
#define PORTICO_ENUMERATOR(enumerator) \
  std::pair<std::string_view, size_t> { #enumerator, size_t(Described::enumerator) }

#define PORTICO_DESCRIBE(T, ...)                                                        \
  constexpr std::string_view portico_name(std::type_identity<T>) { return #T; }         \
  constexpr auto portico_members(std::type_identity<T>) {                               \
    using Described = T;                                                                \
    using List = ::portico::schema::Fields<PORTICO_EACH(PORTICO_POINTER, __VA_ARGS__)>; \
    static_assert(::portico::schema::HasMembers<Described, List::count>,                \
                  "PORTICO_DESCRIBE(" #T ") must name every member of the struct");     \
    return List{{PORTICO_EACH(PORTICO_NAME, __VA_ARGS__)}};                             \
  }

// A described struct that is also an event: its name carries its version ("order.created.v1").
#define PORTICO_DESCRIBE_EVENT(T, event_name, ...) \
  PORTICO_DESCRIBE(T, __VA_ARGS__)                 \
  constexpr std::string_view portico_event_name(std::type_identity<T>) { return event_name; }

// Enumerators travel as their names; they must be numbered from 0 without gaps.
#define PORTICO_DESCRIBE_ENUM(T, ...)                                                                       \
  constexpr std::string_view portico_name(std::type_identity<T>) { return #T; }                             \
  constexpr auto portico_labels(std::type_identity<T>) {                                                    \
    using Described = T;                                                                                    \
    constexpr std::pair<std::string_view, size_t> rows[] = {PORTICO_EACH(PORTICO_ENUMERATOR, __VA_ARGS__)}; \
    std::array<std::string_view, std::size(rows)> labels;                                                   \
    for (size_t i = 0; i < labels.size(); ++i) labels[rows[i].second] = rows[i].first;                      \
    return labels;                                                                                          \
  }

// Other names under which input may carry members or enumerators: PORTICO_ALIASES(NewProduct, {"title",
// "name"})
#define PORTICO_ALIASES(T, ...)                                    \
  constexpr auto portico_aliases(std::type_identity<T>) {          \
    return std::to_array<::portico::schema::Alias>({__VA_ARGS__}); \
  }
