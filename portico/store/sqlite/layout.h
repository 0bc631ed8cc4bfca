// Inside store/sqlite only: the tables of a store's file, made and extended to what the program describes.
//
// A collection is a STRICT table with a column a member (integers INTEGER, everything else TEXT; lists,
// structs and JSON as JSON text), the key as PRIMARY KEY and "_version". Tables keep their rowid: rows of a
// kilobyte and more made WITHOUT ROWID 4 times slower to write and 20 times slower to read, small rows were
// the same. Non-unique indexes end in the key, so that pages in their order need no sorting; unique ones
// leave out rows where a member is absent, for those clash with nothing.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "portico/store/sqlite/connection.h"
#include "portico/store/store.h"

namespace portico::sqlite {

// Of the file as a whole; a higher one belongs to a newer program.
inline constexpr int64_t format_number = 1;

// "ux__users__email" for a unique index, "ix__…" for others.
std::string index_name(const CollectionInfo& info, const Index& index);
std::string create_table_sql(const CollectionInfo& info);
std::string create_index_sql(const CollectionInfo& info, const Index& index);
// For a column that comes later: rows that are there get what the member is in a value-initialised struct.
std::string add_column_sql(const CollectionInfo& info, const schema::Member& member);

using Collections = std::vector<std::shared_ptr<const CollectionInfo>>;

// The format of the engine's own tables, 0 where the file holds nothing yet. Throws Error: store.foreign for
// a file of another program, store.newer.
int64_t format_of(Connection& connection);

// A fresh file gets all tables, and its migrations are recorded without being run: it has the final form
// already. In an older file, indexes that are no longer declared are dropped, pending migrations run in
// order, then collections, members and indexes are added. Where a migration ran, it vouches for the meaning
// of columns that keep their SQL type. Throws Error: store.newer, store.migration, store.foreign.
void prepare_layout(Connection& connection, const Collections& collections,
                    std::span<const Migration> migrations, Time now);

}  // namespace portico::sqlite
