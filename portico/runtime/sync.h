// Waiting for one another: the few primitives that coroutines need. All are thread-safe; a waiter resumes on
// its own executor, never inside the call that wakes it.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <optional>
#include <vector>

#include "portico/base/error.h"
#include "portico/runtime/runtime.h"

namespace portico {

// A gate that opens once. Waiting on an open gate returns at once.
class Gate {
 public:
  Gate();
  ~Gate();  // waiters that are left are dropped, not resumed
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  void open();
  bool is_open() const;
  Task<void> wait();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Wakes waiters again and again: `notify` wakes all that wait now. A notification without waiters is kept for
// the next.
class Signal {
 public:
  explicit Signal(Runtime& runtime);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  void notify();
  // True when notified, false when `span` passed first.
  Task<bool> wait_for(Duration span);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Mutual exclusion in the order of arrival, held over awaits. Not recursive. `std::lock_guard held(mutex,
// std::adopt_lock)` behind `co_await mutex.lock()` unlocks at the end of the scope.
class AsyncMutex {
 public:
  AsyncMutex();
  ~AsyncMutex();
  AsyncMutex(const AsyncMutex&) = delete;
  AsyncMutex& operator=(const AsyncMutex&) = delete;
  Task<void> lock();
  void unlock();  // hands over to the next waiter, who resumes on its own executor
  size_t waiting() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Lets everything go first that is runnable on the caller's executor now.
Task<void> yield();

// Runs `task` and ends it at `deadline`: throws Error(too_late, "deadline.passed"). An error of the task
// itself is rethrown as it is. Cancellation is cooperative: the task ends at its next await on a timer,
// socket or gate.
template <class T>
Task<T> within(Runtime& runtime, Instant deadline, Task<T> task);

// Runs the tasks side by side on the caller's executor and returns their results in order. When some fail,
// all are waited for, then the first failure by position is rethrown.
template <class T>
Task<std::vector<T>> all(std::vector<Task<T>> tasks);
Task<void> all(std::vector<Task<void>> tasks);

// Runs `task` on that reactor and resumes the caller on its own executor; its error is rethrown. With several
// reactors a cancelled caller leaves the task to its end, so it must own what it refers to.
template <class T>
Task<T> on_reactor(Runtime& runtime, size_t index, Task<T> task);

}  // namespace portico

#include "portico/runtime/sync_impl.h"  // IWYU pragma: export
