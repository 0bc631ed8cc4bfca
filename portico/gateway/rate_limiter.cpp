#include "portico/gateway/rate_limiter.h"

#include <algorithm>
#include <functional>

namespace portico {

RateLimiter::RateLimiter(const Clock& clock, size_t keys_max)
    : clock_(clock), keys_max_(std::max(keys_max, shard_count)), shards_(shard_count) {}

void RateLimiter::make_room(Shard& shard, Instant now) {
  std::erase_if(shard.windows, [&](const auto& entry) { return entry.second.ends <= now; });
  if (shard.windows.empty()) return;
  auto first = std::min_element(shard.windows.begin(), shard.windows.end(),
                                [](const auto& a, const auto& b) { return a.second.ends < b.second.ends; });
  shard.windows.erase(first);
}

RateLimiter::Verdict RateLimiter::count(std::string_view key, int limit, Duration window) {
  Instant now = clock_.steady();
  std::string name(key);
  Shard& shard = shards_[std::hash<std::string>()(name) % shard_count];
  std::lock_guard lock(shard.mutex);
  auto found = shard.windows.find(name);
  if (found == shard.windows.end()) {
    if (shard.windows.size() >= keys_max_ / shard_count) make_room(shard, now);
    found = shard.windows.emplace(std::move(name), Window{now + window, 0}).first;
  }
  Window& counted = found->second;
  if (counted.ends <= now) counted = {now + window, 0};
  if (counted.count < limit + 1) ++counted.count;
  int64_t left_us = (counted.ends - now).count();
  return {.allowed = counted.count <= limit,
          .limit = limit,
          .remaining = std::max(0, limit - counted.count),
          .reset_seconds = int((left_us + 999'999) / 1'000'000)};
}

size_t RateLimiter::size() const {
  size_t total = 0;
  for (Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    total += shard.windows.size();
  }
  return total;
}

}  // namespace portico
