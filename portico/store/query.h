// Filters, changes and queries over described structs, as data: every engine translates them, no query is
// ever text.
//
//   where(&Product::stock) >= 3 && where(&Product::active) == true
//   add(&Product::stock, -3), set(&Product::name, "Lamp")
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "portico/schema/describe.h"

namespace portico {

// A member's value as engines see it: nothing, an integer (numbers, booleans, money in minor units, times in
// ms, dates in days), or text (texts, ids, enumerators by label; lists and structs as JSON).
using Value = std::variant<std::monostate, int64_t, std::string>;
Value value_of(const schema::Type& type, const void* object);

struct Filter {
  enum class Op {
    everything,
    equal,      // with an empty value: is absent
    not_equal,  // what is absent differs from every value
    less,       // what is absent is neither less nor greater than any value
    less_equal,
    greater,
    greater_equal,
    one_of,      // values
    contains,    // text member holds the value's text, ASCII letters compared without case
    has,         // list member holds the value as an element
    all_of,      // children
    any_of,      // children
    version_is,  // the row's version
  };
  Op op = Op::everything;
  std::string_view member;  // name in the description
  Value value;
  std::vector<Value> values;
  std::vector<Filter> children;

  friend Filter operator&&(Filter a, Filter b) { return join(Op::all_of, std::move(a), std::move(b)); }
  friend Filter operator||(Filter a, Filter b) { return join(Op::any_of, std::move(a), std::move(b)); }

 private:
  static Filter join(Op op, Filter a, Filter b);
};

struct Change {
  enum class Op { set, add };
  Op op = Op::set;
  std::string_view member;
  Value value;
};

namespace detail {

// Out of line, so that services compile quickly.
Filter made_filter(Filter::Op op, const schema::Member& member, const void* value);
Change made_set(const schema::Member& member, const void* value);

}  // namespace detail

// A member named for a filter: made by where().
template <class T, class M>
struct MemberRef {
  M T::* pointer;
  Filter make(Filter::Op op, const M& value) const {
    return detail::made_filter(op, schema::member_of(pointer), &value);
  }
  Filter operator==(const std::type_identity_t<M>& value) const { return make(Filter::Op::equal, value); }
  Filter operator!=(const std::type_identity_t<M>& value) const { return make(Filter::Op::not_equal, value); }
  Filter operator<(const std::type_identity_t<M>& value) const { return make(Filter::Op::less, value); }
  Filter operator<=(const std::type_identity_t<M>& value) const {
    return make(Filter::Op::less_equal, value);
  }
  Filter operator>(const std::type_identity_t<M>& value) const { return make(Filter::Op::greater, value); }
  Filter operator>=(const std::type_identity_t<M>& value) const {
    return make(Filter::Op::greater_equal, value);
  }
  // An empty list matches nothing.
  Filter one_of(const std::vector<M>& options) const {
    Filter filter{.op = Filter::Op::one_of, .member = schema::member_of(pointer).name};
    for (const M& option : options) filter.values.push_back(value_of(schema::type_of<M>(), &option));
    return filter;
  }
  Filter contains(std::string text) const {
    return {.op = Filter::Op::contains, .member = schema::member_of(pointer).name, .value = std::move(text)};
  }
  Filter has(std::string element) const {
    return {.op = Filter::Op::has, .member = schema::member_of(pointer).name, .value = std::move(element)};
  }
};

template <class T, class M>
MemberRef<T, M> where(M T::* pointer) {
  return {pointer};
}
// Matches the row only at this version (see Versioned).
inline Filter version_is(int64_t version) { return {.op = Filter::Op::version_is, .value = version}; }

template <class T, class M>
Change set(M T::* pointer, const std::type_identity_t<M>& value) {
  return detail::made_set(schema::member_of(pointer), &value);
}
// Adds to an integer or money member; an absent one stays absent. A sum that does not fit the member's column
// is Error(conflict, "store.overflow"); narrower limits are the filter's business.
template <class T, class M>
Change add(M T::* pointer, int64_t amount) {
  return {Change::Op::add, schema::member_of(pointer).name, amount};
}

struct Sort {
  std::string_view member;
  bool descending = false;
};
template <class T, class M>
Sort ascending(M T::* pointer) {
  return {schema::member_of(pointer).name, false};
}
template <class T, class M>
Sort descending(M T::* pointer) {
  return {schema::member_of(pointer).name, true};
}

// What to list. Absent values stand before all others (ascending). Ties are broken by the key, in the
// direction of the last member. `after` is the cursor of an earlier page (keyset paging: rows that come or go
// meanwhile neither repeat nor hide others); `offset` serves clients that count pages.
struct Query {
  static constexpr size_t limit_max = 1000;
  static constexpr size_t offset_max = 100'000;
  Filter filter;
  std::vector<Sort> sort;
  size_t limit = 20;
  size_t offset = 0;
  std::string after;
  bool with_total = false;
};

template <class T>
struct Page {
  std::vector<T> items;
  std::string next;    // cursor of the next page; empty at the end
  int64_t total = -1;  // all that match, when asked for
};

// An index over members; `unique` makes the store refuse a second row with the same values (absent values
// never clash).
struct Index {
  std::vector<std::string_view> members;
  bool unique = false;
};
template <class T, class... M>
Index index(M T::*... members) {
  return {{schema::member_of(members).name...}, false};
}
template <class T, class... M>
Index unique(M T::*... members) {
  return {{schema::member_of(members).name...}, true};
}

}  // namespace portico
