#include <gtest/gtest.h>

#include "portico/sim/bank_test_support.h"
#include "portico/store/sqlite/sqlite_store.h"

namespace portico::sim {
namespace account {
PORTICO_API_DEFINITION(Api)
namespace {

class AccountService {
 public:
  explicit AccountService(ServiceParts& parts)
      : store_(parts.store()),
        bookings_(store_.collection<Booking>()),
        audit_(parts.client<audit::Api>("audit")) {
    parts.service().bind(&Api::book, this, &AccountService::book);
    parts.service().bind(&Api::total, this, &AccountService::total);
  }

 private:
  Task<Booking> book(Call& call, Booking booking) {
    co_await audit_.permit(call, audit::Permit{{booking.id.value}});
    co_await store_.write(call, [&](Unit& unit) -> Task<void> {
      if (co_await bookings_.insert_once(unit, booking)) unit.publish(booking);
    });
    co_return booking;
  }
  Task<Total> total(Call& call) {
    Total total;
    Query query{.limit = Query::limit_max};
    do {
      const Page<Booking> page = co_await bookings_.list(call, query);
      for (const Booking& booking : page.items) {
        ++total.count;
        total.sum += booking.amount;
      }
      query.after = page.next;
    } while (!query.after.empty());
    co_return total;
  }

  Store& store_;
  Collection<Booking> bookings_;
  Client<audit::Api> audit_;
};

}  // namespace
}  // namespace account

namespace audit {
PORTICO_API_DEFINITION(Api)
namespace {

const Id<Ledger> ledger_id{"all"};

class AuditService {
 public:
  AuditService(ServiceParts& parts, bool careless)
      : store_(parts.store()), permits_(store_.collection<Permit>()), ledgers_(store_.collection<Ledger>()) {
    parts.service().bind(&Api::permit, this, &AuditService::permit);
    parts.service().bind(&Api::total, this, &AuditService::total);
    parts.service().bind(&Api::permitted, this, &AuditService::permitted);
    if (careless)
      parts.service().on_outside("account", "audit.bookings", this, &AuditService::audit_outside);
    else
      parts.service().on("account", "audit.bookings", this, &AuditService::audit);
  }

 private:
  Task<Permit> permit(Call& call, Permit permit) {
    co_await store_.write(call,
                          [&](Unit& unit) -> Task<void> { co_await permits_.insert_once(unit, permit); });
    co_return permit;
  }
  Task<void> audit(Call&, Unit& unit, account::Booking booking) {
    const bool there = co_await ledgers_.change(unit, ledger_id, add(&Ledger::count, 1),
                                                add(&Ledger::sum, int64_t(booking.amount)));
    if (!there) co_await ledgers_.insert(unit, Ledger{ledger_id, 1, booking.amount});
  }
  Task<void> audit_outside(Call& call, account::Booking booking) {
    co_await store_.write(call, [&](Unit& unit) { return audit(call, unit, booking); });
  }
  Task<account::Total> total(Call& call) {
    const auto ledger = co_await ledgers_.find(call, ledger_id);
    co_return ledger ? account::Total{ledger->count, ledger->sum} : account::Total{};
  }
  Task<account::Total> permitted(Call& call) { co_return account::Total{co_await permits_.count(call), 0}; }

  Store& store_;
  Collection<Permit> permits_;
  Collection<Ledger> ledgers_;
};

}  // namespace
}  // namespace audit

SystemSpec make_bank(bool careless) {
  SystemSpec system{.name = "bank", .title = "Bank", .gateway_port = 4000};
  system.presenter = make_envelope_presenter();
  system.services = {
      {.name = "account",
       .title = "Account service",
       .port = 4001,
       .docs_path = "/docs",
       .prefixes = {"/api/accounts"},
       .url_variable = "ACCOUNT_SERVICE_URL",
       .endpoints = endpoints_of<account::Api>(),
       .build = [](ServiceParts& parts) { return std::make_shared<account::AccountService>(parts); }},
      {.name = "audit",
       .title = "Audit service",
       .port = 4002,
       .docs_path = "/docs",
       .prefixes = {"/api/audit"},
       .url_variable = "AUDIT_SERVICE_URL",
       .publishers = {"account"},
       .endpoints = endpoints_of<audit::Api>(),
       .build = [careless](
                    ServiceParts& parts) { return std::make_shared<audit::AuditService>(parts, careless); }},
  };
  return system;
}

namespace {

Task<std::optional<account::Total>> total_of(World& world, std::string target) {
  net::Request request{.target = std::move(target)};
  auto answer = co_await world.ask("gateway", std::move(request));
  if (!answer || answer->status != 200) co_return std::nullopt;
  account::Total total;
  const std::vector<std::string_view> path = {"data", "total"};
  auto wrong = schema::read_json_at(answer->body, path, schema::type_of<account::Total>(), &total);
  EXPECT_TRUE(wrong.empty()) << answer->body;
  co_return total;
}

}  // namespace

Task<void> BankWorkload::client(World& world, int number) {
  for (int i = 0; i < 20; ++i) {
    const int64_t amount = 1 + int64_t(random_->below(100));
    const std::string body = R"({"id":"b)" + std::to_string(number) + "-" + std::to_string(i) +
                             R"(","amount":)" + std::to_string(amount) + "}";
    ++tried_;
    for (int tries = 0; tries < 5; ++tries) {
      net::Request request{.verb = POST, .target = "/api/accounts/bookings", .body = body};
      request.headers.set("content-type", "application/json");
      auto answer = co_await world.ask("gateway", std::move(request), std::chrono::seconds(5));
      world.count(answer ? "status " + std::to_string(answer->status) : "failed");
      if (answer && answer->status == 200) {
        ++acknowledged_;
        acknowledged_sum_ += amount;
        break;
      }
      co_await world.client().sleep(Duration(random_->below(500'000)));
    }
    co_await world.client().sleep(Duration(random_->below(2'000'000)));
  }
}

Task<void> BankWorkload::load(World& world) {
  std::vector<Task<void>> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(client(world, i));
  co_await all(std::move(clients));
}

Task<void> BankWorkload::check(World& world) {
  const auto booked = co_await total_of(world, "/api/accounts/total");
  const auto audited = co_await total_of(world, "/api/audit/total");
  const auto permitted = co_await total_of(world, "/api/audit/permitted");
  if (!booked || !audited || !permitted) co_return world.violate("answers", "no totals after healing");
  if (booked->count < acknowledged_ || booked->sum < acknowledged_sum_ || booked->count > tried_)
    world.violate("acknowledged_is_kept", "booked " + std::to_string(booked->count) + " of " +
                                              std::to_string(acknowledged_) + " acknowledged");
  if (booked->count != audited->count || booked->sum != audited->sum)
    world.violate("audited_once",
                  "booked " + std::to_string(booked->count) + ", audited " + std::to_string(audited->count));
  if (permitted->count < booked->count) world.violate("permitted_first", "a booking without a permit");
}

// The store itself says the same.
Task<void> BankWorkload::check_at_rest(World& world) {
  auto store =
      sqlite::make_store(world.client(), world.observer(),
                         {.path = world.store_path("account"), .file_system = world.disk().file_system()});
  auto bookings = store->collection<account::Booking>();
  co_await store->open();
  Call call(world.client(), world.observer(), "test", world.client().steady() + std::chrono::seconds(10));
  const int64_t count = co_await bookings.count(call);
  if (count < acknowledged_) world.violate("acknowledged_is_kept_at_rest", std::to_string(count));
  co_await store->close();
}

Scenario bank_scenario(const SystemSpec& system) {
  return {.name = "bank",
          .system = &system,
          .settings = {{"security.internal_key", "9f2c41d07be8a6535d1f0c97e4b28a36"}},
          .prepare = {},
          .make = [](World& world) { return std::make_unique<BankWorkload>(world); },
          .sometimes = {}};
}

namespace {

int64_t count_of(const std::vector<Count>& counts, std::string_view name) {
  for (const Count& count : counts)
    if (count.name == name) return count.count;
  return 0;
}

class Bank : public testing::TestWithParam<Topology> {
 protected:
  RunOptions options(uint64_t seed) {
    RunOptions options{.topology = GetParam(), .seed = seed, .keys = keys_.path(), .snapshot = &snapshot_};
    options.faults = make_faults(seed, {.processes = process_names(system_, GetParam())});
    return options;
  }

  const TemporaryFolder keys_;
  const SystemSpec system_ = make_bank();
  const Scenario scenario_ = bank_scenario(system_);
  const Snapshot snapshot_ = prepare(scenario_, GetParam(), keys_.path());
};

TEST_P(Bank, WorksWithoutFaults) {
  RunOptions calm = options(1);
  calm.faults.clear();
  const RunResult result = run(scenario_, calm);
  EXPECT_TRUE(result.violations.empty()) << schema::to_json(result);
  EXPECT_EQ(count_of(result.operations, "status 200"), 100) << schema::to_json(result);
  EXPECT_EQ(result.crashes, 0);
}

TEST_P(Bank, KeepsItsPromisesUnderFaults) {
  int64_t crashes = 0, booked = 0, events = 0;
  std::set<std::string> kinds;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const RunResult result = run(scenario_, options(seed));
    EXPECT_TRUE(result.violations.empty()) << schema::to_json(result);
    crashes += result.crashes;
    events += result.events;
    booked += count_of(result.operations, "status 200");
    for (const Count& count : result.faults) kinds.insert(count.name);
  }
  // One process alone sends nothing at which it could be crashed.
  EXPECT_EQ(kinds.size(), GetParam() == Topology::split ? fault_kinds : fault_kinds - 1);
  EXPECT_GT(crashes, 40);
  RecordProperty("crashes", std::to_string(crashes));
  RecordProperty("events", std::to_string(events));
  EXPECT_GT(booked, 40 * 60);
}

TEST_P(Bank, TheSameSeedDoesTheSame) {
  std::set<std::string> hashes;
  for (uint64_t seed = 1; seed <= 15; ++seed) {
    const RunResult first = run(scenario_, options(seed));
    const RunResult second = run(scenario_, options(seed));
    EXPECT_EQ(first.event_hash, second.event_hash) << "seed " << seed;
    EXPECT_EQ(schema::to_json(first), schema::to_json(second)) << "seed " << seed;
    hashes.insert(first.event_hash);
  }
  EXPECT_EQ(hashes.size(), 15u);
}

// Neither where the folder of keys lies nor what ran before in this process is seen in a run.
TEST_P(Bank, ARunInAnotherPlaceIsTheSame) {
  const TemporaryFolder other;
  const Snapshot again = prepare(scenario_, GetParam(), other.path());
  EXPECT_EQ(snapshot_.disk, again.disk);
  RunOptions elsewhere = options(3);
  elsewhere.keys = other.path();
  elsewhere.snapshot = &again;
  EXPECT_EQ(run(scenario_, options(3)).event_hash, run(scenario_, elsewhere).event_hash);
}

INSTANTIATE_TEST_SUITE_P(Topologies, Bank, testing::Values(Topology::single, Topology::split),
                         [](const auto& info) {
                           return info.param == Topology::single ? "single" : "split";
                         });

}  // namespace
}  // namespace portico::sim
