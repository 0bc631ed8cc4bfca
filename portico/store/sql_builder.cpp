#include "portico/store/sql_builder.h"

#include <fmt/format.h>

#include <charconv>

namespace portico::store {
namespace {

[[noreturn]] void too_large(std::string_view what) {
  throw Error(invalid, "query.too_large", fmt::format("The query has too many {}.", what));
}

}  // namespace

void append_quoted(std::string& out, std::string_view name) { ((out += '"') += name) += '"'; }

void append_placeholder(std::string& out, const Dialect& dialect, size_t number) {
  out += dialect.placeholder();
  char digits[20];
  out.append(digits, std::to_chars(digits, std::end(digits), number).ptr);
}

std::string quoted(std::string_view name) {
  std::string out;
  append_quoted(out, name);
  return out;
}

void refuse(const CollectionInfo& info, std::string_view member, std::string_view why) {
  throw Error(Code::internal, "query.member")
      .with_note(fmt::format("collection {}, member \"{}\": {}", info.name, member, why));
}

const schema::Member& member_named(const CollectionInfo& info, std::string_view name) {
  const schema::Member* member = find_member(info, name);
  if (!member) refuse(info, name, "not in the description");
  return *member;
}

size_t SqlBuilder::keep(Value value) {
  if (sql_.parameters.size() >= parameters_max) too_large("values");
  sql_.parameters.push_back(std::move(value));
  return sql_.parameters.size();
}

void SqlBuilder::compared(std::string_view column, std::string_view op, Value value) {
  name(column);
  text(op);
  bind(std::move(value));
}

void SqlBuilder::where(const Filter& filter, const SortOrder* order, const CursorValues* after) {
  const bool filtered = filter.op != Filter::Op::everything;
  if (!filtered && !after) return;
  text(" WHERE ");
  if (filtered) condition(filter, 0);
  if (filtered && after) text(" AND ");
  if (after) behind(*order, *after);
}

void SqlBuilder::children(const Filter& filter, size_t depth) {
  const bool all = filter.op == Filter::Op::all_of;
  if (filter.children.empty()) return text(all ? "1 = 1" : "1 = 0");
  text("(");
  for (size_t i = 0; i < filter.children.size(); ++i) {
    if (i) text(all ? " AND " : " OR ");
    condition(filter.children[i], depth + 1);
  }
  text(")");
}

void SqlBuilder::condition(const Filter& filter, size_t depth) {
  using Op = Filter::Op;
  if (++parts_ > filter_parts_max || depth > filter_depth_max) too_large("conditions");
  if (filter.op == Op::everything) return text("1 = 1");
  if (filter.op == Op::all_of || filter.op == Op::any_of) return children(filter, depth);
  if (filter.op == Op::version_is) return compared("_version", " = ", filter.value);

  const schema::Member& member = member_named(info_, filter.member);
  const schema::Type& type = present_type(member.type());
  switch (filter.op) {
    case Op::one_of:
      return one_of(filter, member);
    case Op::contains:
      if (is_integral(type) || !is_ordered(type)) refuse(info_, member.name, "contains needs a text");
      return text(dialect_.contains(quoted(member.name), bound(filter.value)));
    case Op::has:
      if (type.kind != schema::Kind::list) refuse(info_, member.name, "has needs a list");
      return text(dialect_.has(quoted(member.name), bound(filter.value), type.element()));
    default:
      return compare(filter, member);
  }
}

void SqlBuilder::compare(const Filter& filter, const schema::Member& member) {
  using Op = Filter::Op;
  const bool absent = std::holds_alternative<std::monostate>(filter.value);
  if (filter.op == Op::equal || filter.op == Op::not_equal) {
    const bool equal = filter.op == Op::equal;
    if (absent) {
      name(member.name);
      return text(equal ? " IS NULL" : " IS NOT NULL");
    }
    if (equal) return compared(member.name, " = ", filter.value);
    if (!is_absentable(member.type())) return compared(member.name, " <> ", filter.value);
    return compared(member.name, fmt::format(" {} ", dialect_.distinct()), filter.value);
  }
  if (absent || !is_ordered(member.type())) refuse(info_, member.name, "values that have no order");
  const std::string_view op = filter.op == Op::less         ? " < "
                              : filter.op == Op::less_equal ? " <= "
                              : filter.op == Op::greater    ? " > "
                                                            : " >= ";
  compared(member.name, op, filter.value);
}

// The list is filled up to a power of two by repeating its last value, so that lists of similar length share
// one prepared statement.
void SqlBuilder::one_of(const Filter& filter, const schema::Member& member) {
  if (filter.values.size() > one_of_max) too_large("values");
  std::vector<const Value*> present;
  bool absent = false;
  for (const Value& value : filter.values) {
    if (std::holds_alternative<std::monostate>(value))
      absent = true;
    else
      present.push_back(&value);
  }
  const std::string column = quoted(member.name);
  if (present.empty()) return text(absent ? column + " IS NULL" : "1 = 0");
  if (absent) text("(", column, " IS NULL OR ");
  text(column, " IN (");
  size_t width = 1;
  while (width < present.size()) width *= 2;
  for (size_t i = 0; i < width; ++i) {
    if (i) text(", ");
    bind(*present[std::min(i, present.size() - 1)]);
  }
  text(absent ? "))" : ")");
}

// Rows behind the cursor's: (a > ?) OR (a = ? AND b > ?) OR … The first member's bound is repeated in front,
// for from it an index can start.
void SqlBuilder::behind(const SortOrder& order, const CursorValues& after) {
  const SortKey& first = order[0];
  text("(");
  if (!is_absentable(first.member->type())) {
    compared(first.member->name, first.descending ? " <= " : " >= ", after[0]);
    text(" AND ");
  }
  text("(");
  for (size_t last = 0; last < order.size(); ++last) {
    text(last ? " OR (" : "(");
    for (size_t i = 0; i < last; ++i) {
      const bool absentable = is_absentable(order[i].member->type());
      compared(order[i].member->name, absentable ? fmt::format(" {} ", dialect_.same()) : " = ", after[i]);
      text(" AND ");
    }
    behind_one(order[last], after[last]);
    text(")");
  }
  text("))");
}

// Absent values stand before all others ascending, behind them descending.
void SqlBuilder::behind_one(const SortKey& key, const Value& value) {
  const std::string_view column = key.member->name;
  if (std::holds_alternative<std::monostate>(value)) {
    if (key.descending) return text("1 = 0");
    name(column);
    return text(" IS NOT NULL");
  }
  if (!key.descending) return compared(column, " > ", value);
  if (!is_absentable(key.member->type())) return compared(column, " < ", value);
  text("(");
  compared(column, " < ", value);
  text(" OR ");
  name(column);
  text(" IS NULL)");
}

void SqlBuilder::order_by(const SortOrder& order) {
  text(" ORDER BY ");
  for (size_t i = 0; i < order.size(); ++i) {
    if (i) text(", ");
    name(order[i].member->name);
    if (order[i].descending) text(" DESC");
    if (is_absentable(order[i].member->type()))
      text(order[i].descending ? dialect_.absent_last() : dialect_.absent_first());
  }
}

}  // namespace portico::store
