// Inside runtime/ only: coroutines that wait for something other than I/O. Every waiter is known to the
// execution context it will resume on, so that a context that ends can destroy it; Asio does the same for its
// own operations.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/intrusive/list.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "portico/runtime/runtime.h"

namespace portico {

enum class Wake { woken, timed_out, cancelled };

struct Waiter;
class WaiterService;
struct ListTag;
struct ServiceTag;
using ListHook = boost::intrusive::list_base_hook<boost::intrusive::tag<ListTag>>;
using ServiceHook = boost::intrusive::list_base_hook<boost::intrusive::tag<ServiceTag>>;

// The waiters of one primitive, in order of arrival, and the mutex of its state. Whoever takes a waiter off
// the list (under the mutex) owns its handler and either posts or destroys it, after the mutex is released.
class WaitList {
 public:
  WaitList() = default;
  WaitList(const WaitList&) = delete;
  virtual ~WaitList() = default;

  // Starts the timer that ends a wait by calling `fire` on `executor`.
  using StartTimer =
      std::function<std::unique_ptr<Timer>(const Executor& executor, std::move_only_function<void()> fire)>;

  // Waits until woken unless `try_pass` says otherwise; for ever where there is no `start_timer`. False when
  // the time was up. Throws system_error(operation_aborted) when cancelled.
  static Task<bool> wait_or_throw(std::shared_ptr<WaitList> list, StartTimer start_timer = nullptr);

  void wake_all(std::unique_lock<std::mutex> lock);    // `lock` is that of `mutex`
  void wake_first(std::unique_lock<std::mutex> lock);  // there must be one
  void drop_all();  // destroys the handlers, and with them the coroutines that wait

  mutable std::mutex mutex;

 protected:
  // Whether a coroutine may go on without waiting. Called under the mutex.
  virtual bool try_pass() = 0;

  boost::intrusive::list<Waiter, boost::intrusive::base_hook<ListHook>> waiters_;

 private:
  friend struct Waiter;
  friend class WaiterService;
  void enlist(Waiter& waiter);
  std::vector<Waiter*> take_all();  // under the mutex
};

// One suspended coroutine.
struct Waiter : ListHook, ServiceHook, std::enable_shared_from_this<Waiter> {
  Waiter(std::shared_ptr<WaitList> list, Executor executor);
  ~Waiter();
  void wake(Wake outcome);          // unless somebody else has
  void post_handler(Wake outcome);  // the caller has taken the waiter off the list

  const std::shared_ptr<WaitList> list;
  const Executor executor;
  WaiterService& service;
  std::move_only_function<void(Wake)> handler;
};

// Knows every waiter that will resume on one execution context.
class WaiterService : public boost::asio::execution_context::service {
 public:
  using key_type = WaiterService;
  static boost::asio::execution_context::id id;

  explicit WaiterService(boost::asio::execution_context& context);
  void add(Waiter& waiter);
  void remove(Waiter& waiter);
  void shutdown() override;  // destroys every waiter

 private:
  std::mutex mutex_;
  boost::intrusive::list<Waiter, boost::intrusive::base_hook<ServiceHook>> waiters_;
};

}  // namespace portico
