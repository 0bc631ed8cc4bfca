#include "portico/store/sqlite/inspect.h"

#include "portico/store/sqlite/connection.h"
#include "portico/store/sqlite/file_lock.h"
#include "portico/store/sqlite/layout.h"
#include "portico/store/sqlite/outbox.h"

namespace portico::sqlite {
namespace {

bool is_in_use(const std::string& path) {
  try {
    const FileLock lock(path);
  } catch (const Error& error) {
    if (error.reason() == "store.locked") return true;
    throw;
  }
  return false;
}

}  // namespace

FileState inspect(const std::string& path) {
  FileState state{.in_use = is_in_use(path)};
  Connection connection({.path = path, .access = Access::read_only});
  state.format = format_of(connection);
  if (state.format == 0) return state;
  state.migration = connection.single("SELECT coalesce(max(number), 0) FROM \"_migrations\"");
  state.newest_event = newest_event(connection);
  return state;
}

}  // namespace portico::sqlite
