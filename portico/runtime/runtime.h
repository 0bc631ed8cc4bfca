// The one seam to time, randomness, threads and scheduling. Code outside runtime/ and net/ that reads a
// clock, sleeps, draws random numbers or starts a thread goes through here; so the whole system also runs
// simulated.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
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
};

struct RuntimeOptions {
  unsigned reactors = 0;         // 0: one a core
  unsigned pool_threads = 0;     // of offload(); 0: two, or twice the cores where that is more
  size_t pool_queue_max = 1024;  // jobs waiting for the pool; one more is refused
};

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
};

// A time-ordered unique id (UUIDv7, RFC 9562 section 5.7) as 36 characters.
std::string make_uuid7(const Clock& clock, Random& random);

// The production runtime. `run` starts the reactors and returns after `stop`, once every reactor has come to
// rest; SIGINT and SIGTERM are delivered to `on_signal` (on reactor 0).
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
  static std::unique_ptr<SimRuntime> make(uint64_t seed);

  // A runtime whose coroutines and timers belong to a node of their own, with its own random stream. Lives as
  // long as the SimRuntime. The SimRuntime itself is node "".
  virtual Runtime& node(std::string name) = 0;
  // Drops every coroutine, timer and pool job of the node. Destructors run, but nothing they start has any
  // effect.
  virtual void kill(std::string_view name) = 0;

  // Runs until nothing is runnable and no timer is left, or virtual time has reached `until`.
  virtual void run_until(Instant until) = 0;
  // Runs until `task` is done and returns; rethrows what it throws; throws Error(internal, "sim.stuck") when
  // everything has come to rest before.
  virtual void run(Task<void> task) = 0;

  // A hash over every event so far (kind, node, time): equal for equal seeds.
  virtual uint64_t event_hash() const = 0;
  virtual uint64_t event_count() const = 0;
};

}  // namespace portico
