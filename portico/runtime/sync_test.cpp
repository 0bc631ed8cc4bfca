#include "portico/runtime/sync.h"

#include <thread>

#include "portico/runtime/sync_test_support.h"

namespace portico {

INSTANTIATE_TEST_SUITE_P(Runtimes, Sync, testing::Values(false, true),
                         [](const auto& info) { return info.param ? "simulated" : "real"; });

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Task<void> wait_gate(Gate* gate, int* passed, Gate* last, int wanted) {
  co_await gate->wait();
  if (++*passed == wanted) last->open();
}

TEST_P(Sync, GateLetsAllWaitersThrough) {
  struct Flow {
    static Task<void> run(Runtime& runtime) {
      Gate gate, last;
      int passed = 0;
      for (int i = 0; i < 10; ++i) runtime.spawn("waiter", wait_gate(&gate, &passed, &last, 10));
      co_await yield(runtime);
      EXPECT_EQ(passed, 0);
      EXPECT_FALSE(gate.is_open());
      gate.open();
      EXPECT_EQ(passed, 0);  // nobody resumes inside the call
      co_await last.wait();
      EXPECT_EQ(passed, 10);
      co_await gate.wait();  // open for ever
    }
  };
  run(Flow::run);
}

struct Bell {
  Gate* gate;
  ~Bell() { gate->open(); }
};

Task<void> wait_with_bell(Gate* gate, Gate* bell, bool* resumed) {
  Bell rings{bell};
  co_await gate->wait();
  *resumed = true;
}

TEST_P(Sync, AGateThatDiesDropsItsWaiters) {
  struct Flow {
    static Task<void> run(Runtime& runtime) {
      Gate bell;
      bool resumed = false;
      auto gate = std::make_unique<Gate>();
      runtime.spawn("waiter", wait_with_bell(gate.get(), &bell, &resumed));
      co_await yield(runtime);
      gate.reset();
      co_await bell.wait();
      EXPECT_FALSE(resumed);
    }
  };
  run(Flow::run);
}

TEST_P(Sync, SignalKeepsOneNotificationAndTimesOut) {
  struct Flow {
    static Task<void> run(Runtime& runtime) {
      Signal signal(runtime);
      EXPECT_FALSE(co_await signal.wait_for(milliseconds(1)));
      signal.notify();
      signal.notify();
      EXPECT_TRUE(co_await signal.wait_for(seconds(10)));
      EXPECT_FALSE(co_await signal.wait_for(milliseconds(1)));
      EXPECT_FALSE(co_await signal.wait_for(Duration(-5)));
    }
  };
  run(Flow::run);
}

Task<void> wait_signal(Signal* signal, int* woken, Gate* last, int wanted) {
  EXPECT_TRUE(co_await signal->wait_for(seconds(60)));
  if (++*woken == wanted) last->open();
}

TEST_P(Sync, SignalWakesAllThatWaitNow) {
  struct Flow {
    static Task<void> run(Runtime& runtime) {
      Signal signal(runtime);
      Gate last;
      int woken = 0;
      for (int i = 0; i < 5; ++i) runtime.spawn("waiter", wait_signal(&signal, &woken, &last, 5));
      co_await yield(runtime);
      signal.notify();
      co_await last.wait();
      EXPECT_FALSE(co_await signal.wait_for(milliseconds(1)));  // nothing was kept
    }
  };
  run(Flow::run);
}

Task<void> critical(Runtime& runtime, AsyncMutex* mutex, int id, std::vector<int>* order, int* inside) {
  co_await mutex->lock();
  std::lock_guard held(*mutex, std::adopt_lock);
  EXPECT_EQ(++*inside, 1);
  order->push_back(id);
  co_await yield(runtime);
  --*inside;
}

TEST_P(Sync, MutexIsHeldOverAwaitsInOrderOfArrival) {
  struct Flow {
    static Task<void> run(Runtime& runtime) {
      AsyncMutex mutex;
      std::vector<int> order;
      int inside = 0;
      std::vector<Task<void>> tasks;
      for (int i = 0; i < 10; ++i) tasks.push_back(critical(runtime, &mutex, i, &order, &inside));
      co_await all(std::move(tasks));
      EXPECT_EQ(order.size(), 10u);
      EXPECT_EQ(mutex.waiting(), 0u);
      co_await mutex.lock();  // free again
      mutex.unlock();
    }
  };
  run(Flow::run);
}

Task<void> lock_forever(AsyncMutex* mutex) { co_await mutex->lock(); }

TEST_P(Sync, ACancelledWaiterLeavesTheMutexToTheNext) {
  struct Flow {
    static Task<void> run(Runtime& runtime) {
      AsyncMutex mutex;
      co_await mutex.lock();
      bool ended = false;
      try {
        co_await within(runtime, runtime.steady() + milliseconds(2), lock_forever(&mutex));
      } catch (const Error& e) {
        ended = e.reason() == "deadline.passed";
      }
      EXPECT_TRUE(ended);
      EXPECT_EQ(mutex.waiting(), 0u);
      mutex.unlock();
      co_await mutex.lock();
      mutex.unlock();
    }
  };
  run(Flow::run);
}

// Threads against each other: waiters on both reactors, notified from a foreign thread, some timing out.
Task<void> storm(Runtime& runtime, Signal* signal, AsyncMutex* mutex, int rounds, std::atomic<int>* left,
                 Gate* last, int* guarded) {
  for (int i = 0; i < rounds; ++i) {
    co_await signal->wait_for(Duration(i % 7 * 20));
    co_await mutex->lock();
    ++*guarded;
    mutex->unlock();
  }
  (void)runtime;
  if (left->fetch_sub(1) == 1) last->open();
}

Task<void> stop_after(RealRuntime& runtime, Gate* last) {
  co_await last->wait();
  runtime.stop();
}

TEST(SyncThreads, NothingIsLostBetweenThreads) {
  auto runtime = RealRuntime::make({.reactors = 4});
  Signal signal(*runtime);
  AsyncMutex mutex;
  Gate last;
  constexpr int workers = 16, rounds = 200;
  std::atomic<int> left = workers;
  int guarded = 0;
  for (int i = 0; i < workers; ++i) {
    runtime->spawn("storm", storm(*runtime, &signal, &mutex, rounds, &left, &last, &guarded), i % 4);
  }
  runtime->spawn("stop", stop_after(*runtime, &last));
  std::atomic<bool> end = false;
  std::thread notifier([&] {
    while (!end) {
      signal.notify();
      std::this_thread::yield();
    }
  });
  runtime->run();
  end = true;
  notifier.join();
  EXPECT_EQ(guarded, workers * rounds);
}

}  // namespace
}  // namespace portico
