// The log of a publishing service whose store is in this process: read by groups, trimmed behind them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "portico/bus/bus.h"
#include "portico/bus/delivery.h"
#include "portico/runtime/sync.h"

namespace portico::bus {

// Reads on reactor 0. Remembers in the publisher's store which groups read and how far they are, so that a
// restart does not forget a group that is not here at the moment.
class LocalSource : public EventSource {
 public:
  static constexpr size_t groups_max = 256;
  static constexpr size_t read_max = 1000;  // events in one read
  static constexpr Duration wait_max = std::chrono::seconds(30);
  static constexpr size_t trim_step = 500;  // rows forgotten in one go, so that units do not wait for long

  // Declares the readers' collection in `store`: before Store::open.
  LocalSource(Runtime& runtime, Observer& observer, std::string service, Store& store);
  ~LocalSource() override;

  // A group of this process that will read: from now on its events are kept.
  void expect(const std::string& group);
  // Throws Error(invalid, "bus.bad_name") for a group that cannot be kept, Error(exhausted,
  // "bus.too_many_groups").
  Task<std::vector<OutboxEvent>> read(std::string group, int64_t after, size_t max, Duration wait) override;
  // Reads that wait return at once, now and later.
  void close();
  bool closed() const { return closed_; }

  // Notes how far the groups are and forgets what all of them have and is older than `retention`.
  Task<void> trim(Duration retention);

 private:
  struct Reader {
    int64_t place = 0;
    int64_t stored_place = -1;  // -1: the group is not in the store yet
    std::shared_ptr<Signal> signal;
  };
  // What a commit on any thread wakes. Outlives the source, because the store keeps the callback.
  struct Wake {
    std::mutex mutex;
    std::vector<std::shared_ptr<Signal>> signals;
    void notify();
  };

  Reader& reader(const std::string& group);
  Call account_call() const;
  Task<void> load();
  Task<void> save();

  Runtime& runtime_;
  Observer& observer_;
  std::string service_;
  Store& store_;
  Collection<BusReader> rows_;
  std::map<std::string, Reader> readers_;
  std::shared_ptr<Wake> wake_ = std::make_shared<Wake>();
  Gauge& oldest_age_;
  bool loaded_ = false;
  bool closed_ = false;
};

}  // namespace portico::bus
