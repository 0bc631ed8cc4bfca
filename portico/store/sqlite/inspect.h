// What a database file is, found out without opening it as a store: no schema is brought up to date.
#pragma once

#include <cstdint>
#include <string>

namespace portico::sqlite {

struct FileState {
  bool in_use = false;       // a store holds it open
  int64_t format = 0;        // of the engine's own tables; 0: none yet
  int64_t migration = 0;     // the highest that was applied; 0: none
  int64_t newest_event = 0;  // sequence of the newest event ever published
};

// Throws Error: store.damaged, store.foreign, store.newer, store.cannot_open, …
FileState inspect(const std::string& path);

}  // namespace portico::sqlite
