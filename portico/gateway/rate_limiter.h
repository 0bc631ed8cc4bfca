// Fixed-window counters of requests by address. Thread-safe, bounded.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "portico/base/time.h"

namespace portico {

class RateLimiter {
 public:
  struct Verdict {
    bool allowed = true;
    int limit = 0;
    int remaining = 0;
    int reset_seconds = 0;  // until the window ends
  };
  // `keys_max` windows are kept at once; beyond, ended ones are dropped, then the one that ends first.
  RateLimiter(const Clock& clock, size_t keys_max);
  // Counts one request of `key` against `limit` per `window`.
  Verdict count(std::string_view key, int limit, Duration window);
  size_t size() const;

 private:
  struct Window {
    Instant ends{};
    int count = 0;
  };
  static constexpr size_t shard_count = 16;
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, Window> windows;
  };
  static void make_room(Shard& shard, Instant now);

  const Clock& clock_;
  size_t keys_max_;
  mutable std::vector<Shard> shards_;
};

}  // namespace portico
