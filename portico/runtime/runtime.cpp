#include "portico/runtime/runtime.h"

#include <fmt/format.h>

#include <mutex>

#include "portico/runtime/failures.h"

namespace portico {

uint64_t Random::next() {
  uint64_t value;
  fill(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

uint64_t Random::below(uint64_t bound) {
  // The 128-bit product maps a draw to [0, bound); draws in the incomplete last stretch would favour some
  // results.
  const uint64_t stretch = -bound % bound;
  for (;;) {
    unsigned __int128 product = static_cast<unsigned __int128>(next()) * bound;
    if (static_cast<uint64_t>(product) >= stretch) return static_cast<uint64_t>(product >> 64);
  }
}

double Random::fraction() { return static_cast<double>(next() >> 11) * 0x1p-53; }

std::string make_uuid7(const Clock& clock, Random& random) {
  uint64_t low = random.next();
  // A millisecond's counter starts in the lower half of its 12 bits, so that 2048 ids fit before it would
  // carry into the milliseconds (which is allowed, RFC 9562 section 6.2, but shifts the time).
  uint64_t fresh = static_cast<uint64_t>(clock.now().ms) << 12 | (low >> 53);
  uint64_t last = random.uuid7_stamp_.load(std::memory_order_relaxed), stamp;
  do {
    stamp = fresh > last ? fresh : last + 1;
  } while (!random.uuid7_stamp_.compare_exchange_weak(last, stamp, std::memory_order_relaxed));
  low = random.next();
  const uint64_t high = (stamp >> 12) << 16 | 0x7000 | (stamp & 0xfff);
  low = uint64_t{2} << 62 | (low >> 2);
  std::string out(36, '-');
  size_t at = 0;
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) ++at;
    out[at++] = "0123456789abcdef"[(digit < 16 ? high : low) >> (60 - digit % 16 * 4) & 0xf];
  }
  return out;
}

Runtime::Runtime() : Runtime(std::make_shared<Failures>()) {}

Runtime::Runtime(std::shared_ptr<Failures> failures) : failures_(std::move(failures)) {}

void Runtime::on_task_failure(TaskFailureHook hook) { failures_->replace_hook(std::move(hook)); }

uint64_t Runtime::task_failures() const { return failures_->count(); }

void Runtime::Failures::replace_hook(TaskFailureHook hook) {
  auto shared = std::make_shared<TaskFailureHook>(std::move(hook));
  std::lock_guard lock(mutex_);
  hook_ = std::move(shared);
}

void Runtime::Failures::report(std::string_view name, std::exception_ptr error) {
  count_.fetch_add(1, std::memory_order_relaxed);
  std::shared_ptr<TaskFailureHook> hook;
  {
    std::lock_guard lock(mutex_);
    hook = hook_;
  }
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    if (hook && *hook) {
      (*hook)(name, e.what());
    } else {
      fmt::print(stderr, "task {} failed: {}\n", name, e.what());
    }
  }
}

}  // namespace portico
