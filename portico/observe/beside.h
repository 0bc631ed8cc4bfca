// For tests: work on real threads, which are those of a runtime's pool.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "portico/runtime/runtime.h"

namespace portico::observe {

inline Task<void> stop_after(RealRuntime& runtime, std::function<void()> job, size_t* left) {
  co_await runtime.offload(std::move(job));
  if (--*left == 0) runtime.stop();
}

// Runs the jobs side by side, each on a thread of the pool, which must have as many; returns when all are
// done and the runtime has stopped.
inline void run_beside(RealRuntime& runtime, std::vector<std::function<void()>> jobs) {
  size_t left = jobs.size();  // counted on reactor 0 alone
  for (auto& job : jobs) runtime.spawn("job", stop_after(runtime, std::move(job), &left));
  runtime.run();
}

inline void run_beside(std::vector<std::function<void()>> jobs) {
  auto runtime = RealRuntime::make({.reactors = 1, .pool_threads = unsigned(jobs.size())});
  run_beside(*runtime, std::move(jobs));
}

}  // namespace portico::observe
