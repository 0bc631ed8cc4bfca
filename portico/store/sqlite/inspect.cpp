#include "portico/store/sqlite/inspect.h"

#include "portico/store/sqlite/connection.h"
#include "portico/store/sqlite/file_lock.h"
#include "portico/store/sqlite/layout.h"
#include "portico/store/sqlite/outbox.h"

namespace portico::sqlite {

bool is_in_use(const std::string& path) {
  try {
    const FileLock lock(path);
  } catch (const Error& error) {
    if (error.reason() == "store.locked") return true;
    throw;
  }
  return false;
}

FileState read_state(Connection& connection) {
  FileState state;
  state.format = format_of(connection);
  if (state.format == 0) return state;
  state.migration = connection.single("SELECT coalesce(max(number), 0) FROM \"_migrations\"");
  state.newest_event = newest_event(connection);
  return state;
}

FileState inspect(const std::string& path) {
  const bool in_use = is_in_use(path);
  Connection connection({.path = path, .access = Access::read_only});
  FileState state = read_state(connection);
  state.in_use = in_use;
  return state;
}

}  // namespace portico::sqlite
