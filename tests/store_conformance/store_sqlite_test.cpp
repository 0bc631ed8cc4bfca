// SQLite passes the suite.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "portico/store/sqlite/sqlite_store.h"
#include "tests/store_conformance/store_suite.h"

namespace portico::conformance {
namespace {

class SqliteDatabase : public Database {
 public:
  SqliteDatabase() {
    std::string pattern = (std::filesystem::temp_directory_path() / "portico-store-XXXXXX").string();
    PORTICO_CHECK(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
  }
  ~SqliteDatabase() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Store> make_store(Runtime& runtime, Observer& observer, StoreLimits limits) override {
    return sqlite::make_store(runtime, observer,
                              {.path = folder_ / "test.db",
                               .waiting_max = limits.waiting_max,
                               .batch_max = limits.batch_max,
                               .unit_time_max = limits.unit_time_max});
  }

  std::string rename_member(std::string_view collection, std::string_view from,
                            std::string_view to) const override {
    return fmt::format("ALTER TABLE \"{}\" RENAME COLUMN \"{}\" TO \"{}\"", collection, from, to);
  }

 private:
  std::filesystem::path folder_;
};

StoreCase sqlite_case(bool simulated) {
  return {"sqlite", [] { return std::make_unique<SqliteDatabase>(); }, simulated};
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance, testing::Values(sqlite_case(false), sqlite_case(true)),
                         [](const auto& info) { return info.param.simulated ? "simulated" : "real"; });

}  // namespace
}  // namespace portico::conformance
