// The waiting deliveries of one group and publisher, in memory: which keys are blocked, and what is due. The
// truth is in the subscriber's store; this is rebuilt from it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "portico/base/time.h"

namespace portico::bus {

// Of each key only the lowest sequence may run. Events without a key have no order among themselves.
// Not thread-safe.
class Waiting {
 public:
  // Adds a delivery or changes its time.
  void put(int64_t sequence, std::string key, Time due_at);
  void remove(int64_t sequence);
  void clear();

  bool blocked(const std::string& key) const { return !key.empty() && keys_.contains(key); }
  bool contains(int64_t sequence) const { return rows_.contains(sequence); }
  size_t size() const { return rows_.size(); }

  // Deliveries that are the first of their key and due, the longest due first.
  std::vector<int64_t> due(Time now, size_t max) const;
  // When the next one may run; nothing when none waits.
  std::optional<Time> next_due() const;
  // The first of its key with the next sequence above `after`, from the start again at the end; whatever its
  // time. Nothing when none waits.
  std::optional<int64_t> next_head(int64_t after) const;

 private:
  struct Row {
    std::string key;
    Time due_at;
  };
  bool is_head(int64_t sequence, const Row& row) const;

  std::map<int64_t, Row> rows_;
  std::unordered_map<std::string, std::set<int64_t>> keys_;
  std::set<std::pair<Time, int64_t>> heads_;
};

}  // namespace portico::bus
