#include "portico/bus/local_source.h"

#include <algorithm>
#include <limits>

namespace portico::bus {

void LocalSource::Wake::notify() {
  const std::lock_guard lock(mutex);
  for (const auto& signal : signals) signal->notify();
}

LocalSource::LocalSource(Runtime& runtime, Observer& observer, std::string service, Store& store)
    : runtime_(runtime),
      observer_(observer),
      service_(std::move(service)),
      store_(store),
      rows_(readers_in(store)),
      oldest_age_(observer.metrics.gauge("outbox_oldest_age_seconds",
                                         "Age of the oldest event that not every group has handled",
                                         {{"service", service_}})) {
  store.on_publish([wake = wake_] { wake->notify(); });
}

LocalSource::~LocalSource() {
  const std::lock_guard lock(wake_->mutex);
  wake_->signals.clear();
}

void LocalSource::expect(const std::string& group) { reader(group); }

LocalSource::Reader& LocalSource::reader(const std::string& group) {
  auto found = readers_.find(group);
  if (found != readers_.end()) return found->second;
  if (!valid_name(group))
    throw Error(Code::invalid, "bus.bad_name", "the group's name is empty, too long or has other characters");
  if (readers_.size() >= groups_max)
    throw Error(Code::exhausted, "bus.too_many_groups", "too many groups read this service's events");
  Reader& reader = readers_[group];
  reader.signal = std::make_shared<Signal>(runtime_);
  const std::lock_guard lock(wake_->mutex);
  wake_->signals.push_back(reader.signal);
  return reader;
}

Call LocalSource::account_call() const {
  return Call(runtime_, observer_, service_, runtime_.steady() + std::chrono::seconds(30));
}

Task<void> LocalSource::load() {
  if (loaded_) co_return;
  Call call = account_call();
  const Page<BusReader> page = co_await rows_.list(call, {.limit = groups_max});
  for (const BusReader& row : page.items) {
    Reader& known = reader(row.id.value);
    known.stored_place = row.place;
    known.place = std::max(known.place, row.place);
  }
  loaded_ = true;
}

// A group becomes known with its first read, its place is noted only before trimming: an older place merely
// keeps events a little longer.
Task<void> LocalSource::save() {
  std::vector<std::pair<std::string, int64_t>> moved;
  for (const auto& [group, reader] : readers_)
    if (reader.place != reader.stored_place) moved.emplace_back(group, reader.place);
  if (moved.empty()) co_return;
  Call call = account_call();
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    for (const auto& [group, place] : moved) {
      const Id<BusReader> id{group};
      const bool known = co_await rows_.change(unit, id, set(&BusReader::place, place));
      if (!known) co_await rows_.insert(unit, BusReader{id, place});
    }
  });
  for (const auto& [group, place] : moved) readers_.at(group).stored_place = place;
}

Task<std::vector<OutboxEvent>> LocalSource::read(std::string group, int64_t after, size_t max,
                                                 Duration wait) {
  const Instant until = runtime_.steady() + std::min(wait, wait_max);
  max = std::clamp<size_t>(max, 1, read_max);
  co_await load();
  Reader& own = reader(group);
  own.place = after;
  if (own.stored_place < 0) co_await save();
  const std::shared_ptr<Signal> signal = own.signal;
  while (true) {
    std::vector<OutboxEvent> events = co_await store_.read_events(after, max);
    const Duration left = until - runtime_.steady();
    if (!events.empty() || left <= Duration::zero() || closed_) co_return events;
    co_await signal->wait_for(left);
  }
}

void LocalSource::close() {
  closed_ = true;
  wake_->notify();
}

Task<void> LocalSource::trim(Duration retention) {
  co_await load();
  co_await save();
  int64_t everyone_has = std::numeric_limits<int64_t>::max();
  for (const auto& [group, reader] : readers_) everyone_has = std::min(everyone_has, reader.place);
  const Time before = runtime_.now() - retention;
  while (!closed_) {
    const int64_t forgotten = co_await store_.trim_events(everyone_has, before, trim_step);
    if (forgotten < int64_t(trim_step)) break;
  }
  if (readers_.empty() || closed_) co_return;
  const std::vector<OutboxEvent> oldest = co_await store_.read_events(everyone_has, 1);
  const Duration age = oldest.empty() ? Duration::zero() : runtime_.now() - oldest[0].published_at;
  oldest_age_.set(std::max<int64_t>(0, age.count() / 1'000'000));
}

}  // namespace portico::bus
