#include "portico/store/sql.h"

#include <fmt/format.h>

#include "portico/store/sql_builder.h"

namespace portico::store {
namespace {

void check_change(const CollectionInfo& info, const Change& change) {
  const schema::Member& member = member_named(info, change.member);
  if (&member == &key_of(info)) refuse(info, change.member, "a key cannot change");
  if (change.op != Change::Op::add) return;
  const schema::Kind kind = present_type(member.type()).kind;
  if (kind != schema::Kind::integer && kind != schema::Kind::money)
    refuse(info, change.member, "only integers and money can be added to");
}

}  // namespace

std::string insert_sql(const Dialect& dialect, const CollectionInfo& info, bool once) {
  std::string out;
  out.reserve(sql_bytes_usual);
  out += "INSERT INTO ";
  append_quoted(out, info.name);
  out += " (";
  out += info.columns;
  out += ") VALUES (";
  for (size_t i = 0; i < info.type->members.size(); ++i) {
    append_placeholder(out, dialect, i + 1);
    out += ", ";
  }
  out += once ? "1) ON CONFLICT DO NOTHING" : "1)";
  return out;
}

Sql find_sql(const Dialect& dialect, const CollectionInfo& info, const Filter& filter) {
  SqlBuilder sql(dialect, info);
  sql.text("SELECT ");
  sql.columns();
  sql.text(" FROM ");
  sql.table();
  sql.where(filter);
  sql.text(" LIMIT 1");
  return sql.take();
}

Sql count_sql(const Dialect& dialect, const CollectionInfo& info, const Filter& filter) {
  SqlBuilder sql(dialect, info);
  sql.text("SELECT count(*) FROM ");
  sql.table();
  sql.where(filter);
  return sql.take();
}

Sql remove_sql(const Dialect& dialect, const CollectionInfo& info, const Filter& filter) {
  SqlBuilder sql(dialect, info);
  sql.text("DELETE FROM ");
  sql.table();
  sql.where(filter);
  return sql.take();
}

Sql update_sql(const Dialect& dialect, const CollectionInfo& info, const Filter& filter,
               std::span<const Change> changes, bool returning) {
  SqlBuilder sql(dialect, info);
  sql.text("UPDATE ");
  sql.table();
  sql.text(" SET ");
  for (size_t i = 0; i < changes.size(); ++i) {
    check_change(info, changes[i]);
    for (size_t earlier = 0; earlier < i; ++earlier)
      if (changes[earlier].member == changes[i].member) refuse(info, changes[i].member, "changed twice");
    sql.name(changes[i].member);
    sql.text(" = ");
    if (changes[i].op == Change::Op::add) {
      sql.name(changes[i].member);
      sql.text(" + ");
    }
    sql.bind(changes[i].value);
    sql.text(", ");
  }
  sql.text("\"_version\" = \"_version\" + 1");
  sql.where(filter);
  if (returning) {
    sql.text(" RETURNING ");
    sql.columns();
  }
  return sql.take();
}

Sql list_sql(const Dialect& dialect, const CollectionInfo& info, const Query& query) {
  if (query.limit > Query::limit_max)
    throw Error(invalid, "query.limit", fmt::format("At most {} items a page.", Query::limit_max));
  if (query.offset > Query::offset_max)
    throw Error(invalid, "query.offset",
                fmt::format("At most {} items can be skipped; go on with the cursor.", Query::offset_max));
  const SortOrder order = sort_order(info, query.sort);
  std::optional<CursorValues> after;
  if (!query.after.empty()) after = read_cursor(query.after, info, order);

  SqlBuilder sql(dialect, info);
  sql.text("SELECT ");
  sql.columns();
  sql.text(" FROM ");
  sql.table();
  sql.where(query.filter, &order, after ? &*after : nullptr);
  sql.order_by(order);
  sql.text(" LIMIT ");
  sql.bind(int64_t(query.limit + 1));
  if (query.offset) {
    sql.text(" OFFSET ");
    sql.bind(int64_t(query.offset));
  }
  return sql.take();
}

}  // namespace portico::store
