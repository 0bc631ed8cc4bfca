#include <fmt/format.h>

#include <algorithm>

#include "portico/security/password_admission.h"

namespace portico::security {

PasswordHasher::Admission::Pass PasswordHasher::Admission::request() {
  std::lock_guard lock(mutex_);
  if (running_ < concurrent_max_) {
    ++running_;
    return Pass(shared_from_this(), nullptr);
  }
  if (queue_.size() >= queue_max_)
    throw Error(unavailable, "password.busy", "Too many logins at once, try again shortly")
        .with_retry_after(1);
  queue_.push_back(std::make_shared<Gate>());
  return Pass(shared_from_this(), queue_.back());
}

void PasswordHasher::Admission::give_back(const std::shared_ptr<Gate>& gate) {
  std::shared_ptr<Gate> next;
  {
    std::lock_guard lock(mutex_);
    auto place = gate ? std::find(queue_.begin(), queue_.end(), gate) : queue_.end();
    if (place != queue_.end()) {  // gave up while waiting
      queue_.erase(place);
      return;
    }
    if (queue_.empty()) {
      --running_;
      return;
    }
    next = std::move(queue_.front());
    queue_.pop_front();
  }
  next->open();  // its waiter runs in our place, so `running_` stays
}

size_t PasswordHasher::Admission::running() const {
  std::lock_guard lock(mutex_);
  return running_;
}

size_t PasswordHasher::Admission::waiting() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

PasswordHasher::PasswordHasher(Runtime& runtime, PasswordOptions options)
    : runtime_(runtime),
      options_(options),
      admission_(
          std::make_shared<Admission>(std::max<size_t>(options.concurrent_max, 1), options.queue_max)) {
  const Argon2Cost &cost = options.cost, &max = argon2_cost_max;
  if (!cost.meets_minimum() && !options.allow_weak_cost)
    throw Error(invalid, "password.cost_weak",
                fmt::format("argon2id with m={} KiB, t={}, p={} is too weak; use at least m=19456, t=2, p=1",
                            cost.memory_kib, cost.iterations, cost.parallelism));
  if (cost.memory_kib > max.memory_kib || cost.iterations > max.iterations ||
      cost.parallelism > max.parallelism)
    throw Error(invalid, "password.cost_excessive",
                fmt::format("argon2id is limited to m={} KiB, t={}, p={}", max.memory_kib, max.iterations,
                            max.parallelism));
}

PasswordHasher::~PasswordHasher() = default;

size_t PasswordHasher::running() const { return admission_->running(); }
size_t PasswordHasher::waiting() const { return admission_->waiting(); }

Task<void> PasswordHasher::run(std::move_only_function<void()> work) {
  Admission::Pass pass = admission_->request();
  if (pass.gate()) co_await pass.gate()->wait();
  co_await runtime_.offload(std::move(work));
}

// The work owns all it touches: it may still run on the pool when its coroutine has been cancelled.

Task<std::string> PasswordHasher::hash(Secret password) {
  auto result = std::make_shared<std::string>();
  co_await run([result, password = std::move(password), cost = options_.cost, &random = runtime_.random()] {
    *result = hash_password(password, cost, random);
  });
  co_return std::move(*result);
}

Task<Verdict> PasswordHasher::verify(std::string stored, Secret password) {
  if (stored.empty()) {
    co_await burn(std::move(password));
    co_return Verdict{};
  }
  auto result = std::make_shared<Verdict>();
  co_await run([result, stored = std::move(stored), password = std::move(password), options = options_] {
    *result = verify_password(stored, password, options);
  });
  co_return *result;
}

Task<void> PasswordHasher::burn(Secret password) {
  if (password.reveal().size() > password_bytes_max)
    co_return;  // as `verify`, which then does not hash either
  co_await hash(std::move(password));
}

}  // namespace portico::security
