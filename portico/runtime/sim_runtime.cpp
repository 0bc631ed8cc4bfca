#include <boost/asio/co_spawn.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "portico/base/error.h"
#include "portico/runtime/failures.h"
#include "portico/runtime/sim_scheduler.h"
#include "portico/runtime/sim_scope.h"
#include "portico/runtime/waiters.h"

namespace portico {
namespace asio = boost::asio;
namespace {

constexpr uint64_t offload_us_max = 2000;

class SimNode;

// Runs everything as an event of its node; never inside the caller.
class SimExecutor {
 public:
  explicit SimExecutor(SimNode& node) : node_(&node) {}
  SimNode& node() const { return *node_; }

  asio::execution_context& query(asio::execution::context_t) const noexcept;
  static constexpr asio::execution::blocking_t::never_t query(asio::execution::blocking_t) noexcept {
    return {};
  }
  SimExecutor require(asio::execution::blocking_t::never_t) const noexcept { return *this; }
  void execute(std::move_only_function<void()> action) const;
  bool operator==(const SimExecutor&) const noexcept = default;

 private:
  SimNode* node_;
};

// Ends waits of its own coroutine only, by time or cancellation.
struct Sleep : WaitList {
  bool try_pass() override { return false; }
};

class SimNode final : public Runtime, public EventOwner {
 public:
  SimNode(SimScheduler& scheduler, Time start, std::string name, uint64_t seed,
          std::shared_ptr<Failures> failures)
      : Runtime(std::move(failures)),
        scheduler_(scheduler),
        start_(start),
        name_(std::move(name)),
        random_(seed) {}
  ~SimNode() override { PORTICO_CHECK(dead_); }

  const std::string& name() const { return name_; }
  const std::shared_ptr<Failures>& failures() const { return failures_; }
  asio::execution_context& context() { return context_; }
  SimScheduler& scheduler() { return scheduler_; }
  void pause() { paused_ = true; }
  void resume() {
    paused_ = false;
    scheduler_.resume(*this);
  }
  void set_clock_offset(Duration offset) { offset_ = offset; }
  void die() {
    dead_ = true;
    scheduler_.kill(*this);
  }

  Time now() const override { return start_ + (Duration(scheduler_.now().us) + offset_); }
  Instant steady() const override { return scheduler_.now(); }
  Random& random() override { return random_; }
  size_t reactor_count() const override { return 1; }
  Executor reactor(size_t) override { return SimExecutor(*this); }
  void spawn(std::string_view name, Task<void> task, size_t index) override;
  Task<void> sleep(Duration span) override { return pause(EventKind::timer, span); }
  Task<void> offload(std::move_only_function<void()> work) override;
  std::unique_ptr<Timer> start_timer(Executor executor, Duration span,
                                     std::move_only_function<void()> fire) override;

  uint64_t name_hash() const override { return name_hash_; }
  bool dead() const override { return dead_; }
  bool paused() const override { return paused_; }
  void bury_waiters() override { context_.shutdown(); }

 private:
  struct Context : asio::execution_context {
    using asio::execution_context::shutdown;
  };
  Task<void> pause(EventKind kind, Duration span);

  SimScheduler& scheduler_;
  const Time start_;
  const std::string name_;
  const uint64_t name_hash_ = hash_of(name_);
  SeededRandom random_;
  Duration offset_{};
  bool dead_ = false;
  bool paused_ = false;
  Context context_;
};

asio::execution_context& SimExecutor::query(asio::execution::context_t) const noexcept {
  return node_->context();
}

void SimExecutor::execute(std::move_only_function<void()> action) const {
  auto& scheduler = node_->scheduler();
  scheduler.add(*node_, EventKind::resume, scheduler.now(), std::move(action));
}

class SimTimer final : public Timer {
 public:
  SimTimer(SimNode& node, EventKind kind, Duration span, std::move_only_function<void()> fire)
      : scheduler_(node.scheduler()),
        key_(scheduler_.add(node, kind, scheduler_.now() + std::max(span, Duration::zero()),
                            std::move(fire))) {}
  ~SimTimer() override { scheduler_.erase(key_); }

 private:
  SimScheduler& scheduler_;
  const SimScheduler::Key key_;
};

// A timer belongs to the node whose coroutine waits for it, whichever runtime was asked.
SimNode& node_of(const Executor& executor, SimNode& otherwise) {
  const auto* sim = executor.target<SimExecutor>();
  return sim ? sim->node() : otherwise;
}

std::unique_ptr<Timer> SimNode::start_timer(Executor executor, Duration span,
                                            std::move_only_function<void()> fire) {
  return std::make_unique<SimTimer>(node_of(executor, *this), EventKind::timer, span, std::move(fire));
}

Task<void> SimNode::pause(EventKind kind, Duration span) {
  co_await WaitList::wait_or_throw(
      std::make_shared<Sleep>(),
      [this, kind, span](const Executor& executor,
                         std::move_only_function<void()> fire) -> std::unique_ptr<Timer> {
        return std::make_unique<SimTimer>(node_of(executor, *this), kind, span, std::move(fire));
      });
}

Task<void> SimNode::offload(std::move_only_function<void()> work) {
  co_await pause(EventKind::offload, Duration(1 + random_.below(offload_us_max)));
  work();
}

void SimNode::spawn(std::string_view name, Task<void> task, size_t) {
  if (dead_ || sim_scope::dying()) return;
  auto executor = reactor(0);
  asio::post(
      executor, [executor, failures = failures_, name = std::string(name), task = std::move(task)]() mutable {
        asio::co_spawn(executor, std::move(task),
                       [failures = std::move(failures), name = std::move(name)](std::exception_ptr error) {
                         if (error) failures->report(name, error);
                       });
      });
}

class SimRuntimeImpl final : public SimRuntime {
 public:
  SimRuntimeImpl(uint64_t seed, Time start) : seed_(seed), start_(start), scheduler_(seed) {
    root_ = &add_node("");
  }
  ~SimRuntimeImpl() override {
    for (auto& node : nodes_) {
      if (!node->dead()) node->die();
    }
  }

  Time now() const override { return root_->now(); }
  Instant steady() const override { return root_->steady(); }
  Random& random() override { return root_->random(); }
  size_t reactor_count() const override { return 1; }
  Executor reactor(size_t index) override { return root_->reactor(index); }
  void spawn(std::string_view name, Task<void> task, size_t index) override {
    root_->spawn(name, std::move(task), index);
  }
  Task<void> sleep(Duration span) override { return root_->sleep(span); }
  Task<void> offload(std::move_only_function<void()> work) override {
    return root_->offload(std::move(work));
  }
  std::unique_ptr<Timer> start_timer(Executor executor, Duration span,
                                     std::move_only_function<void()> fire) override {
    return root_->start_timer(std::move(executor), span, std::move(fire));
  }

  Runtime& node(std::string name) override;
  void kill(std::string_view name) override;
  void pause(std::string_view name) override {
    PORTICO_CHECK(!name.empty());
    if (auto* node = find(name)) node->pause();
  }
  void resume(std::string_view name) override {
    if (auto* node = find(name)) node->resume();
  }
  void set_clock_offset(std::string_view name, Duration offset) override {
    if (auto* node = find(name)) node->set_clock_offset(offset);
  }
  void observe(uint64_t what) override { scheduler_.observe(what); }
  void run_until(Instant until) override;
  bool step() override { return scheduler_.step(); }
  void run(Task<void> task) override;
  uint64_t event_hash() const override { return scheduler_.hash(); }
  uint64_t event_count() const override { return scheduler_.count(); }

 private:
  SimNode* find(std::string_view name);
  SimNode& add_node(std::string name);

  const uint64_t seed_;
  const Time start_;
  SimScheduler scheduler_;
  std::vector<std::unique_ptr<SimNode>> nodes_;  // dead ones too: executors refer to them
  SimNode* root_;
};

SimNode* SimRuntimeImpl::find(std::string_view name) {
  for (auto& node : nodes_) {
    if (!node->dead() && node->name() == name) return node.get();
  }
  return nullptr;
}

SimNode& SimRuntimeImpl::add_node(std::string name) {
  // A stream of its own for each life of each node: one node more or less does not shift the draws of the
  // others.
  uint64_t lives = 0;
  for (auto& node : nodes_) lives += node->name() == name;
  uint64_t seed = (seed_ ^ hash_of(name)) + lives * 0x9e3779b97f4a7c15 + 1;
  nodes_.push_back(std::make_unique<SimNode>(scheduler_, start_, std::move(name), seed, failures_));
  return *nodes_.back();
}

Runtime& SimRuntimeImpl::node(std::string name) {
  if (auto* node = find(name)) return *node;
  return add_node(std::move(name));
}

void SimRuntimeImpl::kill(std::string_view name) {
  PORTICO_CHECK(!name.empty());
  auto* node = find(name);
  if (node && !sim_scope::dying()) node->die();
}

void SimRuntimeImpl::run_until(Instant until) {
  while (scheduler_.step(until)) {
  }
  if (!scheduler_.idle()) scheduler_.advance_to(until);
}

void SimRuntimeImpl::run(Task<void> task) {
  struct Outcome {
    bool done = false;
    std::exception_ptr error;
  };
  auto outcome = std::make_shared<Outcome>();
  asio::co_spawn(reactor(0), std::move(task), [outcome](std::exception_ptr error) {
    outcome->done = true;
    outcome->error = error;
  });
  while (!outcome->done && scheduler_.step()) {
  }
  if (!outcome->done)
    throw Error(Code::internal, "sim.stuck", "everything has come to rest before the task was done");
  if (outcome->error) std::rethrow_exception(outcome->error);
}

}  // namespace

std::unique_ptr<SimRuntime> SimRuntime::make(uint64_t seed, Time start) {
  return std::make_unique<SimRuntimeImpl>(seed, start);
}

}  // namespace portico
