#include "portico/service/breaker.h"

#include <algorithm>

#include "portico/runtime/sometimes.h"

namespace portico {

Breaker::Breaker(Runtime& runtime, BreakerOptions options)
    : runtime_(runtime), options_(options), open_span_(options.open_first) {}

Breaker::Slot& Breaker::slot() {
  int64_t width = std::max<int64_t>(1, options_.window.count() / int64_t(slot_count));
  int64_t number = runtime_.steady().us / width;
  Slot& slot = slots_[size_t(number) % slot_count];
  if (slot.number != number) slot = Slot{.number = number};
  return slot;
}

Breaker::Sum Breaker::sum() {
  int64_t newest = slot().number;
  Sum sum;
  for (const Slot& slot : slots_) {
    if (slot.number <= newest - int64_t(slot_count)) continue;
    sum.calls += slot.calls;
    sum.failures += slot.failures;
    sum.retries += slot.retries;
  }
  return sum;
}

void Breaker::open() {
  sometimes("breaker.opened");
  state_ = State::open;
  // 20 % of jitter, so that the trials of many processes do not fall together.
  double factor = 0.8 + 0.4 * runtime_.random().fraction();
  open_until_ = runtime_.steady() + Duration(int64_t(double(open_span_.count()) * factor));
  open_span_ = std::min(open_span_ * 2, options_.open_max);
  slots_ = {};
}

bool Breaker::admit() {
  std::lock_guard lock(mutex_);
  if (state_ == State::open) {
    if (runtime_.steady() < open_until_) return false;
    state_ = State::half_open;
    trials_running_ = trials_succeeded_ = 0;
  }
  if (state_ == State::half_open) {
    if (trials_running_ >= options_.trials) return false;
    ++trials_running_;
  }
  return true;
}

void Breaker::report(Outcome outcome) {
  std::lock_guard lock(mutex_);
  if (state_ == State::open) return;  // a call from before it opened
  if (state_ == State::half_open) {
    trials_running_ = std::max(0, trials_running_ - 1);
    if (outcome == Outcome::failure) return open();
    if (outcome == Outcome::success && ++trials_succeeded_ >= options_.trials_to_close) {
      state_ = State::closed;
      open_span_ = options_.open_first;
      slots_ = {};
    }
    return;
  }
  if (outcome == Outcome::ignored) return;
  Slot& present = slot();
  ++present.calls;
  if (outcome == Outcome::success) return;
  ++present.failures;
  Sum total = sum();
  if (total.calls >= options_.calls_min && total.failures >= options_.failure_share * total.calls) open();
}

Breaker::State Breaker::state() const {
  std::lock_guard lock(mutex_);
  return state_ == State::open && runtime_.steady() >= open_until_ ? State::half_open : state_;
}

int Breaker::retry_after_seconds() const {
  std::lock_guard lock(mutex_);
  if (state_ != State::open) return 1;
  int64_t left = (open_until_ - runtime_.steady()).count();
  return int(std::max<int64_t>(1, (left + 999'999) / 1'000'000));
}

bool Breaker::may_retry(double share, int floor) {
  std::lock_guard lock(mutex_);
  Sum total = sum();
  if (total.retries >= floor && total.retries + 1 > share * total.calls) return false;
  ++slot().retries;
  return true;
}

std::string_view name_of(Breaker::State state) {
  switch (state) {
    case Breaker::State::closed:
      return "closed";
    case Breaker::State::open:
      return "open";
    case Breaker::State::half_open:
      return "half_open";
  }
  return "closed";
}

}  // namespace portico
