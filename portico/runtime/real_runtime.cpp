#include <pthread.h>
#include <sched.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <thread>

#include "portico/base/error.h"
#include "portico/runtime/failures.h"
#include "portico/runtime/pool.h"
#include "portico/runtime/runtime.h"
#include "portico/runtime/system_random.h"

namespace portico {
namespace asio = boost::asio;
namespace {

// An event loop for one thread. The work guard keeps it running until it is stopped.
class Reactor : public asio::io_context {
 public:
  Reactor() : asio::io_context(1), work_(get_executor()) {}
  using asio::io_context::shutdown;  // destroys all that waits here

 private:
  asio::executor_work_guard<asio::io_context::executor_type> work_;
};

class SteadyTimer final : public Timer {
 public:
  SteadyTimer(const Executor& executor, Duration span, std::move_only_function<void()> fire)
      : state_(std::make_shared<State>(executor, std::move(fire))) {
    state_->timer.expires_after(span);
    state_->timer.async_wait([state = state_](const boost::system::error_code& error) {
      if (error || !state->fire) return;
      auto fire = std::exchange(state->fire, nullptr);
      fire();
    });
  }
  ~SteadyTimer() override {
    state_->fire = nullptr;
    state_->timer.cancel();
  }

 private:
  struct State {
    State(const Executor& executor, std::move_only_function<void()> fire)
        : timer(executor), fire(std::move(fire)) {}
    asio::steady_timer timer;
    std::move_only_function<void()> fire;
  };
  std::shared_ptr<State> state_;
};

// The job runs `work` on the pool and posts what came of it to the coroutine's executor. A job that the pool
// refuses is told so by `refused` and posts that.
struct OffloadStart {
  Pool* pool;
  std::move_only_function<void()> work;

  template <class Handler>
  void operator()(Handler handler) {
    auto executor = asio::get_associated_executor(handler);
    auto complete = [executor, handler = std::move(handler)](std::exception_ptr error) mutable {
      asio::post(executor, [handler = std::move(handler), error]() mutable { std::move(handler)(error); });
    };
    auto shared = std::make_shared<decltype(complete)>(std::move(complete));
    Pool::Job job = [shared, work = std::move(work)]() mutable {
      std::exception_ptr error;
      try {
        work();
      } catch (const std::exception&) {
        error = std::current_exception();
      }
      work = nullptr;  // what it owns dies here, on the pool
      (*shared)(error);
    };
    if (!pool->submit(job)) (*shared)(std::make_exception_ptr(Error(unavailable, "pool.full")));
  }
};

class RealRuntimeImpl final : public RealRuntime {
 public:
  explicit RealRuntimeImpl(RuntimeOptions options);
  ~RealRuntimeImpl() override;

  Time now() const override;
  Instant steady() const override;
  Random& random() override { return random_; }
  size_t reactor_count() const override { return reactors_.size(); }
  Executor reactor(size_t index) override { return reactors_.at(index)->get_executor(); }
  void spawn(std::string_view name, Task<void> task, size_t index) override;
  Task<void> sleep(Duration span) override;
  Task<void> offload(std::move_only_function<void()> work) override;
  std::unique_ptr<Timer> start_timer(Executor executor, Duration span,
                                     std::move_only_function<void()> fire) override {
    return std::make_unique<SteadyTimer>(executor, span, std::move(fire));
  }
  void run() override;
  void stop() override;
  void on_signal(std::function<void(int signal)> handler) override;

 private:
  void await_signal();
  void end();

  SystemRandom random_;
  std::vector<std::unique_ptr<Reactor>> reactors_;
  std::unique_ptr<asio::signal_set> signals_;
  std::function<void(int)> on_signal_;
  Pool pool_;
  std::atomic<bool> started_ = false;
};

// The cores this process may run on: fewer than the machine has when it is pinned or in a container's cpuset.
unsigned cores() {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0)
    return std::max(1u, std::thread::hardware_concurrency());
  return unsigned(std::max(1, CPU_COUNT(&allowed)));
}

RealRuntimeImpl::RealRuntimeImpl(RuntimeOptions options)
    : pool_(options.pool_threads ? options.pool_threads : 2 * cores(), options.pool_queue_max) {
  unsigned count = options.reactors ? options.reactors : cores();
  for (unsigned i = 0; i < count; ++i) reactors_.push_back(std::make_unique<Reactor>());
}

RealRuntimeImpl::~RealRuntimeImpl() { end(); }

Time RealRuntimeImpl::now() const {
  auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

Instant RealRuntimeImpl::steady() const {
  auto since = std::chrono::steady_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<Duration>(since).count()};
}

void RealRuntimeImpl::spawn(std::string_view name, Task<void> task, size_t index) {
  auto executor = reactor(index);
  // Posted, so that the new coroutine never runs inside its creator.
  asio::post(
      executor, [executor, failures = failures_, name = std::string(name), task = std::move(task)]() mutable {
        asio::co_spawn(executor, std::move(task),
                       [failures = std::move(failures), name = std::move(name)](std::exception_ptr error) {
                         if (error) failures->report(name, error);
                       });
      });
}

Task<void> RealRuntimeImpl::sleep(Duration span) {
  asio::steady_timer timer(co_await asio::this_coro::executor, span);
  co_await timer.async_wait(asio::use_awaitable);
}

Task<void> RealRuntimeImpl::offload(std::move_only_function<void()> work) {
  OffloadStart start{&pool_, std::move(work)};
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(std::move(start),
                                                                                         asio::use_awaitable);
}

void RealRuntimeImpl::run() {
  PORTICO_CHECK(!started_.exchange(true));
  std::vector<std::thread> threads;
  for (size_t i = 1; i < reactors_.size(); ++i) {
    threads.emplace_back([reactor = reactors_[i].get(), i] {
      pthread_setname_np(pthread_self(), fmt::format("reactor-{}", i).c_str());
      reactor->run();
    });
  }
  reactors_[0]->run();
  for (auto& thread : threads) thread.join();
  end();
}

void RealRuntimeImpl::stop() {
  for (auto& reactor : reactors_) reactor->stop();
}

// Destroys every coroutine that is left while all contexts still exist, since the unwinding of one posts to
// others. A round's unwinding can release coroutines of another context, hence more than one; what is posted
// in the last dies with its context's queue.
void RealRuntimeImpl::end() {
  pool_.stop();
  if (signals_) signals_->cancel();
  for (int round = 0; round < 4; ++round) {
    for (auto& reactor : reactors_) reactor->shutdown();
  }
}

void RealRuntimeImpl::on_signal(std::function<void(int signal)> handler) {
  PORTICO_CHECK(!started_ && !signals_);
  on_signal_ = std::move(handler);
  signals_ = std::make_unique<asio::signal_set>(*reactors_[0], SIGINT, SIGTERM);
  await_signal();
}

void RealRuntimeImpl::await_signal() {
  signals_->async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    on_signal_(signal);
    await_signal();
  });
}

}  // namespace

std::unique_ptr<RealRuntime> RealRuntime::make(RuntimeOptions options) {
  return std::make_unique<RealRuntimeImpl>(options);
}

}  // namespace portico
