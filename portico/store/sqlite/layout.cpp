#include "portico/store/sqlite/layout.h"

#include <fmt/format.h>

#include <algorithm>

#include "portico/store/sqlite/migrations.h"
#include "portico/store/sqlite/rows.h"
#include "portico/store/sqlite/transaction.h"

namespace portico::sqlite {
namespace {

using store::quoted;

constexpr std::string_view program_version = "0.1.0";

constexpr std::string_view own_tables = R"(
CREATE TABLE "_portico" (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE "_members" (collection TEXT NOT NULL, member TEXT NOT NULL, kind TEXT NOT NULL,
  PRIMARY KEY (collection, member)) STRICT, WITHOUT ROWID;
CREATE TABLE "_migrations" (number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,
  applied_at INTEGER NOT NULL) STRICT;
CREATE TABLE "_outbox" (sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, type TEXT NOT NULL,
  key TEXT NOT NULL, published_at INTEGER NOT NULL, correlation_id TEXT NOT NULL, traceparent TEXT NOT NULL,
  body TEXT NOT NULL) STRICT;
)";

std::string literal(const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return fmt::format("{}", *integer);
  std::string out = "'";
  for (char c : std::get<std::string>(value)) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

std::string column_sql(const CollectionInfo& info, const schema::Member& member) {
  const schema::Type& type = member.type();
  std::string out = fmt::format("{} {}", quoted(member.name), column_type(type));
  if (!store::is_absentable(type)) out += " NOT NULL";
  if (&member == &store::key_of(info)) out += " PRIMARY KEY";
  const schema::Type& present = store::present_type(type);
  if (present.kind == schema::Kind::integer && present.min == INT32_MIN && present.max == INT32_MAX)
    out += fmt::format(" CHECK ({} BETWEEN {} AND {})", quoted(member.name), INT32_MIN, INT32_MAX);
  return out;
}

[[noreturn]] void refuse(const Connection& connection, const CollectionInfo& info, std::string_view member,
                         std::string what) {
  throw Error(
      conflict, "store.migration",
      fmt::format("The store {} cannot be brought to the program's form by itself: collection \"{}\", member "
                  "\"{}\": {}; this needs a numbered migration.",
                  connection.path(), info.name, member, what));
}

struct Column {
  std::string type;
  bool not_null = false;
  bool is_key = false;
  std::string kind;  // as recorded; empty: unknown, a migration made the column
};
using Columns = std::map<std::string, Column, std::less<>>;

Columns read_columns(Connection& connection, const CollectionInfo& info) {
  Columns columns;
  Statement table = connection.statement("SELECT name, type, \"notnull\", pk FROM pragma_table_info(?1)");
  table.bind(0, std::string_view(info.name));
  while (table.step())
    columns[std::string(table.text(0))] = {
        std::string(table.text(1)), table.integer(2) != 0, table.integer(3) != 0, {}};
  Statement kinds = connection.statement("SELECT member, kind FROM \"_members\" WHERE collection = ?1");
  kinds.bind(0, std::string_view(info.name));
  while (kinds.step())
    if (auto found = columns.find(kinds.text(0)); found != columns.end()) found->second.kind = kinds.text(1);
  return columns;
}

// Writes only what differs: a start that changes nothing syncs nothing.
void record_members(Connection& connection, const CollectionInfo& info) {
  {
    Statement forget = connection.statement(
        "DELETE FROM \"_members\" WHERE collection = ?1 "
        "AND member NOT IN (SELECT name FROM pragma_table_info(?1))");
    forget.bind(0, std::string_view(info.name));
    forget.step();
  }
  for (const schema::Member& member : info.type->members) {
    const std::string kind = store::kind_name(member.type());
    Statement record = connection.statement(
        "INSERT INTO \"_members\" (collection, member, kind) VALUES (?1, ?2, ?3) "
        "ON CONFLICT (collection, member) DO UPDATE SET kind = excluded.kind WHERE kind <> excluded.kind");
    record.bind(0, std::string_view(info.name));
    record.bind(1, member.name);
    record.bind(2, std::string_view(kind));
    record.step();
  }
}

void check_column(Connection& connection, const CollectionInfo& info, const schema::Member& member,
                  const Column& column, bool migrated) {
  const schema::Type& type = member.type();
  const std::string kind = store::kind_name(type);
  const bool same_column = column.type == column_type(type) && column.not_null == !store::is_absentable(type);
  const bool same_kind = column.kind == kind || column.kind.empty() || migrated;
  if (!same_column || !same_kind)
    refuse(connection, info, member.name,
           fmt::format("is kept as {}, but described as {}",
                       column.kind.empty() ? column.type + (column.not_null ? "" : "?") : column.kind, kind));
  if (column.is_key != (&member == &store::key_of(info)))
    refuse(connection, info, member.name, column.is_key ? "is the key no longer" : "has become the key");
}

void extend_table(Connection& connection, const CollectionInfo& info, bool migrated) {
  Columns columns = read_columns(connection, info);
  if (columns.empty()) {
    connection.script(create_table_sql(info));
    return;
  }
  for (const schema::Member& member : info.type->members) {
    auto found = columns.find(member.name);
    if (found == columns.end()) {
      if (&member == &store::key_of(info)) refuse(connection, info, member.name, "the key has another name");
      connection.script(add_column_sql(info, member));
      continue;
    }
    check_column(connection, info, member, found->second, migrated);
    columns.erase(found);
  }
  columns.erase("_version");
  if (!columns.empty())
    refuse(connection, info, columns.begin()->first, "is in the store, but not in the description");
}

// The indexes of declared collections that this layout made and the program does not declare; those that a
// migration made under other names are its own affair, and a collection that is not declared at all may be
// another program's, such as one that only looks into the store.
void drop_stale_indexes(Connection& connection, const Collections& collections) {
  std::vector<std::string> stale;
  for (const auto& info : collections) {
    Statement indexes = connection.statement(
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1 AND (name GLOB 'ix[_][_]*' OR "
        "name GLOB 'ux[_][_]*')");
    indexes.bind(0, std::string_view(info->name));
    while (indexes.step()) stale.emplace_back(indexes.text(0));
    for (const Index& index : info->indexes) std::erase(stale, index_name(*info, index));
  }
  for (const std::string& name : stale) connection.script("DROP INDEX " + quoted(name));
}

void make_indexes(Connection& connection, const CollectionInfo& info) {
  for (const Index& index : info.indexes) {
    std::optional<Error> failure;
    try {
      connection.script(create_index_sql(info, index));
    } catch (const Error& error) {
      if (!index.unique || !error.note().contains("UNIQUE constraint failed")) throw;
      failure = error;
    }
    if (failure)
      refuse(connection, info, index.members[0],
             "rows that are there have equal values, but shall be unique");
  }
}

void extend_collections(Connection& connection, const Collections& collections, bool migrated) {
  for (const auto& info : collections) {
    extend_table(connection, *info, migrated);
    make_indexes(connection, *info);
    record_members(connection, *info);
  }
}

void record_format(Connection& connection) {
  connection.script(
      fmt::format("INSERT INTO \"_portico\" (name, value) VALUES ('format', '{}'), ('program', '{}') "
                  "ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value <> excluded.value",
                  format_number, program_version));
}

}  // namespace

int64_t format_of(Connection& connection) {
  if (connection.single("SELECT count(*) FROM sqlite_schema") == 0) return 0;
  if (connection.single("SELECT count(*) FROM sqlite_schema WHERE name = '_portico'") == 0)
    throw Error(
        conflict, "store.foreign",
        fmt::format("The file {} is a database of another program; name another file.", connection.path()));
  const int64_t format =
      connection.single("SELECT CAST(value AS INTEGER) FROM \"_portico\" WHERE name = 'format'");
  if (format > format_number)
    throw Error(conflict, "store.newer",
                fmt::format("The store {} has format {}, this program knows up to {}; run the newer program.",
                            connection.path(), format, format_number));
  return format;
}

std::string index_name(const CollectionInfo& info, const Index& index) {
  std::string name = fmt::format("{}__{}", index.unique ? "ux" : "ix", info.name);
  for (std::string_view member : index.members) name += fmt::format("__{}", member);
  return name;
}

std::string create_table_sql(const CollectionInfo& info) {
  std::string columns;
  for (const schema::Member& member : info.type->members) columns += column_sql(info, member) + ", ";
  return fmt::format("CREATE TABLE {} ({}\"_version\" INTEGER NOT NULL DEFAULT 1) STRICT", quoted(info.name),
                     columns);
}

std::string create_index_sql(const CollectionInfo& info, const Index& index) {
  std::string columns, present;
  bool has_key = index.unique;
  for (std::string_view member : index.members) {
    columns += (columns.empty() ? "" : ", ") + quoted(member);
    has_key |= member == store::key_of(info).name;
    if (index.unique && store::is_absentable(store::find_member(info, member)->type()))
      present += (present.empty() ? " WHERE " : " AND ") + quoted(member) + " IS NOT NULL";
  }
  if (!has_key) columns += ", " + quoted(store::key_of(info).name);
  return fmt::format("CREATE {}INDEX IF NOT EXISTS {} ON {} ({}){}", index.unique ? "UNIQUE " : "",
                     quoted(index_name(info, index)), quoted(info.name), columns, present);
}

std::string add_column_sql(const CollectionInfo& info, const schema::Member& member) {
  std::string sql = fmt::format("ALTER TABLE {} ADD COLUMN {}", quoted(info.name), column_sql(info, member));
  if (store::is_absentable(member.type())) return sql;
  const std::unique_ptr<void, void (*)(void*)> object(info.type->create(), info.type->destroy);
  return sql + " DEFAULT " + literal(value_of(member.type(), member.at_const(object.get())));
}

void prepare_layout(Connection& connection, const Collections& collections,
                    std::span<const Migration> migrations, Time now) {
  check_numbers(connection, migrations);
  if (format_of(connection) == 0) {
    Transaction transaction(connection);
    connection.script(std::string(own_tables));
    extend_collections(connection, collections, false);
    for (const Migration& migration : migrations) record_migration(connection, migration, now);
    record_format(connection);
    return transaction.commit();
  }
  const std::vector<const Migration*> pending = pending_migrations(connection, migrations);
  {
    Transaction transaction(connection);
    drop_stale_indexes(connection, collections);
    transaction.commit();
  }
  for (const Migration* migration : pending) apply_migration(connection, *migration, now);
  Transaction transaction(connection);
  extend_collections(connection, collections, !pending.empty());
  record_format(connection);
  transaction.commit();
}

}  // namespace portico::sqlite
