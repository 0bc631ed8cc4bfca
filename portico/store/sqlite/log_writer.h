// Inside store/sqlite only: a layer between SQLite and the file system that writes the log in large pieces.
#pragma once

#include <string>

namespace portico::sqlite {

// The name under which sqlite3_open_v2 finds the layer above the file system named `below` (empty: SQLite's
// default); registers it at the first call. Thread-safe.
//
// SQLite writes the log frame by frame, each in two calls: some fifty a commit. Here they are gathered and
// written as one, before the log is synced, read, measured or cut. A gathered write that fails makes that
// call fail. Whatever is not the log goes through untouched.
const char* gathering_file_system(const std::string& below = {});

}  // namespace portico::sqlite
