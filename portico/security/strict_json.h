// Private to this layer: JSON as tokens and key sets need it, where two readers must never see two meanings.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string_view>

namespace portico::security {

inline constexpr size_t json_depth_max = 8;

// A JSON object (RFC 8259) in valid UTF-8, at most `json_depth_max` deep, no member named twice in any object
// (RFC 7515 section 4 leaves a choice; the last-one-wins of most parsers has been exploited). Nothing
// otherwise.
std::optional<boost::json::object> parse_strict_object(std::string_view text);

// The string member of that name; null when absent or of another type.
const boost::json::string* find_string(const boost::json::object& object, std::string_view name);

}  // namespace portico::security
