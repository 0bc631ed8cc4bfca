#include <gtest/gtest.h>
#include <signal.h>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "portico/base/error.h"
#include "portico/runtime/runtime.h"
#include "portico/runtime/sync.h"

namespace portico {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Task<void> note_thread(Runtime& runtime, std::vector<std::thread::id>* ids, size_t index,
                       std::atomic<int>* left, Gate* last) {
  (*ids)[index] = std::this_thread::get_id();
  co_await runtime.sleep(Duration(1));
  EXPECT_EQ((*ids)[index], std::this_thread::get_id());
  co_await runtime.offload([] {});
  EXPECT_EQ((*ids)[index], std::this_thread::get_id());
  if (left->fetch_sub(1) == 1) last->open();
}

Task<void> stop_after(RealRuntime& runtime, Gate* last) {
  co_await last->wait();
  runtime.stop();
}

TEST(RealRuntime, EachReactorIsOneThreadAndTheFirstIsTheCaller) {
  auto runtime = RealRuntime::make({.reactors = 3});
  ASSERT_EQ(runtime->reactor_count(), 3u);
  std::vector<std::thread::id> ids(3);
  std::atomic<int> left = 3;
  Gate last;
  for (size_t i = 0; i < 3; ++i) runtime->spawn("note", note_thread(*runtime, &ids, i, &left, &last), i);
  runtime->spawn("stop", stop_after(*runtime, &last));
  runtime->run();
  EXPECT_EQ(ids[0], std::this_thread::get_id());
  EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), 3u);
}

struct Counter {
  std::atomic<int>* count;
  ~Counter() { ++*count; }
};

Task<void> hang(Runtime& runtime, int kind, Gate* gate, AsyncMutex* mutex, Signal* signal,
                std::atomic<int>* destroyed, std::atomic<int>* waiting) {
  Counter counter{destroyed};
  ++*waiting;
  switch (kind) {
    case 0:
      co_await runtime.sleep(std::chrono::hours(1));
      break;
    case 1:
      co_await gate->wait();
      break;
    case 2:
      co_await mutex->lock();
      break;
    case 3:
      co_await signal->wait_for(std::chrono::hours(1));
      break;
    case 4: {
      std::vector<Task<void>> tasks;
      tasks.push_back(gate->wait());
      tasks.push_back(runtime.sleep(std::chrono::hours(1)));
      co_await all(std::move(tasks));
      break;
    }
    case 5:
      co_await within(runtime, runtime.steady() + std::chrono::hours(1), gate->wait());
      break;
  }
}

Task<void> stop_when(RealRuntime& runtime, std::atomic<int>* waiting, int wanted) {
  while (*waiting < wanted) co_await runtime.sleep(Duration(100));
  runtime.stop();
}

Task<std::thread::id> own_thread(Runtime& runtime, bool fails) {
  co_await runtime.sleep(Duration(1));
  if (fails) throw Error(conflict, "no.luck");
  co_return std::this_thread::get_id();
}

Task<void> cross_reactors(RealRuntime& runtime) {
  const std::thread::id here = std::this_thread::get_id();
  EXPECT_EQ(co_await on_reactor(runtime, 0, own_thread(runtime, false)), here);
  const std::thread::id other = co_await on_reactor(runtime, 1, own_thread(runtime, false));
  EXPECT_NE(other, here);
  EXPECT_EQ(std::this_thread::get_id(), here);
  EXPECT_EQ(co_await on_reactor(runtime, 1, own_thread(runtime, false)), other);
  std::string reason;
  try {
    co_await on_reactor(runtime, 1, own_thread(runtime, true));
  } catch (const Error& error) {
    reason = error.reason();
  }
  EXPECT_EQ(reason, "no.luck");
  EXPECT_EQ(std::this_thread::get_id(), here);
  runtime.stop();
}

TEST(RealRuntime, ATaskOnAnotherReactorComesBackWithItsResult) {
  auto runtime = RealRuntime::make({.reactors = 2});
  runtime->spawn("test", cross_reactors(*runtime));
  runtime->run();
  EXPECT_EQ(runtime->task_failures(), 0u);
}

TEST(RealRuntime, StopDestroysWhatIsSuspendedBeforeRunReturns) {
  auto runtime = RealRuntime::make({.reactors = 3});
  Gate gate;
  AsyncMutex mutex;
  Signal signal(*runtime);
  std::atomic<int> destroyed = 0, waiting = 0;
  for (int i = 0; i < 60; ++i) {
    runtime->spawn("hang", hang(*runtime, i % 6, &gate, &mutex, &signal, &destroyed, &waiting), i % 3);
  }
  runtime->spawn("stop", stop_when(*runtime, &waiting, 60));
  runtime->run();
  EXPECT_GE(destroyed, 59);  // the one that got the mutex has ended by itself
  EXPECT_EQ(destroyed, 60);
}

TEST(RealRuntime, StopBeforeRunReturnsAtOnce) {
  auto runtime = RealRuntime::make({.reactors = 2});
  std::atomic<int> destroyed = 0, waiting = 0;
  Gate gate;
  AsyncMutex mutex;
  Signal signal(*runtime);
  runtime->spawn("hang", hang(*runtime, 0, &gate, &mutex, &signal, &destroyed, &waiting));
  runtime->stop();
  runtime->run();
  EXPECT_EQ(waiting, 0);
}

Task<void> fail() {
  throw Error(conflict, "seat.taken", "taken");
  co_return;
}

TEST(RealRuntime, FailuresReachTheHookAndAreCounted) {
  auto runtime = RealRuntime::make({.reactors = 1});
  std::string heard;
  runtime->on_task_failure([&](std::string_view name, std::string_view) {
    heard = name;
    runtime->stop();
  });
  runtime->spawn("booking", fail());
  runtime->run();
  EXPECT_EQ(heard, "booking");
  EXPECT_EQ(runtime->task_failures(), 1u);
}

struct Door {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  int inside = 0;
  void pass() {
    std::unique_lock lock(mutex);
    ++inside;
    changed.notify_all();
    changed.wait(lock, [this] { return open; });
  }
  void wait_inside(int count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return inside >= count; });
  }
  void unlock() {
    std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
};

Task<void> block(Runtime& runtime, Door* door, int* done) {
  co_await runtime.offload([door] { door->pass(); });
  ++*done;
}

Task<void> offload_limits(RealRuntime& runtime, Door* door, int* done) {
  runtime.spawn("running", block(runtime, door, done));
  co_await runtime.sleep(Duration(1));
  door->wait_inside(1);
  runtime.spawn("waiting", block(runtime, door, done));
  runtime.spawn("waiting", block(runtime, door, done));
  co_await runtime.sleep(Duration(1));
  std::string reason;
  try {
    co_await runtime.offload([] {});
  } catch (const Error& e) {
    reason = e.reason();
  }
  EXPECT_EQ(reason, "pool.full");
  door->unlock();
  while (*done < 3) co_await runtime.sleep(Duration(100));
  bool thrown = false;
  try {
    co_await runtime.offload([] { throw std::runtime_error("disk"); });
  } catch (const std::runtime_error& e) {
    thrown = e.what() == std::string("disk");
  }
  EXPECT_TRUE(thrown);
  runtime.stop();
}

TEST(RealRuntime, OffloadIsBoundedAndRethrows) {
  auto runtime = RealRuntime::make({.reactors = 1, .pool_threads = 1, .pool_queue_max = 2});
  Door door;
  int done = 0;
  runtime->spawn("test", offload_limits(*runtime, &door, &done));
  runtime->run();
  EXPECT_EQ(done, 3);
}

TEST(RealRuntime, StopWithQueuedJobsDropsThem) {
  auto runtime = RealRuntime::make({.reactors = 1, .pool_threads = 1, .pool_queue_max = 10});
  Door door;
  int done = 0;
  for (int i = 0; i < 5; ++i) runtime->spawn("block", block(*runtime, &door, &done));
  std::thread stopper([&] {
    door.wait_inside(1);
    runtime->stop();
    door.unlock();
  });
  runtime->run();
  stopper.join();
  EXPECT_EQ(done, 0);
}

Task<void> raise_signal() {
  kill(getpid(), SIGTERM);
  co_return;
}

TEST(RealRuntime, SignalsAreDelivered) {
  auto runtime = RealRuntime::make({.reactors = 2});
  int heard = 0;
  runtime->on_signal([&](int signal) {
    heard = signal;
    runtime->stop();
  });
  runtime->spawn("raise", raise_signal());
  runtime->run();
  EXPECT_EQ(heard, SIGTERM);
}

Task<void> check_sleep(RealRuntime& runtime) {
  auto before = runtime.steady();
  co_await runtime.sleep(milliseconds(5));
  EXPECT_GE(runtime.steady() - before, milliseconds(5));
  EXPECT_GT(runtime.now().ms, 1'600'000'000'000);
  runtime.stop();
}

TEST(RealRuntime, SleepsAtLeastTheSpan) {
  auto runtime = RealRuntime::make({.reactors = 1});
  runtime->spawn("test", check_sleep(*runtime));
  runtime->run();
}

}  // namespace
}  // namespace portico
