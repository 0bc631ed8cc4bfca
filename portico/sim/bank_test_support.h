// For tests of the simulation: a system of two services. Bookings are permitted by one service, stored by the
// other, and audited by the first from events.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "portico/schema/json.h"
#include "portico/sim/run.h"

namespace portico::sim {

namespace account {
struct Booking {
  Id<Booking> id;
  Int<1, 1000> amount;
};
PORTICO_DESCRIBE_EVENT(Booking, "account.booking.v1", id, amount)

struct Total {
  int64_t count = 0;
  int64_t sum = 0;
};
PORTICO_DESCRIBE(Total, count, sum)

struct Api {
  Endpoint<POST, "/api/accounts/bookings", Booking(Booking)> book{"Book", named("booking"), allow(anyone),
                                                                  idempotent};
  Endpoint<GET, "/api/accounts/total", Total()> total{"All bookings", named("total"), allow(anyone)};
};
PORTICO_API(Api, book, total)
}  // namespace account

namespace audit {
struct Permit {
  Id<Permit> id;
};
PORTICO_DESCRIBE(Permit, id)

struct Ledger {
  Id<Ledger> id;
  int64_t count = 0;
  int64_t sum = 0;
};
PORTICO_DESCRIBE(Ledger, id, count, sum)

struct Api {
  Endpoint<POST, "/api/audit/permits", Permit(Permit)> permit{"Permit a booking", named("permit"),
                                                              allow(internal), idempotent};
  Endpoint<GET, "/api/audit/total", account::Total()> total{"What was audited", named("total"),
                                                            allow(anyone)};
  Endpoint<GET, "/api/audit/permitted", account::Total()> permitted{"Permits", named("total"), allow(anyone)};
};
PORTICO_API(Api, permit, total, permitted)
}  // namespace audit

// With `careless` the audit adds each event up outside the unit of its delivery: twice, where a process dies
// in between.
SystemSpec make_bank(bool careless = false);

// Bookings by several clients, each repeated until it is acknowledged or given up.
class BankWorkload : public Workload {
 public:
  explicit BankWorkload(World& world) : random_(make_seeded_random(world.random().next())) {}
  Task<void> load(World& world) override;
  Task<void> check(World& world) override;
  Task<void> check_at_rest(World& world) override;

 private:
  Task<void> client(World& world, int number);

  std::unique_ptr<Random> random_;
  int64_t acknowledged_ = 0, acknowledged_sum_ = 0, tried_ = 0;
};

Scenario bank_scenario(const SystemSpec& system);

// A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "portico-sim-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace portico::sim
