#include "portico/observe/metrics.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <ranges>
#include <variant>

#include "portico/base/error.h"
#include "portico/observe/process_metrics.h"
#include "portico/observe/utf8.h"

namespace portico {
namespace {

// Spreads threads over the shards. A thread's handle is an address, so neighbours differ in its middle bits;
// Fibonacci hashing brings those to the top. Costs about a nanosecond, where asking for the processor costs
// more.
template <size_t Count>
size_t shard_of_thread() {
  static_assert((Count & (Count - 1)) == 0);
  constexpr int bits = std::countr_zero(Count);
  return (uint64_t(pthread_self()) >> 8) * 0x9e3779b97f4a7c15u >> (64 - bits);
}

bool is_name(std::string_view name, bool colons) {
  auto letter = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colons && c == ':');
  };
  auto follower = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name.front()) && std::ranges::all_of(name, follower);
}

// Help and label values: backslash and line feed escaped, in label values the quote too; broken UTF-8
// replaced.
void append_escaped(std::string& out, std::string_view text, bool quote) {
  while (!text.empty()) {
    auto [value, size] = observe::decode_utf8(text);
    if (value == '\\')
      out += "\\\\";
    else if (value == '\n')
      out += "\\n";
    else if (value == '"' && quote)
      out += "\\\"";
    else if (value == observe::CodePoint::broken)
      out += "\xef\xbf\xbd";
    else
      out += text.substr(0, size);
    text.remove_prefix(size);
  }
}

// method="GET",status="200": sorted by label name, which makes it the series' key as well.
std::string render(Labels labels, bool as_other) {
  std::ranges::sort(labels, {}, &Labels::value_type::first);
  std::string out;
  std::string_view previous;
  for (auto [name, value] : labels) {
    PORTICO_CHECK(is_name(name, false) && !name.starts_with("__") && name != "le" && name != previous);
    previous = name;
    if (!out.empty()) out += ',';
    out.append(name).append("=\"");
    append_escaped(out, as_other ? "other" : observe::cut_utf8(value, Metrics::label_bytes_max), true);
    out += '"';
  }
  return out;
}

void append_sample(std::string& out, std::string_view name, std::string_view labels, auto value) {
  if (labels.empty())
    fmt::format_to(std::back_inserter(out), "{} {}\n", name, value);
  else
    fmt::format_to(std::back_inserter(out), "{}{{{}}} {}\n", name, labels, value);
}

void append_series(std::string& out, const std::string& name, const std::string& labels,
                   const Counter& counter) {
  append_sample(out, name, labels, counter.value());
}

void append_series(std::string& out, const std::string& name, const std::string& labels, const Gauge& gauge) {
  append_sample(out, name, labels, gauge.value());
}

void append_series(std::string& out, const std::string& name, const std::string& labels,
                   const Histogram& histogram) {
  // Observations may arrive meanwhile: sums over the buckets read one after the other still never fall.
  double sum = histogram.sum();
  std::string_view comma = labels.empty() ? "" : ",";
  for (size_t i = 0; i < std::size(Histogram::bounds); ++i) {
    auto bucket = fmt::format("{}{}le=\"{}\"", labels, comma, Histogram::bounds[i]);
    append_sample(out, name + "_bucket", bucket, histogram.cumulative(i));
  }
  uint64_t count = histogram.count();
  append_sample(out, name + "_bucket", fmt::format("{}{}le=\"+Inf\"", labels, comma), count);
  append_sample(out, name + "_sum", labels, sum);
  append_sample(out, name + "_count", labels, count);
}

template <class Series>
using SeriesMap = std::map<std::string, std::unique_ptr<Series>, std::less<>>;

struct Family {
  std::string help;
  std::variant<SeriesMap<Counter>, SeriesMap<Gauge>, SeriesMap<Histogram>> series;
};

void append_family(std::string& out, const std::string& name, const Family& family) {
  constexpr std::string_view kinds[] = {"counter", "gauge", "histogram"};
  out.append("# HELP ").append(name).append(" ");
  append_escaped(out, family.help, false);
  out.append("\n# TYPE ").append(name).append(" ").append(kinds[family.series.index()]).append("\n");
  auto append_all = [&](const auto& map) {
    for (const auto& [labels, series] : map) append_series(out, name, labels, *series);
  };
  std::visit(append_all, family.series);
}

}  // namespace

void Counter::add(uint64_t count) {
  shards_[shard_of_thread<shard_count>()].value.fetch_add(count, std::memory_order_relaxed);
}

uint64_t Counter::value() const {
  uint64_t sum = 0;
  for (const Shard& shard : shards_) sum += shard.value.load(std::memory_order_relaxed);
  return sum;
}

void Histogram::observe(double seconds) {
  if (std::isnan(seconds)) return;
  constexpr double seconds_max = 1e9;  // three decades: keeps the sum of microseconds from wrapping
  seconds = std::clamp(seconds, 0.0, seconds_max);
  size_t bucket = size_t(std::ranges::lower_bound(bounds, seconds) - std::begin(bounds));
  buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_us_.fetch_add(uint64_t(std::llround(seconds * 1e6)), std::memory_order_relaxed);
}

uint64_t Histogram::count() const {
  uint64_t sum = 0;
  for (const auto& bucket : buckets_) sum += bucket.load(std::memory_order_relaxed);
  return sum;
}

double Histogram::sum() const { return double(sum_us_.load(std::memory_order_relaxed)) / 1e6; }

uint64_t Histogram::cumulative(size_t bucket) const {
  PORTICO_CHECK(bucket < std::size(bounds));
  uint64_t sum = 0;
  for (size_t i = 0; i <= bucket; ++i) sum += buckets_[i].load(std::memory_order_relaxed);
  return sum;
}

struct Metrics::Impl {
  std::mutex mutex;
  std::map<std::string, Family, std::less<>> families;
  std::vector<std::function<void()>> collectors;

  template <class Series>
  Series& find(std::string_view name, std::string_view help, const Labels& labels) {
    std::string key = render(labels, false);
    std::lock_guard held(mutex);
    auto family = families.find(name);
    if (family == families.end()) {
      PORTICO_CHECK(is_name(name, true) && !observe::is_process_metric(name));
      family = families.emplace(name, Family{std::string(help), SeriesMap<Series>()}).first;
    }
    auto* series = std::get_if<SeriesMap<Series>>(&family->second.series);
    PORTICO_CHECK(series);
    auto found = series->find(key);
    if (found != series->end()) return *found->second;
    if (series->size() >= series_max) key = render(labels, true);
    std::unique_ptr<Series>& slot = (*series)[key];
    if (!slot) slot = std::make_unique<Series>();
    return *slot;
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  return impl_->find<Counter>(name, help, labels);
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  return impl_->find<Gauge>(name, help, labels);
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, const Labels& labels) {
  return impl_->find<Histogram>(name, help, labels);
}

void Metrics::on_collect(std::function<void()> collect) {
  std::lock_guard held(impl_->mutex);
  impl_->collectors.push_back(std::move(collect));
}

std::string Metrics::expose() {
  std::vector<std::function<void()>> collectors;
  {
    std::lock_guard held(impl_->mutex);
    collectors = impl_->collectors;
  }
  // Outside the lock: a collector asks for gauges.
  for (const auto& collect : collectors) collect();

  std::map<std::string, std::string, std::less<>> blocks = observe::process_metrics();
  {
    std::lock_guard held(impl_->mutex);
    for (const auto& [name, family] : impl_->families) append_family(blocks[name], name, family);
  }
  std::string out;
  for (const std::string& block : blocks | std::views::values) out += block;
  return out;
}

}  // namespace portico
