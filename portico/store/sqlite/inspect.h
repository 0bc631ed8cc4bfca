// What a database file is, found out without opening it as a store: no schema is brought up to date.
#pragma once

#include <cstdint>
#include <string>

namespace portico::sqlite {

class Connection;

struct FileState {
  bool in_use = false;       // a store holds it open
  int64_t format = 0;        // of the engine's own tables; 0: none yet
  int64_t migration = 0;     // the highest that was applied; 0: none
  int64_t newest_event = 0;  // sequence of the newest event ever published
};

// Whether a store holds it open.
bool is_in_use(const std::string& path);

// Of a file that is open already; `in_use` is not looked for.
FileState read_state(Connection& connection);

// Throws Error: store.damaged, store.foreign, store.newer, store.cannot_open, …
FileState inspect(const std::string& path);

}  // namespace portico::sqlite
