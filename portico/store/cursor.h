// Inside store/ only: the order of a listing and the opaque cursor that names a place in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "portico/store/columns.h"

namespace portico::store {

struct SortKey {
  const schema::Member* member = nullptr;
  bool descending = false;
};
// The members to sort by; the key stands last, in the direction of the member before it, so that the order is
// total and an index can be walked either way.
using SortOrder = std::vector<SortKey>;
SortOrder sort_order(const CollectionInfo& info, std::span<const Sort> sort);

using CursorValues = std::vector<Value>;  // one a SortKey
inline constexpr size_t cursor_bytes_max = 8192;

// The place of `object`. Error(internal, "cursor.too_long") where its sort members are longer than a cursor.
std::string write_cursor(const CollectionInfo& info, const SortOrder& order, const void* object);
// Error(invalid, "cursor.invalid") for anything but a cursor of this collection and order.
CursorValues read_cursor(std::string_view cursor, const CollectionInfo& info, const SortOrder& order);

}  // namespace portico::store
