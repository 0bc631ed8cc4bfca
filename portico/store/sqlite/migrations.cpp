#include "portico/store/sqlite/migrations.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "portico/base/error.h"
#include "portico/store/sqlite/digest.h"
#include "portico/store/sqlite/transaction.h"

namespace portico::sqlite {

namespace {

[[noreturn]] void refuse(Code code, const Connection& connection, const Migration& migration,
                         std::string what) {
  throw Error(code, "store.migration",
              fmt::format("The store {}: migration {} \"{}\" {}.", connection.path(), migration.number,
                          migration.name, what));
}

}  // namespace

void check_numbers(const Connection& connection, std::span<const Migration> migrations) {
  for (size_t i = 0; i < migrations.size(); ++i) {
    if (migrations[i].number < 1) refuse(Code::internal, connection, migrations[i], "has a number below 1");
    for (size_t earlier = 0; earlier < i; ++earlier)
      if (migrations[earlier].number == migrations[i].number)
        refuse(Code::internal, connection, migrations[i], "has the number of another");
  }
}

std::vector<const Migration*> pending_migrations(Connection& connection,
                                                 std::span<const Migration> migrations) {
  std::map<int, const Migration*> known;
  for (const Migration& migration : migrations) known[migration.number] = &migration;

  int last_applied = 0;
  Statement applied =
      connection.statement("SELECT number, name, checksum FROM \"_migrations\" ORDER BY number");
  while (applied.step()) {
    last_applied = int(applied.integer(0));
    auto found = known.find(last_applied);
    if (found == known.end())
      throw Error(
          conflict, "store.newer",
          fmt::format("The store {} has migration {} \"{}\", which this program does not know; run the "
                      "newer program.",
                      connection.path(), last_applied, applied.text(1)));
    if (sha256_hex(found->second->statements) != applied.text(2))
      refuse(conflict, connection, *found->second,
             "has been applied with another text; restore that text and add a migration with a new number");
    known.erase(found);
  }

  std::vector<const Migration*> pending;
  for (const auto& [number, migration] : known) {
    if (number < last_applied)
      refuse(conflict, connection, *migration,
             fmt::format("comes before {}, which has been applied; give it a higher number", last_applied));
    pending.push_back(migration);
  }
  return pending;
}

void record_migration(Connection& connection, const Migration& migration, Time now) {
  const std::string checksum = sha256_hex(migration.statements);
  Statement record = connection.statement(
      "INSERT INTO \"_migrations\" (number, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)");
  record.bind(0, int64_t(migration.number));
  record.bind(1, std::string_view(migration.name));
  record.bind(2, std::string_view(checksum));
  record.bind(3, now.ms);
  record.step();
}

void apply_migration(Connection& connection, const Migration& migration, Time now) {
  Transaction transaction(connection);
  std::string failure;
  try {
    connection.script(migration.statements);
  } catch (const Error& error) {
    if (error.code() == unavailable) throw;  // the disk, not the migration
    failure = error.note();
  }
  if (!failure.empty()) refuse(conflict, connection, migration, "failed and was rolled back: " + failure);
  if (!connection.in_transaction())
    refuse(conflict, connection, migration, "ended the transaction that it runs in; take COMMIT out of it");
  record_migration(connection, migration, now);
  transaction.commit();
}

}  // namespace portico::sqlite
