// What must always hold of a system's data, as functions: tests, simulated runs and operators run the same
// ones.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "portico/observe/call.h"

namespace portico {

// What a check has found: the first lines are kept, all are counted.
class Findings {
 public:
  static constexpr size_t kept_max = 20;
  void checked() { ++checked_; }
  void add(std::string line) {
    ++count_;
    if (lines_.size() < kept_max) lines_.push_back(std::move(line));
  }
  int64_t checked_count() const { return checked_; }
  int64_t count() const { return count_; }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  int64_t checked_ = 0, count_ = 0;
  std::vector<std::string> lines_;
};

enum class Severity { violation, warning };
PORTICO_DESCRIBE_ENUM(Severity, violation, warning)

struct Invariant {
  std::string name;  // "stock.balance"
  std::string text;  // "The stock of a product is the sum of its movements."
  std::function<Task<void>(Call& call, Findings& findings)> check;
  Severity severity = Severity::violation;  // of what it finds
};

}  // namespace portico
