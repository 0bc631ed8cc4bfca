// Inside store/sqlite only: which migrations have been applied, and applying those that have not.
#pragma once

#include <span>
#include <vector>

#include "portico/store/sqlite/connection.h"
#include "portico/store/store.h"

namespace portico::sqlite {

// Numbers start at 1 and are unique; Error(internal, "store.migration") otherwise.
void check_numbers(const Connection& connection, std::span<const Migration> migrations);

// Those not applied yet, in order. Error(conflict, "store.newer") for an applied number that the program does
// not know, "store.migration" for an applied one whose text has changed and for a pending one with a lower
// number than an applied one.
std::vector<const Migration*> pending_migrations(Connection& connection,
                                                 std::span<const Migration> migrations);

// Runs one in a transaction of its own and records it.
void apply_migration(Connection& connection, const Migration& migration, Time now);
void record_migration(Connection& connection, const Migration& migration, Time now);

}  // namespace portico::sqlite
