// Inside runtime/ only: what becomes of exceptions that leave spawned coroutines.
#pragma once

#include <exception>
#include <mutex>

#include "portico/runtime/runtime.h"

namespace portico {

class Runtime::Failures {
 public:
  void replace_hook(TaskFailureHook hook);
  void report(std::string_view name, std::exception_ptr error);
  uint64_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::mutex mutex_;
  std::shared_ptr<TaskFailureHook> hook_;
  std::atomic<uint64_t> count_ = 0;
};

}  // namespace portico
