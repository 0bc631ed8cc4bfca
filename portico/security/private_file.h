// Files that only their owner may read: key files and generated secrets. All calls block on the disk.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include "portico/base/error.h"
#include "portico/base/secret.h"

namespace portico::security {

// The whole file. Errors: not_found; forbidden "<kind>.file_exposed" when group or others have any right to
// it; invalid
// "<kind>.file_size" when empty or over `bytes_max`; unavailable when it cannot be read. `kind` begins the
// reason.
std::expected<Secret, Error> read_private_file(const std::string& path, size_t bytes_max,
                                               std::string_view kind);

// Makes the file with mode 0600, whole or not at all, synced to disk. False: it already exists and is left as
// it is.
std::expected<bool, Error> create_private_file(const std::string& path, const Secret& content);

}  // namespace portico::security
