// What must not stand in a log: found by key and by look.
#pragma once

#include <string>
#include <string_view>

namespace portico::observe {

inline constexpr std::string_view redacted = "[redacted]";
inline constexpr size_t value_bytes_max =
    2048;  // of one text in a log line; what is longer is cut and marked

// A text as it may be shown: at most `value_bytes_max` bytes and a mark, without the user information of URLs
// and the values of sensitive query parameters; with `mask` also without readable e-mail addresses. Returns
// `text` itself, or a view of `scratch` where something had to change.
std::string_view presentable(std::string_view text, bool mask, std::string& scratch);

}  // namespace portico::observe
