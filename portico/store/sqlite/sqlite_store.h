// The embedded engine: one SQLite file a service, WAL, synchronous=FULL, one writer with group commit, reader
// pool.
#pragma once

#include <memory>
#include <string>

#include "portico/store/store.h"

namespace portico::sqlite {

struct Options {
  std::string path;  // of the database file; its folder must exist
  // SQLite's name of the file system that the file lies on; empty: the system's. On another one the store
  // takes no lock against other processes: there are none.
  std::string file_system;
  size_t waiting_max = 4096;  // units waiting for the writer; one more: Error(unavailable)
  size_t batch_max = 256;     // units in one commit
  Duration unit_time_max =
      std::chrono::seconds(2);              // a body that holds the writer longer is failed and logged
  size_t log_bytes_max = 16 * 1024 * 1024;  // in the log before they are copied into the file
  size_t readers_max = 8;
  size_t statements_max = 128;           // prepared statements kept a connection
  size_t cache_bytes = 8 * 1024 * 1024;  // page cache a connection
};

// Sets SQLite up. The first store does it; who registers a file system before must call it first.
void configure_library();

// Group commit: the bodies of waiting units run one after the other inside one transaction; one commit makes
// them all durable, and only then do they return. While a commit is on its way the next batch gathers. A unit
// that fails after a change undoes the transaction, and the bodies before it are run again. Statements run on
// the caller's thread (memory and page cache only); the commit, which syncs, on the pool.
std::unique_ptr<Store> make_store(Runtime& runtime, Observer& observer, Options options);

}  // namespace portico::sqlite
