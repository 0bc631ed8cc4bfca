#include "portico/bus/waiting.h"

namespace portico::bus {

bool Waiting::is_head(int64_t sequence, const Row& row) const {
  return row.key.empty() || *keys_.at(row.key).begin() == sequence;
}

void Waiting::put(int64_t sequence, std::string key, Time due_at) {
  remove(sequence);
  if (!key.empty()) {
    std::set<int64_t>& line = keys_[key];
    if (!line.empty() && sequence < *line.begin())
      heads_.erase({rows_.at(*line.begin()).due_at, *line.begin()});
    line.insert(sequence);
  }
  const Row& row = rows_.emplace(sequence, Row{std::move(key), due_at}).first->second;
  if (is_head(sequence, row)) heads_.insert({due_at, sequence});
}

void Waiting::remove(int64_t sequence) {
  auto found = rows_.find(sequence);
  if (found == rows_.end()) return;
  heads_.erase({found->second.due_at, sequence});
  if (auto line = keys_.find(found->second.key); line != keys_.end()) {
    line->second.erase(sequence);
    if (line->second.empty()) {
      keys_.erase(line);
    } else {
      const int64_t head = *line->second.begin();
      heads_.insert({rows_.at(head).due_at, head});
    }
  }
  rows_.erase(found);
}

void Waiting::clear() {
  rows_.clear();
  keys_.clear();
  heads_.clear();
}

std::vector<int64_t> Waiting::due(Time now, size_t max) const {
  std::vector<int64_t> result;
  for (const auto& [due_at, sequence] : heads_) {
    if (due_at > now || result.size() == max) break;
    result.push_back(sequence);
  }
  return result;
}

std::optional<Time> Waiting::next_due() const {
  if (heads_.empty()) return std::nullopt;
  return heads_.begin()->first;
}

std::optional<int64_t> Waiting::next_head(int64_t after) const {
  std::optional<int64_t> lowest, next;
  for (const auto& [due_at, sequence] : heads_) {
    if (!lowest || sequence < *lowest) lowest = sequence;
    if (sequence > after && (!next || sequence < *next)) next = sequence;
  }
  return next ? next : lowest;
}

}  // namespace portico::bus
