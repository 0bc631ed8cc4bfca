// The one seam to time, randomness, threads and scheduling. Code outside runtime/ and net/ that reads a
// clock, sleeps, draws random numbers or starts a thread goes through here; so the whole system also runs
// simulated.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "portico/base/time.h"

namespace portico {

// A coroutine. Parameters by value; references only to what outlives the call.
template <class T = void>
using Task = boost::asio::awaitable<T>;

using Executor = boost::asio::any_io_executor;

// Random bytes. Production: the system's CSPRNG, buffered; simulation: a seeded stream. Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> bytes) = 0;
  uint64_t next();
  uint64_t below(uint64_t bound);  // uniform in [0, bound), without bias; bound > 0
  double fraction();               // uniform in [0, 1)

 private:
  friend std::string make_uuid7(const Clock& clock, Random& random);
  std::atomic<uint64_t> uuid7_stamp_ = 0;  // of the latest id: milliseconds * 4096 + counter
};

// A stream that repeats itself for equal seeds: for simulations, never for secrets.
std::unique_ptr<Random> make_seeded_random(uint64_t seed);

struct RuntimeOptions {
  unsigned reactors = 0;         // 0: one a core
  unsigned pool_threads = 0;     // of offload(); 0: two, or twice the cores where that is more
  size_t pool_queue_max = 1024;  // jobs waiting for the pool; one more is refused
};

// Calls something once unless it dies first. It must die on the executor it was started with.
class Timer {
 public:
  virtual ~Timer() = default;
};

using TaskFailureHook = std::function<void(std::string_view name, std::string_view what)>;

// Where coroutines run. Production: one reactor (event loop and thread) a core; simulation: one thread,
// virtual time. All members are thread-safe.
class Runtime : public Clock {
 public:
  virtual Random& random() = 0;

  // Reactors are numbered from 0. Work that must not run beside itself stays on one reactor.
  virtual size_t reactor_count() const = 0;
  virtual Executor reactor(size_t index) = 0;

  // Starts a coroutine of its own on reactor `index`. An exception that leaves it is logged with `name` and
  // counted; it never ends the process.
  virtual void spawn(std::string_view name, Task<void> task, size_t index = 0) = 0;

  // Resumes the caller on its own executor after `span`; throws system_error operation_aborted when
  // cancelled.
  virtual Task<void> sleep(Duration span) = 0;

  // Runs `work` on the bounded pool (disk syncs, password hashing) and resumes the caller on its own
  // executor. Rethrows what it throws; throws Error(unavailable, "pool.full") when the queue is full.
  virtual Task<void> offload(std::move_only_function<void()> work) = 0;

  // Calls `fire` on `executor` after `span`, unless the handle dies first. For primitives such as those of
  // sync.h; everything else sleeps.
  virtual std::unique_ptr<Timer> start_timer(Executor executor, Duration span,
                                             std::move_only_function<void()> fire) = 0;

  // What is done with an exception that has left a spawned coroutine; at first it is a line on stderr. Called
  // on the coroutine's reactor. The nodes of a simulation share one hook and one count.
  void on_task_failure(TaskFailureHook hook);
  uint64_t task_failures() const;

 protected:
  class Failures;
  Runtime();
  explicit Runtime(std::shared_ptr<Failures> failures);
  const std::shared_ptr<Failures> failures_;
};

// A time-ordered unique id (UUIDv7, RFC 9562 section 5.7) as 36 characters. The ids made with one `random`
// are strictly ascending, also within a millisecond and when the clock steps back.
std::string make_uuid7(const Clock& clock, Random& random);

// The production runtime. `run` (once in its life) starts the reactors, the caller being reactor 0, and
// returns after `stop`, once every reactor has come to rest and every coroutine that was left is destroyed.
// SIGINT and SIGTERM are delivered to the handler of `on_signal` (on reactor 0), which is set before `run`.
class RealRuntime : public Runtime {
 public:
  static std::unique_ptr<RealRuntime> make(RuntimeOptions options = {});
  virtual void run() = 0;
  virtual void stop() = 0;
  virtual void on_signal(std::function<void(int signal)> handler) = 0;
};

// The simulated runtime: one thread, virtual time that moves only when nothing is runnable, seeded
// randomness. The same seed gives the same order of events. Coroutines belong to a node; `kill` ends a node
// at whatever await it stands.
class SimRuntime : public Runtime {
 public:
  // Where the wall clock of a simulation begins unless told otherwise: 2026-01-01T00:00:00Z.
  static constexpr Time epoch{1'767'225'600'000};
  static std::unique_ptr<SimRuntime> make(uint64_t seed, Time start = epoch);

  // A runtime whose coroutines and timers belong to a node of their own, with its own random stream. Lives as
  // long as the SimRuntime. The SimRuntime itself is node "". After `kill` the name stands for a new, empty
  // node.
  virtual Runtime& node(std::string name) = 0;
  // Drops every coroutine, timer and pool job of the node. Destructors run, but nothing they start has any
  // effect. A node may kill itself: its running coroutine then ends at its next await. Node "" cannot be
  // killed.
  virtual void kill(std::string_view name) = 0;
  // Stops the node as SIGSTOP does: nothing of it runs until `resume`, then at once all that has become
  // due.
  virtual void pause(std::string_view name) = 0;
  virtual void resume(std::string_view name) = 0;
  // Sets the wall clock of one node so far ahead of the others' (behind, where negative). Its steady clock
  // and its timers go on as they are. A new node of that name starts without an offset.
  virtual void set_clock_offset(std::string_view name, Duration offset) = 0;

  // Runs until nothing is runnable and no timer is left, or virtual time has reached `until`.
  virtual void run_until(Instant until) = 0;
  // Runs the next event; false when there is none.
  virtual bool step() = 0;
  // Runs until `task` is done and returns; rethrows what it throws; throws Error(internal, "sim.stuck") when
  // everything has come to rest before.
  virtual void run(Task<void> task) = 0;

  // Adds to the event hash what somebody has seen beside the events: what was written, who got a message.
  virtual void observe(uint64_t what) = 0;
  // A hash over every event so far (kind, node, time): equal for equal seeds.
  virtual uint64_t event_hash() const = 0;
  virtual uint64_t event_count() const = 0;
};

}  // namespace portico
