#include "portico/store/sqlite/sqlite_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "portico/store/sqlite/layout.h"
#include "portico/store/sqlite/outbox.h"
#include "portico/store/sqlite/readers.h"
#include "portico/store/sqlite/rows.h"
#include "portico/store/sqlite/transaction.h"
#include "portico/store/sqlite/unit.h"

namespace portico::sqlite {
namespace {

constexpr Duration trim_time_max = std::chrono::seconds(10);

// Collectors cannot be taken back, so this one notices when its store has gone.
void watch_outbox(Metrics& metrics, std::weak_ptr<Readers> weak, const Clock& clock, std::string_view store) {
  Gauge& events = metrics.gauge("store_outbox_events", "Events kept in the outbox.", {{"store", store}});
  Gauge& age =
      metrics.gauge("store_outbox_oldest_seconds", "Age of the oldest event kept.", {{"store", store}});
  metrics.on_collect([&events, &age, &clock, weak = std::move(weak)] {
    const std::shared_ptr<Readers> readers = weak.lock();
    if (!readers) return;
    try {
      const OutboxSpan span = read_span(*readers->lease());
      events.set(span.events);
      age.set(span.events ? (clock.now() - span.oldest).count() / 1'000'000 : 0);
    } catch (const Error&) {
      // Closed or unreadable: the gauges keep what was seen last, and readiness tells.
    }
  });
}

class SqliteStore : public Store {
 public:
  SqliteStore(Runtime& runtime, const Observer& observer, Options options)
      : runtime_(runtime),
        observer_(observer),
        options_(std::move(options)),
        name_(std::filesystem::path(options_.path).stem()),
        readers_(std::make_shared<Readers>(connection_options(Access::read_only), options_.readers_max)) {}
  ~SqliteStore() override {
    if (writer_) writer_->abandon();
  }

  Task<void> open() override;
  Task<void> close() override;
  Task<std::unique_ptr<Unit>> begin(Call& call) override;
  Task<bool> find(Call& call, const CollectionInfo& collection, const Filter& filter, void* object,
                  int64_t* version) override;
  Task<void> list(Call& call, const CollectionInfo& collection, const Query& query,
                  const schema::Type& list_type, void* list, std::string* next, int64_t* total) override;
  Task<int64_t> count(Call& call, const CollectionInfo& collection, const Filter& filter) override;
  Task<std::vector<OutboxEvent>> read_events(int64_t after, size_t max) override;
  Task<int64_t> trim_events(int64_t sequence, Time before, size_t max) override;
  std::string_view engine() const override { return "sqlite"; }
  Task<int64_t> newest_event() override;
  Task<void> raise_events(int64_t sequence) override;
  Task<void> check(Call& call) override;
  Task<std::vector<std::string>> verify(size_t max) override;

 protected:
  void declare(std::shared_ptr<const CollectionInfo> collection) override;

 private:
  ConnectionOptions connection_options(Access access) const {
    return {.path = options_.path,
            .file_system = options_.file_system,
            .access = access,
            .statements_max = options_.statements_max,
            // Every commit of the writer empties the caches of the readers.
            .cache_bytes = access == Access::read_only ? options_.cache_bytes / 4 : options_.cache_bytes};
  }
  void open_file();

  Runtime& runtime_;
  const Observer observer_;
  const Options options_;
  const std::string name_;  // of the store in logs and metrics: the file's, without its ending
  Collections collections_;
  const std::shared_ptr<Readers> readers_;
  std::shared_ptr<Writer> writer_;
};

void SqliteStore::declare(std::shared_ptr<const CollectionInfo> collection) {
  PORTICO_CHECK(!writer_);
  const bool taken =
      std::ranges::any_of(collections_, [&](const auto& other) { return other->name == collection->name; });
  if (taken)
    throw Error(
        Code::internal, "store.collection",
        fmt::format("The collection \"{}\" is declared twice in {}.", collection->name, options_.path));
  collections_.push_back(std::move(collection));
}

void SqliteStore::open_file() {
  auto lock = options_.file_system.empty() ? std::make_unique<FileLock>(options_.path) : nullptr;
  auto connection = std::make_unique<Connection>(connection_options(Access::read_write));
  // The log that a dead process has left may hold a commit that was written but never synced. It is made
  // durable before anybody reads it: who then finds nothing left to change commits nothing.
  connection->checkpoint(true);
  prepare_layout(*connection, collections_, migrations_, runtime_.now());
  connection->serve();
  writer_ =
      std::make_shared<Writer>(runtime_, observer_, options_, name_, std::move(lock), std::move(connection),
                               WriterHooks{.published =
                                               [this] {
                                                 for (const auto& wake : wake_) wake();
                                               },
                                           .failed =
                                               [this] {
                                                 if (failed_) failed_();
                                               }});
}

Task<void> SqliteStore::open() {
  PORTICO_CHECK(!writer_);
  co_await runtime_.offload([this] { open_file(); });
  readers_->open();
  watch_outbox(observer_.metrics, readers_, runtime_, name_);
}

Task<void> SqliteStore::close() {
  if (!writer_) co_return;
  co_await writer_->drain();
  readers_->close();
  co_await writer_->close();
}

Task<std::unique_ptr<Unit>> SqliteStore::begin(Call& call) {
  if (!writer_) throw closed_error(options_.path);
  co_return std::make_unique<SqliteUnit>(call, co_await writer_->acquire(call));
}

Task<bool> SqliteStore::find(Call& call, const CollectionInfo& collection, const Filter& filter, void* object,
                             int64_t* version) {
  call.check_deadline();
  const Span span(call, "store.find");
  const Readers::Lease reader = readers_->lease();
  co_return sqlite::find(*reader, collection, filter, object, version);
}

Task<void> SqliteStore::list(Call& call, const CollectionInfo& collection, const Query& query,
                             const schema::Type& list_type, void* list, std::string* next, int64_t* total) {
  call.check_deadline();
  const Span span(call, "store.list");
  const Readers::Lease reader = readers_->lease();
  if (total) {
    // One snapshot for the page and its total.
    reader->run("BEGIN");
    Rollback end(*reader);
    sqlite::list(*reader, collection, query, list_type, list, next, total);
  } else {
    sqlite::list(*reader, collection, query, list_type, list, next, total);
  }
  co_return;
}

Task<int64_t> SqliteStore::count(Call& call, const CollectionInfo& collection, const Filter& filter) {
  call.check_deadline();
  const Span span(call, "store.count");
  const Readers::Lease reader = readers_->lease();
  co_return sqlite::count(*reader, collection, filter);
}

Task<std::vector<OutboxEvent>> SqliteStore::read_events(int64_t after, size_t max) {
  const Readers::Lease reader = readers_->lease();
  co_return sqlite::read_events(*reader, after, max);
}

Task<int64_t> SqliteStore::trim_events(int64_t sequence, Time before, size_t max) {
  if (!writer_) throw closed_error(options_.path);
  Observer observer = observer_;
  Call call(runtime_, observer, name_, runtime_.steady() + trim_time_max);
  for (;;) {
    Writer::Grant grant = co_await writer_->acquire(call);
    const int64_t rows = grant.use(
        [&](Connection& connection) { return sqlite::trim_events(connection, sequence, before, max); });
    if (co_await grant.commit(rows > 0, false)) co_return rows;
  }
}

Task<int64_t> SqliteStore::newest_event() {
  const Readers::Lease reader = readers_->lease();
  co_return sqlite::newest_event(*reader);
}

Task<void> SqliteStore::raise_events(int64_t sequence) {
  if (!writer_) throw closed_error(options_.path);
  Observer observer = observer_;
  Call call(runtime_, observer, name_, runtime_.steady() + trim_time_max);
  for (;;) {
    Writer::Grant grant = co_await writer_->acquire(call);
    grant.use([&](Connection& connection) { sqlite::raise_events(connection, sequence); });
    if (co_await grant.commit(true, false)) co_return;
  }
}

Task<std::vector<std::string>> SqliteStore::verify(size_t max) {
  std::vector<std::string> faults;
  co_await runtime_.offload([&] { faults = integrity_faults(*readers_->lease(), max); });
  co_return faults;
}

Task<void> SqliteStore::check(Call& call) {
  call.check_deadline();
  const Readers::Lease reader = readers_->lease();
  reader->single("SELECT count(*) FROM \"_portico\"");
  writer_->check_not_failed();
  co_return;
}

}  // namespace

std::unique_ptr<Store> make_store(Runtime& runtime, Observer& observer, Options options) {
  return std::make_unique<SqliteStore>(runtime, observer, std::move(options));
}

}  // namespace portico::sqlite
