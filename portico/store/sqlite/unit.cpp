#include "portico/store/sqlite/unit.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "portico/schema/json.h"
#include "portico/store/sqlite/outbox.h"
#include "portico/store/sqlite/rows.h"

namespace portico::sqlite {
namespace {

std::string joined(const std::vector<std::string_view>& names, std::string_view prefix,
                   std::string_view separator) {
  std::string out;
  for (std::string_view name : names)
    out += fmt::format("{}{}{}", out.empty() ? "" : separator, prefix, name);
  return out;
}

// SQLite names the columns of the index that was violated, in the order of its definition.
std::vector<std::string_view> violated_members(const CollectionInfo& info, std::string_view message) {
  const std::string prefix = info.name + ".";
  for (const Index& index : info.indexes)
    if (index.unique && message.ends_with(": " + joined(index.members, prefix, ", "))) return index.members;
  return {store::key_of(info).name};
}

[[noreturn]] void fail(const Connection& connection, const CollectionInfo& info, int result_code) {
  if (result_code != SQLITE_CONSTRAINT_UNIQUE && result_code != SQLITE_CONSTRAINT_PRIMARYKEY)
    throw connection.failure(result_code);
  const std::string message = connection.message();
  const std::string members = joined(violated_members(info, message), "", ",");
  throw Error(conflict, "store.duplicate", fmt::format("There is one already with the same {}.", members))
      .with_detail("members", members)
      .with_note(message);
}

void check_valid(const CollectionInfo& info, const void* object) {
  const schema::Violations violations = schema::validate(*info.type, object);
  if (violations.empty()) return;
  throw Error(Code::internal, "store.invalid_value")
      .with_note(
          fmt::format("collection {}: {} {}", info.name, violations[0].pointer, violations[0].message));
}

bool insert_row(Connection& connection, const CollectionInfo& info, const void* object, bool once) {
  check_valid(info, object);
  std::vector<std::string> json;
  const std::string sql = store::insert_sql(dialect(), info, once);
  Statement insert = connection.statement(sql);
  bind_object(insert, *info.type, object, json);
  if (const int result_code = insert.try_step(); result_code != SQLITE_DONE)
    fail(connection, info, result_code);
  return !once || connection.changes() > 0;
}

// All rows are changed by the first step; the others only read what was returned.
int64_t update_rows(Connection& connection, const CollectionInfo& info, const Filter& filter,
                    std::span<const Change> changes, void* result) {
  const store::Sql sql = store::update_sql(dialect(), info, filter, changes, result != nullptr);
  Statement update = connection.statement(sql.text);
  update.bind_all(sql.parameters);
  const int result_code = update.try_step();
  if (result_code != SQLITE_DONE && result_code != SQLITE_ROW) fail(connection, info, result_code);
  if (!result) return connection.changes();
  if (result_code == SQLITE_DONE) return 0;
  read_object(update, info, result, nullptr);
  if (update.step())
    throw Error(Code::internal, "store.several")
        .with_note(fmt::format("collection {}: an update of one row matched several", info.name));
  return 1;
}

}  // namespace

void SqliteUnit::check_alive() const {
  if (dead_.empty()) return;
  throw Error(Code::internal, "store.unit_dead")
      .with_note(fmt::format("the unit has ended already: {}", dead_));
}

Task<bool> SqliteUnit::insert(const CollectionInfo& collection, const void* object, bool once) {
  const bool inserted =
      run([&](Connection& connection) { return insert_row(connection, collection, object, once); });
  changed_ |= inserted;
  co_return inserted;
}

Task<int64_t> SqliteUnit::update(const CollectionInfo& collection, const Filter& filter,
                                 std::span<const Change> changes, void* result) {
  const int64_t rows = run(
      [&](Connection& connection) { return update_rows(connection, collection, filter, changes, result); });
  changed_ |= rows > 0;
  co_return rows;
}

Task<int64_t> SqliteUnit::remove(const CollectionInfo& collection, const Filter& filter) {
  const int64_t rows = run([&](Connection& connection) {
    const store::Sql sql = store::remove_sql(dialect(), collection, filter);
    Statement remove = connection.statement(sql.text);
    remove.bind_all(sql.parameters);
    remove.step();
    return connection.changes();
  });
  changed_ |= rows > 0;
  co_return rows;
}

Task<bool> SqliteUnit::find(const CollectionInfo& collection, const Filter& filter, void* object,
                            int64_t* version) {
  co_return run(
      [&](Connection& connection) { return sqlite::find(connection, collection, filter, object, version); });
}

Task<void> SqliteUnit::list(const CollectionInfo& collection, const Query& query,
                            const schema::Type& list_type, void* list, std::string* next, int64_t* total) {
  run([&](Connection& connection) {
    sqlite::list(connection, collection, query, list_type, list, next, total);
  });
  co_return;
}

void SqliteUnit::publish_raw(std::string_view type, const schema::Type& described, const void* event) {
  run([&](Connection& connection) { sqlite::publish(connection, call_, type, described, event); });
  changed_ = published_ = true;
}

Task<bool> SqliteUnit::commit() {
  check_alive();
  dead_ = "committed";
  co_return co_await grant_.commit(changed_, published_);
}

}  // namespace portico::sqlite
