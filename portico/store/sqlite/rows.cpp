#include "portico/store/sqlite/rows.h"

#include <fmt/format.h>

#include "portico/schema/json.h"

namespace portico::sqlite {
namespace {

using schema::Kind;

class SqliteDialect : public store::Dialect {
 public:
  char placeholder() const override { return '?'; }
  // The built-in lower() folds ASCII only, which is what the contract says.
  std::string contains(std::string_view column, std::string_view placeholder) const override {
    return fmt::format("instr(lower({}), lower({})) > 0", column, placeholder);
  }
  std::string has(std::string_view column, std::string_view placeholder,
                  const schema::Type& element) const override {
    return fmt::format("EXISTS (SELECT 1 FROM json_each({}) WHERE {} = {})", column,
                       element.kind == Kind::integer ? "CAST(value AS TEXT)" : "value", placeholder);
  }
  std::string_view same() const override { return "IS"; }
  std::string_view distinct() const override { return "IS NOT"; }
  std::string_view absent_first() const override { return ""; }  // as SQLite sorts NULL
  std::string_view absent_last() const override { return ""; }
};

void bind_member(Statement& statement, int index, const schema::Type& type, const void* object,
                 std::vector<std::string>& json) {
  switch (type.kind) {
    case Kind::optional:
    case Kind::nullable: {
      const void* inner = type.value_const(object);
      return inner ? bind_member(statement, index, type.element(), inner, json)
                   : statement.bind_absent(index);
    }
    case Kind::list:
    case Kind::object:
      schema::write_json(json.emplace_back(), type, object);
      return statement.bind(index, std::string_view(json.back()));
    case Kind::enumeration:
      return statement.bind(index, type.labels[size_t(type.get_integer(object))]);
    default:
      if (store::is_integral(type)) return statement.bind(index, type.get_integer(object));
      return statement.bind(index, std::string_view(type.text_const(object)));
  }
}

bool read_member(const Statement& statement, int column, const schema::Type& type, void* object) {
  if (statement.is_absent(column)) {
    if (!store::is_absentable(type)) return false;
    type.clear(object);
    return true;
  }
  return store::is_integral(type) ? store::assign_integer(type, object, statement.integer(column))
                                  : store::assign_text(type, object, statement.text(column));
}

}  // namespace

const store::Dialect& dialect() {
  static const SqliteDialect dialect;
  return dialect;
}

std::string_view column_type(const schema::Type& type) {
  return store::is_integral(type) ? "INTEGER" : "TEXT";
}

void bind_object(Statement& statement, const schema::Type& type, const void* object,
                 std::vector<std::string>& json) {
  json.reserve(type.members.size());  // bound texts must not move
  for (size_t i = 0; i < type.members.size(); ++i) {
    const schema::Member& member = type.members[i];
    bind_member(statement, int(i), member.type(), member.at_const(object), json);
  }
}

void read_object(const Statement& statement, const CollectionInfo& info, void* object, int64_t* version) {
  int column = 0;
  for (const schema::Member& member : info.type->members) {
    if (!read_member(statement, column, member.type(), member.at(object)))
      throw Error(Code::internal, "store.value")
          .with_note(fmt::format("collection {}: what is stored in \"{}\" does not fit its description",
                                 info.name, member.name));
    ++column;
  }
  if (version) *version = statement.integer(column);
}

bool find(Connection& connection, const CollectionInfo& info, const Filter& filter, void* object,
          int64_t* version) {
  const store::Sql sql = store::find_sql(dialect(), info, filter);
  Statement statement = connection.statement(sql.text);
  statement.bind_all(sql.parameters);
  if (!statement.step()) return false;
  read_object(statement, info, object, version);
  return true;
}

int64_t count(Connection& connection, const CollectionInfo& info, const Filter& filter) {
  const store::Sql sql = store::count_sql(dialect(), info, filter);
  Statement statement = connection.statement(sql.text);
  statement.bind_all(sql.parameters);
  statement.step();
  return statement.integer(0);
}

void list(Connection& connection, const CollectionInfo& info, const Query& query,
          const schema::Type& list_type, void* list, std::string* next, int64_t* total) {
  const store::Sql sql = store::list_sql(dialect(), info, query);
  Statement statement = connection.statement(sql.text);
  statement.bind_all(sql.parameters);
  void* last = nullptr;
  size_t rows = 0;
  bool more = false;
  while (statement.step()) {
    more = rows == query.limit;
    if (more) break;
    last = list_type.append(list);
    read_object(statement, info, last, nullptr);
    ++rows;
  }
  if (next) *next = more && last ? store::write_cursor(info, store::sort_order(info, query.sort), last) : "";
  if (total) *total = count(connection, info, query.filter);
}

}  // namespace portico::sqlite
