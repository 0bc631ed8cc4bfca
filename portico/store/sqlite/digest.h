// Inside store/sqlite only: the checksum of a migration.
#pragma once

#include <string>
#include <string_view>

namespace portico::sqlite {

std::string sha256_hex(std::string_view bytes);

}  // namespace portico::sqlite
