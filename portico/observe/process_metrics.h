// What the kernel knows about this process, as Prometheus metrics under their usual names.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace portico::observe {

// The fields of /proc/<pid>/stat that are shown (proc(5)).
struct ProcessStat {
  uint64_t user_ticks = 0;
  uint64_t system_ticks = 0;
  uint64_t start_ticks = 0;  // since boot
  uint64_t resident_pages = 0;
};
// The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
std::optional<ProcessStat> parse_process_stat(std::string_view text);

// Seconds since 1970 at which the machine was started: the line "btime" of /proc/stat.
std::optional<uint64_t> parse_boot_time(std::string_view text);

// Name to exposition block with HELP and TYPE. What the system does not tell is left out.
std::map<std::string, std::string, std::less<>> process_metrics();
bool is_process_metric(std::string_view name);

}  // namespace portico::observe
