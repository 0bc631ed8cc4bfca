// Private to this layer: what a verifier remembers of the tokens it has verified. Thread-safe.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstring>
#include <list>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "portico/security/digest.h"
#include "portico/security/token.h"

namespace portico::security {

// Verified tokens by their hash: some shards, each a map with the order of last use, so that cores rarely
// meet.
class Verifier::Cache {
 public:
  using Value = std::shared_ptr<const Claims>;

  explicit Cache(size_t entries_max)
      : shards_(std::min(shards_max, entries_max)),
        per_shard_(entries_max / std::max<size_t>(shards_.size(), 1)) {}

  bool enabled() const { return !shards_.empty(); }
  // Entries of an older generation count as absent.
  uint64_t generation() const { return generation_; }

  Value find(const Sha256& name) {
    Shard& shard = shard_of(name);
    std::lock_guard lock(shard.mutex);
    auto entry = shard.index.find(name);
    if (entry == shard.index.end() || entry->second->generation != generation_) {
      ++shard.misses;
      return nullptr;
    }
    ++shard.hits;
    shard.used.splice(shard.used.begin(), shard.used, entry->second);
    return entry->second->value;
  }

  // `generation` is the one that held before the keys were looked up: what was verified with a key that has
  // been taken away meanwhile goes in dead.
  void insert(const Sha256& name, Value value, uint64_t generation) {
    Shard& shard = shard_of(name);
    std::lock_guard lock(shard.mutex);
    if (auto known = shard.index.find(name); known != shard.index.end()) {
      *known->second = {name, std::move(value), generation};
      return;
    }
    if (shard.used.size() >= per_shard_) {
      shard.index.erase(shard.used.back().name);
      shard.used.pop_back();
    }
    shard.used.push_front({name, std::move(value), generation});
    shard.index.emplace(name, shard.used.begin());
  }

  void erase(const Sha256& name) {
    Shard& shard = shard_of(name);
    std::lock_guard lock(shard.mutex);
    auto entry = shard.index.find(name);
    if (entry == shard.index.end()) return;
    shard.used.erase(entry->second);
    shard.index.erase(entry);
  }

  void clear() {
    ++generation_;
    for (Shard& shard : shards_) {
      std::lock_guard lock(shard.mutex);
      shard.index.clear();
      shard.used.clear();
    }
  }

  CacheStatus status() {
    CacheStatus status;
    for (Shard& shard : shards_) {
      std::lock_guard lock(shard.mutex);
      status.hits += shard.hits;
      status.misses += shard.misses;
      status.entries += shard.used.size();
    }
    return status;
  }

 private:
  static constexpr size_t shards_max = 16;

  struct Entry {
    Sha256 name;
    Value value;
    uint64_t generation;
  };
  struct Prefix {
    size_t operator()(const Sha256& name) const {
      size_t value;
      std::memcpy(&value, name.data(), sizeof value);
      return value;
    }
  };
  struct alignas(64) Shard {
    std::mutex mutex;
    std::list<Entry> used;  // most recently used first
    std::unordered_map<Sha256, std::list<Entry>::iterator, Prefix> index;
    uint64_t hits = 0, misses = 0;
  };

  Shard& shard_of(const Sha256& name) { return shards_[name.back() % shards_.size()]; }

  std::atomic<uint64_t> generation_{0};
  std::vector<Shard> shards_;
  size_t per_shard_;
};

}  // namespace portico::security
