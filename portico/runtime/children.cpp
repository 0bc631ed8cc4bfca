#include <boost/asio/this_coro.hpp>

#include "portico/runtime/sync.h"

namespace portico {
namespace asio = boost::asio;

namespace detail {
namespace {

bool is_abort(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

Task<void> run_children(std::shared_ptr<Children> children, std::vector<Task<void>> tasks) {
  StartChildren start{std::move(children), co_await asio::this_coro::executor, std::move(tasks)};
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(start), asio::use_awaitable);
}

Task<void> run_within(Runtime& runtime, Instant deadline, Task<void> task) {
  Duration left = deadline - runtime.steady();
  if (left <= Duration::zero()) throw Error(too_late, "deadline.passed");
  auto children = std::make_shared<Children>(1);
  auto timer =
      runtime.start_timer(co_await asio::this_coro::executor, left, [weak = std::weak_ptr(children)] {
        auto children = weak.lock();
        if (!children || children->done) return;
        children->expired = true;
        children->cancel();
      });
  std::vector<Task<void>> tasks;
  tasks.push_back(std::move(task));
  co_await run_children(children, std::move(tasks));
  timer.reset();
  const auto& error = children->list[0].error;
  if (!error) co_return;
  if (children->expired && is_abort(error)) throw Error(too_late, "deadline.passed");
  std::rethrow_exception(error);
}

}  // namespace detail

Task<void> all(std::vector<Task<void>> tasks) {
  if (tasks.empty()) co_return;
  auto children = std::make_shared<detail::Children>(tasks.size());
  co_await detail::run_children(children, std::move(tasks));
  for (const auto& child : children->list) {
    if (child.error) std::rethrow_exception(child.error);
  }
}

}  // namespace portico
