#include "portico/runtime/waiters.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace portico {
namespace asio = boost::asio;

asio::execution_context::id WaiterService::id;

WaiterService::WaiterService(asio::execution_context& context) : asio::execution_context::service(context) {}

void WaiterService::add(Waiter& waiter) {
  std::lock_guard lock(mutex_);
  waiters_.push_back(waiter);
}

void WaiterService::remove(Waiter& waiter) {
  std::lock_guard lock(mutex_);
  if (waiter.ServiceHook::is_linked()) waiters_.erase(waiters_.iterator_to(waiter));
}

void WaiterService::shutdown() {
  std::vector<std::move_only_function<void(Wake)>> dropped;
  {
    // Order of mutexes: service, then list. A waker holds them one after the other, never both.
    std::lock_guard lock(mutex_);
    while (!waiters_.empty()) {
      Waiter& waiter = waiters_.front();
      waiters_.pop_front();
      std::lock_guard list_lock(waiter.list->mutex);
      if (!waiter.ListHook::is_linked()) continue;  // a waker has it, and posts it to the ending context
      waiter.list->waiters_.erase(waiter.list->waiters_.iterator_to(waiter));
      dropped.push_back(std::move(waiter.handler));
    }
  }
}

Waiter::Waiter(std::shared_ptr<WaitList> list, Executor executor)
    : list(std::move(list)),
      executor(std::move(executor)),
      service(asio::use_service<WaiterService>(asio::query(this->executor, asio::execution::context))) {}

Waiter::~Waiter() {
  service.remove(*this);
  std::lock_guard lock(list->mutex);
  if (ListHook::is_linked()) list->waiters_.erase(list->waiters_.iterator_to(*this));
}

void Waiter::wake(Wake outcome) {
  {
    std::lock_guard lock(list->mutex);
    if (!ListHook::is_linked()) return;
    list->waiters_.erase(list->waiters_.iterator_to(*this));
  }
  post_handler(outcome);
}

void Waiter::post_handler(Wake outcome) {
  // Once posted, the coroutine may resume on its own thread and destroy this object: nothing is touched
  // afterwards.
  service.remove(*this);
  auto taken = std::move(handler);
  auto target = executor;
  asio::post(target, [taken = std::move(taken), outcome]() mutable { taken(outcome); });
}

void WaitList::enlist(Waiter& waiter) {
  waiter.service.add(waiter);
  std::unique_lock lock(mutex);
  if (!try_pass()) {
    waiters_.push_back(waiter);
    return;
  }
  lock.unlock();
  waiter.post_handler(Wake::woken);
}

std::vector<Waiter*> WaitList::take_all() {
  std::vector<Waiter*> taken;
  taken.reserve(waiters_.size());
  while (!waiters_.empty()) {
    taken.push_back(&waiters_.front());
    waiters_.pop_front();
  }
  return taken;
}

void WaitList::wake_all(std::unique_lock<std::mutex> lock) {
  auto taken = take_all();
  lock.unlock();
  for (Waiter* waiter : taken) waiter->post_handler(Wake::woken);
}

void WaitList::wake_first(std::unique_lock<std::mutex> lock) {
  Waiter& waiter = waiters_.front();
  waiters_.pop_front();
  lock.unlock();
  waiter.post_handler(Wake::woken);
}

void WaitList::drop_all() {
  std::unique_lock lock(mutex);
  auto taken = take_all();
  lock.unlock();
  for (Waiter* waiter : taken) {
    waiter->service.remove(*waiter);
    auto dropped = std::move(waiter->handler);
  }
}

namespace {

// Runs after the coroutine has been suspended. The slot's handler keeps no reference to the frame: a slot may
// outlive it.
struct Suspend {
  std::shared_ptr<Waiter> waiter;
  void (*enlist)(Waiter& waiter);

  template <class Handler>
  void operator()(Handler handler) const {
    auto slot = asio::get_associated_cancellation_slot(handler);
    waiter->handler = [handler = std::move(handler)](Wake outcome) mutable { std::move(handler)(outcome); };
    if (slot.is_connected()) {
      slot.assign([weak = std::weak_ptr(waiter)](asio::cancellation_type) {
        if (auto waiter = weak.lock()) waiter->wake(Wake::cancelled);
      });
    }
    auto kept = waiter;  // the frame, and this object in it, may be gone when `enlist` returns
    enlist(*kept);
  }
};

}  // namespace

Task<bool> WaitList::wait_or_throw(std::shared_ptr<WaitList> list, StartTimer start_timer) {
  {
    std::lock_guard lock(list->mutex);
    if (list->try_pass()) co_return true;
  }
  auto waiter = std::make_shared<Waiter>(list, co_await asio::this_coro::executor);
  std::unique_ptr<Timer> timer;
  if (start_timer) {
    timer = start_timer(waiter->executor, [weak = std::weak_ptr(waiter)] {
      if (auto waiter = weak.lock()) waiter->wake(Wake::timed_out);
    });
  }
  Suspend suspend{waiter, [](Waiter& waiter) { waiter.list->enlist(waiter); }};
  Wake outcome =
      co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Wake)>(suspend, asio::use_awaitable);
  if (outcome == Wake::cancelled) throw boost::system::system_error(asio::error::operation_aborted);
  co_return outcome == Wake::woken;
}

}  // namespace portico
