// Secrets: values that never print, and comparison that does not tell how much was right.
#pragma once

#include <string>
#include <string_view>

namespace portico {

// A secret value. It has no stream or format operator, and its memory is overwritten when it dies.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) = default;
  ~Secret();
  const std::string& reveal() const { return value_; }  // the only way to the value: easy to search for
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

// Whether two texts are equal; takes the same time wherever they differ. Lengths are not hidden.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace portico
