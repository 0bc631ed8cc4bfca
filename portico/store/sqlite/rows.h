// Inside store/sqlite only: rows to structs and back, and the statements that read.
#pragma once

#include "portico/store/sql.h"
#include "portico/store/sqlite/connection.h"

namespace portico::sqlite {

const store::Dialect& dialect();

// The declared type of a member's column: "INTEGER" or "TEXT".
std::string_view column_type(const schema::Type& type);

// Binds the members of `object` in order, from parameter `first`. What is bound lives in `object` and in
// `json`, which holds lists and structs.
void bind_object(Statement& statement, const schema::Type& type, const void* object,
                 std::vector<std::string>& json);
// Reads the columns of CollectionInfo into a value-initialised object.
void read_object(const Statement& statement, const CollectionInfo& info, void* object, int64_t* version);

// What Store and Unit have in common. The connection is the caller's while these run.
bool find(Connection& connection, const CollectionInfo& info, const Filter& filter, void* object,
          int64_t* version);
int64_t count(Connection& connection, const CollectionInfo& info, const Filter& filter);
void list(Connection& connection, const CollectionInfo& info, const Query& query,
          const schema::Type& list_type, void* list, std::string* next, int64_t* total);

}  // namespace portico::sqlite
