// Inside store/sqlite only: a unit, a part of the writer's transaction.
#pragma once

#include <optional>

#include "portico/store/sqlite/writer.h"
#include "portico/store/store.h"

namespace portico::sqlite {

class SqliteUnit : public Unit {
 public:
  SqliteUnit(Call& call, Writer::Grant grant)
      : Unit(call), span_(call, "store.write"), grant_(std::move(grant)) {}

  Task<bool> insert(const CollectionInfo& collection, const void* object, bool once) override;
  Task<int64_t> update(const CollectionInfo& collection, const Filter& filter,
                       std::span<const Change> changes, void* result) override;
  Task<int64_t> remove(const CollectionInfo& collection, const Filter& filter) override;
  Task<bool> find(const CollectionInfo& collection, const Filter& filter, void* object,
                  int64_t* version) override;
  Task<void> list(const CollectionInfo& collection, const Query& query, const schema::Type& list_type,
                  void* list, std::string* next, int64_t* total) override;
  void publish_raw(std::string_view type, const schema::Type& described, const void* event) override;
  Task<bool> commit() override;

  // Runs `work(Connection&)` in the unit; its first error makes the unit dead.
  template <class Work>
  auto run(Work work) {
    check_alive();
    try {
      return grant_.use(std::move(work));
    } catch (const Error& error) {
      dead_ = error.reason();
      throw;
    }
  }

 private:
  void check_alive() const;
  Span span_;
  Writer::Grant grant_;
  std::string dead_;  // reason of the first error; "committed" after the end
  bool changed_ = false;
  bool published_ = false;
};

}  // namespace portico::sqlite
