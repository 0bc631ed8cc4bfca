// When a value of each kind is right, and in which words it is said that it is not: shared by reading,
// binding and validation. No message holds anything of the input; labels of enumerations come from the
// schema. Internal to schema/.
#pragma once

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>

#include "portico/schema/report.h"

namespace portico::schema::detail {

inline constexpr std::string_view is_required = "is required";
inline constexpr std::string_view given_twice = "is given more than once";
inline constexpr std::string_view names_twice = "names a member more than once";
inline constexpr std::string_view must_be_email = "must be an e-mail address";
inline constexpr std::string_view must_be_id =
    "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -, not only dots";
inline constexpr std::string_view not_utf8 = "must be valid UTF-8";
inline constexpr std::string_view has_nul = "must not contain the character U+0000";

// Members of a struct by their place.
inline constexpr size_t members_max = 384;
using MemberSet = std::bitset<members_max>;

// The years 0000 to 9999, which RFC 3339 can write.
inline constexpr int64_t days_min = -719'528, days_max = 2'932'896;
inline constexpr int64_t day_ms = 86'400'000;

// The checks of one kind each; all report what is wrong and say whether nothing was.
bool check_characters(Report& report, const Path* path, const Type& type, size_t characters);
bool check_integer(Report& report, const Path* path, const Type& type, int64_t value);
bool check_enumerator(Report& report, const Path* path, const Type& type, int64_t index);
bool check_money(Report& report, const Path* path, int64_t minor);
bool check_items(Report& report, const Path* path, const Type& type, size_t items);
bool check_json_bytes(Report& report, const Path* path, const Type& type, size_t bytes);
bool check_time(Report& report, const Path* path, int64_t ms);
bool check_date(Report& report, const Path* path, int64_t days);
void check_required(Report& report, const Path* path, const Type& type, const MemberSet& seen);

// A number's text into an integer or money.
bool store_number(Report& report, const Path* path, const Type& type, void* object, std::string_view number);
// Text without escapes, valid UTF-8, of that many code points, into any kind that travels as a string.
bool store_text(Report& report, const Path* path, const Type& type, void* object, std::string_view text,
                size_t characters);

// One mailbox after RFC 5321: dot-atom of at most 64 bytes, "@", a domain of two labels or more; ASCII.
bool is_email(std::string_view text);
// 1 to 64 of A-Z a-z 0-9 . _ : -, at least one of them no dot.
bool is_id(std::string_view text);

// Copies checked JSON without the white space between its tokens.
void append_compact(std::string& out, std::string_view json);

}  // namespace portico::schema::detail
