// Counters, gauges and histograms in the Prometheus text format. Updates are lock-free; a family holds a
// bounded number of series, what is beyond falls into one series labelled "other".
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portico {

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

class Counter {
 public:
  void add(uint64_t count = 1);
  uint64_t value() const;

 private:
  // Sharded by thread, so that reactors do not share a cache line.
  static constexpr size_t shard_count = 8;
  struct alignas(64) Shard {
    std::atomic<uint64_t> value{0};
  };
  Shard shards_[shard_count];
};

class Gauge {
 public:
  void set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(int64_t delta) { value_.fetch_add(delta, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Buckets of seconds as OpenTelemetry recommends them for HTTP: 0.005 to 10.
class Histogram {
 public:
  static constexpr double bounds[] = {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
                                      0.5,   0.75, 1,     2.5,  5,     7.5, 10};
  void observe(double seconds);  // below zero counts as zero; what is not a number is left out
  uint64_t count() const;
  double sum() const;
  uint64_t cumulative(size_t bucket) const;  // observations up to bounds[bucket]

 private:
  std::atomic<uint64_t> buckets_[std::size(bounds) + 1]{};
  std::atomic<uint64_t> sum_us_{0};
};

// All metrics of a process. Asking again for the same name and labels (in any order) gives the same object;
// references stay valid as long as the registry. Keep them: look-up takes a lock. Thread-safe.
//
// Names, label names and the kind of a family come from code: breaking the format's rules there, or asking
// for one name as two kinds, stops the process. Label values may be anything.
class Metrics {
 public:
  static constexpr size_t series_max = 1000;      // a family; then one more, all of whose labels are "other"
  static constexpr size_t label_bytes_max = 256;  // a label value; what is longer is cut
  Metrics();
  ~Metrics();
  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, const Labels& labels = {});
  // Called before each exposition, to set gauges that are read elsewhere. Expositions side by side call it
  // side by side; it must not outlive what it refers to, which therefore lives as long as the registry.
  void on_collect(std::function<void()> collect);
  // The Prometheus text exposition format 0.0.4, families sorted by name, with process_* metrics.
  std::string expose();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portico
