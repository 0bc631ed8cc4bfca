// A circuit breaker and a retry budget for one target. Thread-safe; state is shared by all reactors.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "portico/base/time.h"
#include "portico/runtime/runtime.h"

namespace portico {

struct BreakerOptions {
  Duration window = std::chrono::seconds(10);     // judged over, in ten slots
  int calls_min = 20;                             // fewer in the window: no judgement
  double failure_share = 0.5;                     // opens at
  Duration open_first = std::chrono::seconds(5);  // doubles with each failed trial, with 20 % jitter
  Duration open_max = std::chrono::seconds(60);
  int trials = 3;  // side by side when half open
  int trials_to_close = 2;
};

class Breaker {
 public:
  enum class State { closed, open, half_open };
  Breaker(Runtime& runtime, BreakerOptions options);

  // Whether a call may go out; each true is followed by exactly one `report`. When false, `retry_after` of
  // the state.
  bool admit();
  enum class Outcome {
    success,
    failure,
    ignored
  };  // ignored: says nothing about the target (4xx, cancelled)
  void report(Outcome outcome);
  State state() const;
  int retry_after_seconds() const;  // until the next trial, at least 1

  // The retry budget over the same window.
  bool may_retry(double share, int floor);

 private:
  static constexpr size_t slot_count = 10;
  struct Slot {
    int64_t number = -1;
    int calls = 0, failures = 0, retries = 0;
  };
  Slot& slot();  // the present one; caller holds the mutex
  struct Sum {
    int calls = 0, failures = 0, retries = 0;
  };
  Sum sum();
  void open();

  Runtime& runtime_;
  BreakerOptions options_;
  mutable std::mutex mutex_;
  std::array<Slot, slot_count> slots_{};
  State state_ = State::closed;
  Instant open_until_{};
  Duration open_span_{};
  int trials_running_ = 0, trials_succeeded_ = 0;
};

std::string_view name_of(Breaker::State state);

}  // namespace portico
