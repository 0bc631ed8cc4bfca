// Marks of rare paths: a simulation counts how often each was reached, so that a campaign can tell which
// never were. Outside a simulation they cost a look at a pointer.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace portico {

using SometimesCounts = std::map<std::string, uint64_t, std::less<>>;

namespace detail {
inline thread_local SometimesCounts* sometimes_counts = nullptr;
void count_sometimes(std::string_view name);
}  // namespace detail

// "This happens sometimes": sometimes("bus.duplicate_absorbed").
inline void sometimes(std::string_view name) {
  if (detail::sometimes_counts) detail::count_sometimes(name);
}

// While it lives, marks reached on this thread are counted in `counts`.
class CountSometimes {
 public:
  explicit CountSometimes(SometimesCounts& counts) : before_(detail::sometimes_counts) {
    detail::sometimes_counts = &counts;
  }
  ~CountSometimes() { detail::sometimes_counts = before_; }
  CountSometimes(const CountSometimes&) = delete;
  CountSometimes& operator=(const CountSometimes&) = delete;

 private:
  SometimesCounts* before_;
};

}  // namespace portico
