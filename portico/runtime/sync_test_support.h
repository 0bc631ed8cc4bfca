// For the tests of sync.h only: each body runs on both runtimes.
#pragma once

#include <gtest/gtest.h>

#include "portico/runtime/runtime.h"
#include "portico/runtime/sync.h"

namespace portico {
// Runs one test body on each runtime.
class Sync : public testing::TestWithParam<bool> {
 protected:
  // `make` is called with the runtime and returns the task to run.
  template <class Make>
  void run(Make make) {
    if (GetParam()) {
      auto sim = SimRuntime::make(testing::UnitTest::GetInstance()->random_seed() + 1);
      sim->run(make(*sim));
    } else {
      auto runtime = RealRuntime::make({.reactors = 2});
      std::string failure;
      runtime->on_task_failure([&](std::string_view, std::string_view what) { failure = what; });
      runtime->spawn("test", then_stop(*runtime, make(*runtime)));
      runtime->run();
      EXPECT_EQ(failure, "");
    }
  }

 private:
  struct StopAtEnd {
    RealRuntime& runtime;
    ~StopAtEnd() { runtime.stop(); }
  };
  static Task<void> then_stop(RealRuntime& runtime, Task<void> task) {
    StopAtEnd stop{runtime};
    co_await std::move(task);
  }
};
inline Task<void> yield(Runtime& runtime) { co_await runtime.sleep(Duration(1)); }
}  // namespace portico
