// Inside store/ only: what every engine that keeps members in columns or fields asks of a description.
#pragma once

#include "portico/store/store.h"

namespace portico::store {

// Whether a value of the type can be absent (an optional or nullable member).
bool is_absentable(const schema::Type& type);
// The type of the value when there is one.
const schema::Type& present_type(const schema::Type& type);
// Whether the value is stored as an integer; everything else is stored as text.
bool is_integral(const schema::Type& type);
// Whether values of the type can be sorted, compared and indexed: not lists, structs and JSON.
bool is_ordered(const schema::Type& type);
// How the kind of a member is recorded beside the data, so that a change of meaning is noticed even where
// the column stays the same: "text", "integer", "time?" (may be absent), …
std::string kind_name(const schema::Type& type);

// The member of exactly that name; nullptr when there is none.
const schema::Member* find_member(const CollectionInfo& info, std::string_view name);
inline const schema::Member& key_of(const CollectionInfo& info) { return info.type->members[info.key]; }

// Sets a member's value from what is stored. False where it cannot be one (a label or JSON that the
// description does not know).
bool assign(const schema::Type& type, void* object, const Value& value);
bool assign_integer(const schema::Type& type, void* object, int64_t value);
bool assign_text(const schema::Type& type, void* object, std::string_view text);

}  // namespace portico::store
