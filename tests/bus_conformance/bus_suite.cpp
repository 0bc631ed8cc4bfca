#include "tests/bus_conformance/bus_suite.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace portico::bus_suite {

using std::chrono::milliseconds;
using std::chrono::seconds;

Process::Process(const Engine& engine, Runtime& runtime, const std::string& folder, BusOptions options,
                 Far far)
    : runtime(runtime),
      log(runtime, {.level_min = Level::info},
          [lines = lines](std::string_view text) { lines->append(text); }),
      observer{log, metrics, tracer},
      orders(engine.make_store(runtime, observer, folder + "/orders.db")),
      mail(engine.make_store(runtime, observer, folder + "/mail.db")),
      stats(engine.make_store(runtime, observer, folder + "/stats.db")),
      mail_seen(mail->collection<Seen>({}, "seen")),
      stats_seen(stats->collection<Seen>({}, "seen")),
      bus(engine.make_bus(runtime, observer, options)) {
  if (far) {
    publishing = engine.make_bus(runtime, observer, options);
    publishing->add_publisher("orders", *orders);
    bus->add_remote("orders", far(*publishing->local_source("orders")));
  } else {
    bus->add_publisher("orders", *orders);
  }
  bus->add_publisher("mail", *mail);
  bus->add_subscriber("mail", *mail);
  bus->add_subscriber("stats", *stats);
}

Process::~Process() {
  if (!::testing::Test::HasFailure() && std::uncaught_exceptions() == 0) return;
  log.flush();
  constexpr size_t shown_max = 8000;
  std::cerr << lines->substr(0, shown_max);
}

Task<void> Process::open() {
  co_await orders->open();
  co_await mail->open();
  co_await stats->open();
}

Task<void> Process::start() {
  co_await open();
  if (publishing) publishing->start();
  bus->start();
}

Task<void> Process::stop() {
  co_await bus->stop(runtime.steady() + seconds(10));
  if (publishing) co_await publishing->stop(runtime.steady() + seconds(10));
  co_await orders->close();
  co_await mail->close();
  co_await stats->close();
}

Call Process::call(std::string_view service) {
  Call call(runtime, observer, service, runtime.steady() + seconds(30));
  call.correlation_id = "correlation-1";
  return call;
}

Task<void> Process::note(Unit& unit, const Collection<Seen>& seen, std::string key, int64_t number) {
  const Id<Seen> id{key};
  auto row = co_await seen.find(unit, id);
  const std::string mark = fmt::format("{},", number);
  if (row) {
    co_await seen.update(unit, id, set(&Seen::numbers, row->numbers + mark));
  } else {
    co_await seen.insert(unit, Seen{id, mark});
  }
}

Task<SeenBy> Process::seen_by(std::string service) {
  Call call = this->call(service);
  const Collection<Seen>& seen = service == "mail" ? mail_seen : stats_seen;
  Page<Seen> page = co_await seen.list(call, {.limit = Query::limit_max});
  SeenBy result;
  for (Seen& row : page.items) result[row.id.value] = std::move(row.numbers);
  co_return result;
}

Task<void> Process::settled(Duration within, bool parked_ok) {
  co_await bus->settled(runtime.steady() + within, parked_ok);
}

Task<std::vector<ParkedDelivery>> Process::parked(std::string service, DeliveryState state) {
  Call call = this->call(service);
  auto page = co_await bus->parked(call, service, {.state = state, .limit = 1000});
  co_return std::move(page.items);
}

Bus::Status Process::status(const std::string& group) const {
  for (const Bus::Status& status : bus->status())
    if (status.group == group) return status;
  return {};
}

std::string make_folder(const std::string& name) {
  static int count = 0;
  std::string safe = name;
  std::replace(safe.begin(), safe.end(), '/', '_');
  const auto path =
      std::filesystem::temp_directory_path() / fmt::format("portico-bus-{}-{}-{}", ::getpid(), ++count, safe);
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
  return path.string();
}

std::string numbers_to(int64_t last) {
  std::string result;
  for (int64_t i = 1; i <= last; ++i) result += fmt::format("{},", i);
  return result;
}

BusSuite::BusSuite()
    : seed(uint64_t(::testing::UnitTest::GetInstance()->random_seed()) + 1),
      folder(make_folder(::testing::UnitTest::GetInstance()->current_test_info()->name())),
      sim(SimRuntime::make(seed)),
      trace(__FILE__, __LINE__, fmt::format("seed {} (--gtest_random_seed={})", seed, seed - 1)) {}

BusSuite::~BusSuite() { std::filesystem::remove_all(folder); }

Task<void> BusSuite::until(std::function<bool()> condition, Duration max) {
  const Instant end = sim->steady() + max;
  while (!condition()) {
    if (sim->steady() >= end) throw Error(Code::too_late, "suite.condition", "the condition never held");
    co_await sim->sleep(milliseconds(1));
  }
}

}  // namespace portico::bus_suite
