// The templates of sync.h.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "portico/runtime/sync.h"

namespace portico::detail {

// Coroutines that one coroutine has started beside itself and waits for: how to cancel them and what became
// of them. Everything happens on its executor.
struct Children {
  struct Child {
    boost::asio::cancellation_signal signal;
    std::exception_ptr error;
  };
  explicit Children(size_t count) : list(count) {}
  void cancel() {
    for (auto& child : list) child.signal.emit(boost::asio::cancellation_type::terminal);
  }

  std::vector<Child> list;
  bool done = false;
  bool expired = false;
};

// The coroutine that waits. Owned by the children alone: its frame refers to `Children`, so a reference from
// there would close a circle, and children that are destroyed unfinished must take their parent with them.
struct Parent {
  Executor executor;
  size_t running;
  std::move_only_function<void()> resume;
};

// Has no executor of its own on purpose: with one, Asio would deliver a cancellation through a queue, by a
// pointer that may dangle when its turn comes.
struct ChildDone {
  using cancellation_slot_type = boost::asio::cancellation_slot;
  cancellation_slot_type get_cancellation_slot() const noexcept {
    return children->list[index].signal.slot();
  }
  void operator()(std::exception_ptr error) {
    children->list[index].error = error;
    if (--parent->running > 0) return;
    children->done = true;
    boost::asio::post(parent->executor, std::exchange(parent->resume, nullptr));
  }
  std::shared_ptr<Children> children;
  std::shared_ptr<Parent> parent;
  size_t index;
};

// Starts the tasks and completes when all are done; a cancellation of the caller reaches each of them.
struct StartChildren {
  std::shared_ptr<Children> children;
  Executor executor;
  std::vector<Task<void>> tasks;

  template <class Handler>
  void operator()(Handler handler) {
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      slot.assign([weak = std::weak_ptr(children)](boost::asio::cancellation_type) {
        if (auto children = weak.lock()) children->cancel();
      });
    }
    // The frame that holds this object may be gone as soon as the last task is started.
    auto kept = children;
    auto started = std::move(tasks);
    auto parent = std::make_shared<Parent>(
        executor, started.size(), [handler = std::move(handler)]() mutable { std::move(handler)(); });
    for (size_t i = 0; i < started.size(); ++i) {
      boost::asio::co_spawn(parent->executor, std::move(started[i]), ChildDone{kept, parent, i});
    }
  }
};

// Runs the tasks side by side; their errors are left in `children`. Empty `tasks` must not be passed.
Task<void> run_children(std::shared_ptr<Children> children, std::vector<Task<void>> tasks);
// Runs the task and ends it at `deadline`, as `within` says.
Task<void> run_within(Runtime& runtime, Instant deadline, Task<void> task);

// What a task on another reactor leaves for the one that waits for it.
template <class T>
struct Elsewhere {
  Gate done;
  std::optional<T> result;
  std::exception_ptr error;
};

template <class T>
Task<void> run_elsewhere(std::shared_ptr<Elsewhere<T>> outcome, Task<T> task) {
  try {
    outcome->result.emplace(co_await std::move(task));
  } catch (const std::exception&) {
    outcome->error = std::current_exception();
  }
  outcome->done.open();
}

template <class T>
Task<void> keep_result(Task<T> task, std::optional<T>* result) {
  result->emplace(co_await std::move(task));
}

}  // namespace portico::detail

namespace portico {

template <class T>
Task<T> within(Runtime& runtime, Instant deadline, Task<T> task) {
  if constexpr (std::is_void_v<T>) {
    co_await detail::run_within(runtime, deadline, std::move(task));
  } else {
    std::optional<T> result;
    co_await detail::run_within(runtime, deadline, detail::keep_result(std::move(task), &result));
    co_return std::move(*result);
  }
}

template <class T>
Task<std::vector<T>> all(std::vector<Task<T>> tasks) {
  std::vector<std::optional<T>> kept(tasks.size());
  std::vector<Task<void>> wrapped;
  wrapped.reserve(tasks.size());
  for (size_t i = 0; i < tasks.size(); ++i)
    wrapped.push_back(detail::keep_result(std::move(tasks[i]), &kept[i]));
  co_await all(std::move(wrapped));
  std::vector<T> results;
  results.reserve(kept.size());
  for (auto& result : kept) results.push_back(std::move(*result));
  co_return results;
}

template <class T>
Task<T> on_reactor(Runtime& runtime, size_t index, Task<T> task) {
  if (runtime.reactor_count() == 1) co_return co_await std::move(task);
  auto outcome = std::make_shared<detail::Elsewhere<T>>();
  runtime.spawn("on reactor", detail::run_elsewhere(outcome, std::move(task)), index);
  co_await outcome->done.wait();
  if (outcome->error) std::rethrow_exception(outcome->error);
  co_return std::move(*outcome->result);
}

}  // namespace portico
