#include "portico/observe/process_metrics.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace portico::observe {
namespace {

struct Description {
  std::string_view name, kind, help;
};
constexpr Description cpu{"process_cpu_seconds_total", "counter",
                          "User and system CPU time spent in seconds."};
constexpr Description memory{"process_resident_memory_bytes", "gauge", "Resident memory in bytes."};
constexpr Description fds{"process_open_fds", "gauge", "Number of open file descriptors."};
constexpr Description start{"process_start_time_seconds", "gauge",
                            "Start of the process in seconds since 1970."};

// Takes the next field, up to a space or line end, off the front.
std::string_view take_field(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::string_view field = text.substr(0, text.find_first_of(" \n"));
  text.remove_prefix(field.size());
  return field;
}

std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string read_file(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<uint64_t> open_descriptors() {
  std::error_code error;
  uint64_t count = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;
       entry.increment(error))
    ++count;
  if (error || count == 0) return std::nullopt;
  return count - 1;  // without the one that reads the directory
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(name_end + 1);
  std::optional<uint64_t> user, system, started, pages;
  for (int field = 3; field <= 24; ++field) {  // numbered as in proc(5)
    std::string_view value = take_field(text);
    if (field == 14) user = number(value);
    if (field == 15) system = number(value);
    if (field == 22) started = number(value);
    if (field == 24) pages = number(value);
  }
  if (!user || !system || !started || !pages) return std::nullopt;
  return ProcessStat{*user, *system, *started, *pages};
}

std::optional<uint64_t> parse_boot_time(std::string_view text) {
  constexpr std::string_view key = "btime ";
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(key)) return number(line.substr(key.size()));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return std::nullopt;
}

bool is_process_metric(std::string_view name) {
  return name == cpu.name || name == memory.name || name == fds.name || name == start.name;
}

std::map<std::string, std::string, std::less<>> process_metrics() {
  std::map<std::string, std::string, std::less<>> blocks;
  auto add = [&](const Description& metric, auto value) {
    blocks.emplace(metric.name, fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", metric.name,
                                            metric.help, metric.kind, value));
  };
  double ticks_per_second = double(::sysconf(_SC_CLK_TCK));
  if (auto stat = parse_process_stat(read_file("/proc/self/stat"))) {
    add(cpu, double(stat->user_ticks + stat->system_ticks) / ticks_per_second);
    add(memory, stat->resident_pages * uint64_t(::sysconf(_SC_PAGESIZE)));
    if (auto boot = parse_boot_time(read_file("/proc/stat")))
      add(start, fmt::format("{:.2f}", double(*boot) + double(stat->start_ticks) / ticks_per_second));
  }
  if (auto count = open_descriptors()) add(fds, *count);
  return blocks;
}

}  // namespace portico::observe
