// The database of one service: collections of described structs, changed only in units.
//
// One contract for every engine (SQLite; PostgreSQL and MongoDB join it): tests/store_conformance holds the
// suite. Reads outside a unit see what is committed; a unit is atomic and, once `write` has returned, synced
// to disk.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "portico/observe/call.h"
#include "portico/store/query.h"

namespace portico {

// A collection as engines see it.
struct CollectionInfo {
  std::string name;  // snake_case plural of the struct's name unless given: "order_items"
  const schema::Type* type = nullptr;
  size_t key = 0;  // the member of type Id<T>, else the first
  std::vector<Index> indexes;
  std::string columns;  // as SQL engines read and write rows: "id", "name", "_version"
};

// A change of the schema that cannot be derived. Applied once, in order of number, in one transaction each; a
// changed text of an applied one, or a number that the program does not know, stops the start (exit code 5).
// A fresh database has the described form from the start: there migrations are recorded without being run.
struct Migration {
  int number = 0;
  std::string name;
  std::string statements;  // in the engine's language
};

// A published event as it waits in the store of its service. `sequence` orders the events of one store as
// they were committed, without reuse.
struct OutboxEvent {
  int64_t sequence = 0;
  std::string id;    // UUIDv7
  std::string type;  // "order.created.v1"
  std::string key;   // events of one key stay in order
  Time published_at;
  std::string correlation_id;
  std::string traceparent;
  std::string body;  // JSON
};
PORTICO_DESCRIBE(OutboxEvent, sequence, id, type, key, published_at, correlation_id, traceparent, body)

// One atomic change. Runs on the caller's executor and holds the store's writer: its body awaits nothing but
// operations of this unit. The first error makes it dead: everything after throws, nothing is stored.
class Unit {
 public:
  virtual ~Unit() = default;  // rolls back when not committed

  // Events leave with the commit, in the order of publishing. The key is the value of the event's first Id
  // member.
  template <class E>
  void publish(const E& event) {
    publish_raw(schema::event_name_of<E>(), schema::type_of<E>(), &event);
  }
  Call& call() const { return call_; }

  // What engines implement; services use Collection.
  // Says whether it was inserted: always, unless `once` and there is one already with the same key or the
  // same values in a unique index.
  virtual Task<bool> insert(const CollectionInfo& collection, const void* object, bool once) = 0;
  // Changes all rows that match and says how many; where `result` is given, at most one row may match, and it
  // is read back as it is after the change.
  virtual Task<int64_t> update(const CollectionInfo& collection, const Filter& filter,
                               std::span<const Change> changes, void* result) = 0;
  virtual Task<int64_t> remove(const CollectionInfo& collection, const Filter& filter) = 0;
  virtual Task<bool> find(const CollectionInfo& collection, const Filter& filter, void* object,
                          int64_t* version) = 0;
  // Appends to `list`, an object of `list_type` (a list of the collection's struct).
  virtual Task<void> list(const CollectionInfo& collection, const Query& query, const schema::Type& list_type,
                          void* list, std::string* next, int64_t* total) = 0;
  virtual void publish_raw(std::string_view type, const schema::Type& described, const void* event) = 0;
  // False where the engine has undone the unit for no fault of its own: its body is to be run again.
  virtual Task<bool> commit() = 0;

 protected:
  explicit Unit(Call& call) : call_(call) {}
  Call& call_;
};

template <class T>
struct Versioned {
  T value;
  int64_t version = 0;  // 1 when inserted, one more with every change: a strong ETag
};

template <class T>
class Collection;

class Store {
 public:
  virtual ~Store() = default;

  // Declares a collection; all of them before `open`. Names are unique in the store.
  template <class T>
  Collection<T> collection(std::vector<Index> indexes = {}, std::string name = {});
  void migration(Migration migration) { migrations_.push_back(std::move(migration)); }

  // Creates or extends the schema (additive changes: new collections, members, indexes) and applies
  // migrations. Throws Error(conflict, "store.newer") for a database of a newer program, "store.damaged",
  // "store.read_only", "store.migration" — each with the file and the remedy in its message.
  virtual Task<void> open() = 0;
  // Finishes what is in flight and closes; later use throws Error(unavailable, "store.closed").
  virtual Task<void> close() = 0;

  // Runs `body(Unit&) -> Task<R>` as one unit and returns its result once it is durable. The body may be run
  // again when the engine asks for it, so it must not change anything outside the unit.
  template <class Body>
  auto write(Call& call, Body body) -> std::invoke_result_t<Body&, Unit&> {
    for (;;) {
      std::unique_ptr<Unit> unit = co_await begin(call);
      if constexpr (std::is_void_v<typename std::invoke_result_t<Body&, Unit&>::value_type>) {
        co_await body(*unit);
        if (co_await unit->commit()) co_return;
      } else {
        auto result = co_await body(*unit);
        if (co_await unit->commit()) co_return result;
      }
    }
  }

  // What engines implement; services use Collection. `begin` waits for the writer, at most to the call's
  // deadline; throws Error(unavailable, "store.busy") when too many wait.
  virtual Task<std::unique_ptr<Unit>> begin(Call& call) = 0;
  virtual Task<bool> find(Call& call, const CollectionInfo& collection, const Filter& filter, void* object,
                          int64_t* version) = 0;
  virtual Task<void> list(Call& call, const CollectionInfo& collection, const Query& query,
                          const schema::Type& list_type, void* list, std::string* next, int64_t* total) = 0;
  virtual Task<int64_t> count(Call& call, const CollectionInfo& collection, const Filter& filter) = 0;

  // The outbox, for the bus: events with a sequence above `after`, in order.
  virtual Task<std::vector<OutboxEvent>> read_events(int64_t after, size_t max) = 0;
  // Forgets events up to `sequence` that were published before `before`, at most `max` of them; says how
  // many.
  virtual Task<int64_t> trim_events(int64_t sequence, Time before, size_t max) = 0;
  // The sequence of the newest event ever published, forgotten ones included; 0: none.
  virtual Task<int64_t> newest_event() = 0;
  // Lets the next event come after `sequence`, which others have seen; never lets it come earlier.
  virtual Task<void> raise_events(int64_t sequence) = 0;
  // Called after each commit that published, on any thread; must be quick.
  void on_publish(std::function<void()> wake) { wake_.push_back(std::move(wake)); }
  // Called on any thread when the store takes no changes any more until it is opened anew.
  void on_failure(std::function<void()> failed) { failed_ = std::move(failed); }

  virtual std::string_view engine() const = 0;  // "sqlite"
  virtual Task<void> check(Call& call) = 0;     // throws when the store cannot be read; for readiness
  // Reads all of the store and says what is broken in it: at most `max` lines, none when it is sound. Takes
  // as long as reading the file.
  virtual Task<std::vector<std::string>> verify(size_t max) = 0;

 protected:
  virtual void declare(std::shared_ptr<const CollectionInfo> collection) = 0;
  std::vector<Migration> migrations_;
  std::vector<std::function<void()>> wake_;
  std::function<void()> failed_;
};

namespace detail {

// What to change, and where. Out of line, so that services compile quickly.
struct Selection {
  Filter filter;
  std::vector<Change> changes;
  void add(Filter part);
  void add(Change part);
};
Filter key_filter(const CollectionInfo& info, const std::string& id);

}  // namespace detail

// The typed face of a collection; cheap to copy.
template <class T>
class Collection {
 public:
  Collection(Store& store, std::shared_ptr<const CollectionInfo> info)
      : store_(&store), info_(std::move(info)) {}

  // Reads of what is committed.
  template <class K>
  Task<std::optional<T>> find(Call& call, Id<K> id) const {
    return find(call, by_key(id.value));
  }
  Task<std::optional<T>> find(Call& call, Filter filter) const {
    T value{};
    if (!co_await store_->find(call, *info_, filter, &value, nullptr)) co_return std::nullopt;
    co_return value;
  }
  template <class K>
  Task<std::optional<Versioned<T>>> find_versioned(Call& call, Id<K> id) const {
    Versioned<T> row{};
    Filter filter = by_key(id.value);
    if (!co_await store_->find(call, *info_, filter, &row.value, &row.version)) co_return std::nullopt;
    co_return row;
  }
  Task<Page<T>> list(Call& call, Query query) const {
    Page<T> page;
    co_await store_->list(call, *info_, query, schema::type_of<std::vector<T>>(), &page.items, &page.next,
                          query.with_total ? &page.total : nullptr);
    co_return page;
  }
  Task<int64_t> count(Call& call, Filter filter = {}) const {
    co_return co_await store_->count(call, *info_, filter);
  }

  // Within a unit. Values are validated: a broken limit is Error(internal), for input was checked before.
  // Throws Error(conflict, "store.duplicate") naming the members of the unique index.
  Task<void> insert(Unit& unit, T value) const { co_await unit.insert(*info_, &value, false); }
  // Instead of the error, says false and leaves everything as it is: the unit goes on.
  Task<bool> insert_once(Unit& unit, T value) const { co_return co_await unit.insert(*info_, &value, true); }
  // Changes the row of that id where every filter matches and returns it as it is then; nothing when there is
  // no such row. Arguments after the id are changes and filters in any order:
  //   update(unit, id, add(&Product::stock, -3), where(&Product::stock) >= 3)
  template <class K, class... Parts>
  Task<std::optional<T>> update(Unit& unit, Id<K> id, Parts... parts) const {
    detail::Selection selection{by_key(id.value), {}};
    (selection.add(std::move(parts)), ...);
    return updated(unit, std::move(selection));
  }
  // The same for who does not need the row: says whether there was one. Cheaper.
  template <class K, class... Parts>
  Task<bool> change(Unit& unit, Id<K> id, Parts... parts) const {
    detail::Selection selection{by_key(id.value), {}};
    (selection.add(std::move(parts)), ...);
    return changed(unit, std::move(selection));
  }
  // Changes all that match; says how many.
  Task<int64_t> update_all(Unit& unit, Filter filter, std::vector<Change> changes) const {
    co_return co_await unit.update(*info_, filter, changes, nullptr);
  }
  template <class K>
  Task<bool> remove(Unit& unit, Id<K> id) const {
    Filter filter = by_key(id.value);
    co_return co_await unit.remove(*info_, filter) > 0;
  }
  Task<int64_t> remove_all(Unit& unit, Filter filter) const {
    co_return co_await unit.remove(*info_, filter);
  }
  template <class K>
  Task<std::optional<T>> find(Unit& unit, Id<K> id) const {
    return find(unit, by_key(id.value));
  }
  Task<std::optional<T>> find(Unit& unit, Filter filter) const {
    T value{};
    if (!co_await unit.find(*info_, filter, &value, nullptr)) co_return std::nullopt;
    co_return value;
  }
  Task<Page<T>> list(Unit& unit, Query query) const {
    Page<T> page;
    co_await unit.list(*info_, query, schema::type_of<std::vector<T>>(), &page.items, &page.next,
                       query.with_total ? &page.total : nullptr);
    co_return page;
  }

  const CollectionInfo& info() const { return *info_; }

 private:
  Filter by_key(const std::string& id) const { return detail::key_filter(*info_, id); }
  Task<std::optional<T>> updated(Unit& unit, detail::Selection chosen) const {
    T value{};
    if (!co_await unit.update(*info_, chosen.filter, chosen.changes, &value)) co_return std::nullopt;
    co_return value;
  }
  Task<bool> changed(Unit& unit, detail::Selection chosen) const {
    co_return co_await unit.update(*info_, chosen.filter, chosen.changes, nullptr) > 0;
  }

  Store* store_;
  std::shared_ptr<const CollectionInfo> info_;
};

// Fills in the name and the key, and checks the indexes.
std::shared_ptr<const CollectionInfo> describe_collection(const schema::Type& type, size_t key,
                                                          std::vector<Index> indexes, std::string name);

template <class T>
Collection<T> Store::collection(std::vector<Index> indexes, std::string name) {
  size_t key = 0, position = 0;
  schema::for_each_field<T>([&]<auto P>(schema::Field<P>) {
    if constexpr (std::is_same_v<decltype(P), Id<T> T::* const> || std::is_same_v<decltype(P), Id<T> T::*>)
      key = position;
    ++position;
  });
  auto info = describe_collection(schema::type_of<T>(), key, std::move(indexes), std::move(name));
  declare(info);
  return Collection<T>(*this, std::move(info));
}

}  // namespace portico
