// The embedded engine: the outbox is the log.
#include "portico/store/sqlite/sqlite_store.h"
#include "tests/bus_conformance/bus_suite.h"

namespace portico::bus_suite {

const Engine embedded{
    .name = "embedded",
    .make_store =
        [](Runtime& runtime, Observer& observer, const std::string& path) {
          return sqlite::make_store(runtime, observer, {.path = path});
        },
    .make_bus = [](Runtime& runtime, Observer& observer,
                   BusOptions options) { return std::make_unique<Bus>(runtime, observer, options); },
};

INSTANTIATE_TEST_SUITE_P(embedded, BusSuite, ::testing::Values(embedded),
                         [](const auto& info) { return info.param.name; });

}  // namespace portico::bus_suite
