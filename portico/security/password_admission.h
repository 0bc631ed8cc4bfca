// Private to this layer: lets a bounded number of coroutines through at a time, others wait in order of
// arrival.
#pragma once

#include <deque>
#include <memory>
#include <mutex>

#include "portico/runtime/sync.h"
#include "portico/security/password.h"

namespace portico::security {

// Thread-safe. A place is held by a Pass and given back when that dies, also when the coroutine is cancelled
// or dropped while it waits.
class PasswordHasher::Admission : public std::enable_shared_from_this<Admission> {
 public:
  Admission(size_t concurrent_max, size_t queue_max)
      : concurrent_max_(concurrent_max), queue_max_(queue_max) {}

  class Pass {
   public:
    Pass() = default;
    Pass(std::shared_ptr<Admission> admission, std::shared_ptr<Gate> gate)
        : admission_(std::move(admission)), gate_(std::move(gate)) {}
    Pass(Pass&&) = default;
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (admission_) admission_->give_back(gate_);
    }
    // Null when the way was free.
    const std::shared_ptr<Gate>& gate() const { return gate_; }

   private:
    std::shared_ptr<Admission> admission_;
    std::shared_ptr<Gate> gate_;
  };

  // A pass whose gate, if it has one, must be waited for. Throws password.busy.
  Pass request();
  size_t running() const;
  size_t waiting() const;

 private:
  void give_back(const std::shared_ptr<Gate>& gate);

  const size_t concurrent_max_, queue_max_;
  mutable std::mutex mutex_;
  size_t running_ = 0;
  std::deque<std::shared_ptr<Gate>> queue_;
};

}  // namespace portico::security
