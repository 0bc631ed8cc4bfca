// The stores of a system that does not run, for what looks at all of them together: invariants, restored
// backups, the end of a simulated run.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "portico/bus/delivery.h"
#include "portico/host/system.h"

namespace portico {

// The keys of a publisher's events that a group has not handled: not read yet, or parked.
struct InFlight {
  static constexpr size_t keys_max = 100'000;
  std::set<std::string, std::less<>> keys;
  bool complete =
      true;  // false: there are more than are kept, so that nothing can be said of a missing effect
  bool may_hold(std::string_view key) const { return !complete || keys.contains(key); }
};

class StoppedSystem {
 public:
  // Makes the store of a service, not opened. Throws where there is none.
  using MakeStore = std::function<std::unique_ptr<Store>(const std::string& service)>;

  // Makes the stores and declares the collections of the bus. What else is to be read is declared before
  // `open`.
  StoppedSystem(const SystemSpec& system, const MakeStore& make_store);

  const SystemSpec& system() const { return system_; }
  Store& store(std::string_view service);
  // Brings older stores to the program's form, as a start does. Throws what Store::open throws; a store that
  // is in use is Error(conflict, "system.running").
  Task<void> open();
  Task<void> close();

  struct BusRows {
    Collection<bus::BusReader> readers;
    // Only of a service that subscribes.
    std::optional<Collection<bus::BusPlace>> places;
    std::optional<Collection<ParkedDelivery>> parked;
  };
  const BusRows& bus(std::string_view service) const;
  // Of the events of `publisher`, what `group` of `subscriber` has not handled.
  Task<InFlight> in_flight(Call& call, std::string publisher, std::string subscriber, std::string group);

 private:
  struct Part {
    std::unique_ptr<Store> store;
    BusRows bus;
  };
  const SystemSpec& system_;
  std::map<std::string, Part, std::less<>> parts_;
  std::vector<Store*> opened_;
};

}  // namespace portico
