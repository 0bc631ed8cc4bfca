#include "portico/runtime/sync.h"

#include "portico/runtime/sim_scope.h"
#include "portico/runtime/waiters.h"

namespace portico {

struct Gate::Impl : WaitList {
  bool open = false;
  bool try_pass() override { return open; }
};

Gate::Gate() : impl_(std::make_shared<Impl>()) {}

Gate::~Gate() { impl_->drop_all(); }

void Gate::open() {
  if (sim_scope::dying()) return;
  std::unique_lock lock(impl_->mutex);
  impl_->open = true;
  impl_->wake_all(std::move(lock));
}

bool Gate::is_open() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->open;
}

Task<void> Gate::wait() { co_await WaitList::wait_or_throw(impl_); }

struct Signal::Impl : WaitList {
  explicit Impl(Runtime& runtime) : runtime(runtime) {}
  Runtime& runtime;
  bool pending = false;
  bool try_pass() override { return std::exchange(pending, false); }
  void notify() {
    std::unique_lock lock(mutex);
    pending = waiters_.empty();
    wake_all(std::move(lock));
  }
};

Signal::Signal(Runtime& runtime) : impl_(std::make_shared<Impl>(runtime)) {}

Signal::~Signal() { impl_->drop_all(); }

void Signal::notify() {
  if (sim_scope::dying()) return;
  impl_->notify();
}

Task<bool> Signal::wait_for(Duration span) {
  auto& runtime = impl_->runtime;
  co_return co_await WaitList::wait_or_throw(
      impl_, [&runtime, span](const Executor& executor, std::move_only_function<void()> fire) {
        return runtime.start_timer(executor, span, std::move(fire));
      });
}

struct AsyncMutex::Impl : WaitList {
  bool locked = false;
  bool try_pass() override { return !std::exchange(locked, true); }
  // With a waiter the mutex stays locked and is the waiter's from here on.
  void release() {
    std::unique_lock lock(mutex);
    PORTICO_CHECK(locked);
    if (waiters_.empty()) {
      locked = false;
    } else {
      wake_first(std::move(lock));
    }
  }
  size_t waiting() const {
    std::lock_guard lock(mutex);
    return waiters_.size();
  }
};

AsyncMutex::AsyncMutex() : impl_(std::make_shared<Impl>()) {}

AsyncMutex::~AsyncMutex() { impl_->drop_all(); }

Task<void> AsyncMutex::lock() {
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->try_pass()) co_return;
  }
  co_await WaitList::wait_or_throw(impl_);
}

void AsyncMutex::unlock() {
  if (sim_scope::dying()) return;
  impl_->release();
}

size_t AsyncMutex::waiting() const { return impl_->waiting(); }

Task<void> yield() {
  co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
}

}  // namespace portico
