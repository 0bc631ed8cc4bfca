// Inside sim/ only: applies a list of faults to a world, and counts what it has applied.
#pragma once

#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "portico/sim/faults.h"
#include "portico/sim/network.h"

namespace portico::sim {

class World;

class Injector final : public DiskWatch, public NetworkWatch {
 public:
  explicit Injector(World& world) : world_(world) {}
  void start(std::vector<Fault> faults);
  void stop();
  uint64_t applied(FaultKind kind) const { return applied_[size_t(kind)]; }

  DiskVerdict before(const DiskAccess& access) override;
  void after(const DiskAccess& access) override;
  Fate fate(std::string_view from, std::string_view to, Leg leg) override;
  void before_send(std::string_view from, std::string_view to) override;
  void after_send(std::string_view from, std::string_view to) override;

 private:
  // A fault whose time has come, until its span is over or its one shot is fired.
  struct Active {
    Fault fault;
    std::unique_ptr<Random> random;
    int64_t left = 0;  // operations until it fires
    bool on = false;
  };
  static Task<void> run(Injector* injector, std::shared_ptr<Active> active, uint64_t round);
  void begin(Active& active);
  void finish(Active& active);
  void apply(Active& active) { ++applied_[size_t(active.fault.kind)]; }
  void crash(Active& active);
  bool fires(Active& active);
  void count_down(FaultKind kind, std::string_view process, bool after);
  void disturb(Active& active, Leg leg, Fate& fate);
  void tamper(Active& active, std::string_view from, std::string_view to, Leg leg, Fate& fate);

  World& world_;
  std::vector<std::shared_ptr<Active>> active_;
  uint64_t round_ = 0;  // faults of an earlier one are over
  std::array<uint64_t, fault_kinds> applied_{};
};

}  // namespace portico::sim
