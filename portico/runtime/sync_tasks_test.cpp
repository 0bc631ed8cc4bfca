#include "portico/runtime/sync_test_support.h"

namespace portico {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Task<int> slow(Runtime& runtime, Duration span, int value) {
  co_await runtime.sleep(span);
  co_return value;
}

Task<int> failing(Runtime& runtime, std::string reason) {
  co_await yield(runtime);
  throw Error(conflict, reason);
}

Task<std::string> reason_of(Task<int> task) {
  try {
    co_await std::move(task);
  } catch (const Error& e) {
    co_return e.reason();
  }
  co_return "";
}

Task<int> wait_for_ever(Gate* gate) {
  co_await gate->wait();
  co_return 0;
}

Task<int> started(bool* flag) {
  *flag = true;
  co_return 1;
}

TEST_P(Sync, WithinReturnsRethrowsAndExpires) {
  struct Flow {
    static Task<void> run(Runtime& runtime) {
      Gate gate;
      auto soon = [&] { return runtime.steady() + milliseconds(3); };
      auto late = [&] { return runtime.steady() + seconds(60); };
      EXPECT_EQ(co_await within(runtime, late(), slow(runtime, Duration(1), 42)), 42);
      EXPECT_EQ(co_await reason_of(within(runtime, late(), failing(runtime, "no.luck"))), "no.luck");
      EXPECT_EQ(co_await reason_of(within(runtime, soon(), slow(runtime, seconds(60), 1))),
                "deadline.passed");
      EXPECT_EQ(co_await reason_of(within(runtime, soon(), wait_for_ever(&gate))), "deadline.passed");
      bool flag = false;
      EXPECT_EQ(co_await reason_of(within(runtime, runtime.steady(), started(&flag))), "deadline.passed");
      EXPECT_FALSE(flag);
      EXPECT_EQ(co_await within(runtime, late(), started(&flag)), 1);
    }
  };
  run(Flow::run);
}

TEST_P(Sync, WithinReachesThroughNestedHelpers) {
  struct Flow {
    static Task<std::vector<int>> both(Runtime& runtime, Gate* gate) {
      std::vector<Task<int>> tasks;
      tasks.push_back(wait_for_ever(gate));
      tasks.push_back(within(runtime, runtime.steady() + seconds(60), slow(runtime, seconds(50), 1)));
      co_return co_await all(std::move(tasks));
    }
    static Task<void> run(Runtime& runtime) {
      Gate gate;
      std::string reason;
      auto before = runtime.steady();
      try {
        co_await within(runtime, runtime.steady() + milliseconds(3), both(runtime, &gate));
      } catch (const Error& e) {
        reason = e.reason();
      }
      EXPECT_EQ(reason, "deadline.passed");
      EXPECT_LT(runtime.steady() - before, seconds(5));
    }
  };
  run(Flow::run);
}

Task<int> mark(Runtime& runtime, Duration span, int* done) {
  co_await runtime.sleep(span);
  co_return ++*done;
}

TEST_P(Sync, AllKeepsOrderAndWaitsForEveryTask) {
  struct Flow {
    static Task<void> run(Runtime& runtime) {
      std::vector<Task<int>> tasks;
      for (int i = 0; i < 5; ++i) tasks.push_back(slow(runtime, milliseconds(5 - i), i));
      EXPECT_EQ(co_await all(std::move(tasks)), (std::vector<int>{0, 1, 2, 3, 4}));
      std::vector<Task<int>> none;
      EXPECT_TRUE((co_await all(std::move(none))).empty());

      int done = 0;
      std::vector<Task<int>> mixed;
      mixed.push_back(mark(runtime, milliseconds(4), &done));
      mixed.push_back(failing(runtime, "second"));
      mixed.push_back(mark(runtime, milliseconds(6), &done));
      mixed.push_back(failing(runtime, "fourth"));
      std::string reason;
      try {
        co_await all(std::move(mixed));
      } catch (const Error& e) {
        reason = e.reason();
      }
      EXPECT_EQ(reason, "second");
      EXPECT_EQ(done, 2);
    }
  };
  run(Flow::run);
}

}  // namespace
}  // namespace portico
