// Inside runtime/ only: the threads behind Runtime::offload.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace portico {

// A bounded queue of jobs and the threads that run them. Thread-safe.
class Pool {
 public:
  using Job = std::move_only_function<void()>;

  Pool(unsigned threads, size_t queue_max);
  ~Pool();  // as `stop`

  // False, and `job` untouched, when `queue_max` jobs wait already or the pool has stopped.
  bool submit(Job& job);
  // Lets running jobs end, drops waiting ones and joins the threads. Must not be called from a job.
  void stop();

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> queue_;
  const size_t queue_max_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace portico
