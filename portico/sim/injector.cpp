#include "portico/sim/injector.h"

#include "portico/sim/world.h"

namespace portico::sim {
namespace {

bool lasts(FaultKind kind) {
  return kind <= FaultKind::cut || kind == FaultKind::pause || kind == FaultKind::clock_jump ||
         kind == FaultKind::disk_full;
}

// Operations are numbered twice, before and after: an odd place stands before, an even one after.
bool is_after(int64_t place) { return place % 2 == 0; }

}  // namespace

void Injector::start(std::vector<Fault> faults) {
  ++round_;
  for (Fault& fault : faults) {
    auto active = std::make_shared<Active>();
    active->random = random_of(world_.options().seed, fault);
    active->left = fault.value;
    active->fault = std::move(fault);
    active_.push_back(active);
    world_.control().spawn("fault", run(this, active, round_));
  }
}

void Injector::stop() {
  ++round_;
  for (const auto& active : active_)
    if (active->on) finish(*active);
  active_.clear();
}

Task<void> Injector::run(Injector* injector, std::shared_ptr<Active> active, uint64_t round) {
  SimRuntime& runtime = injector->world_.runtime();
  co_await runtime.sleep(Duration(active->fault.at_us));
  if (round != injector->round_) co_return;
  injector->begin(*active);
  if (!lasts(active->fault.kind)) co_return;
  co_await runtime.sleep(Duration(active->fault.span_us));
  if (round == injector->round_) injector->finish(*active);
}

void Injector::begin(Active& active) {
  const Fault& fault = active.fault;
  active.on = true;
  switch (fault.kind) {
    case FaultKind::crash:
      crash(active);
      break;
    case FaultKind::crash_all:
      apply(active);
      for (const std::string& process : world_.processes()) world_.kill(process, fault.power, *active.random);
      active.on = false;
      break;
    case FaultKind::pause:
      apply(active);
      world_.pause(fault.target);
      break;
    case FaultKind::clock_jump:
      apply(active);
      world_.set_clock_offset(fault.target, std::chrono::milliseconds(fault.value));
      break;
    default:
      break;  // waits for its message or access
  }
}

void Injector::finish(Active& active) {
  active.on = false;
  if (active.fault.kind == FaultKind::pause) world_.resume(active.fault.target);
  if (active.fault.kind == FaultKind::clock_jump) world_.set_clock_offset(active.fault.target, {});
}

// Counted where there was something to crash.
void Injector::crash(Active& active) {
  active.on = false;
  if (!world_.application(active.fault.target)) return;
  apply(active);
  world_.kill(active.fault.target, active.fault.power, *active.random);
}

bool Injector::fires(Active& active) {
  if (--active.left > 0) return false;
  active.on = false;
  return true;
}

void Injector::count_down(FaultKind kind, std::string_view process, bool after) {
  for (size_t i = 0; i < active_.size(); ++i) {
    Active& active = *active_[i];
    if (!active.on || active.fault.kind != kind || active.fault.target != process) continue;
    if (after != is_after(active.fault.value)) continue;
    active.left -= 2;
    if (active.left <= 0) crash(active);
  }
}

DiskVerdict Injector::before(const DiskAccess& access) {
  if (access.operation != DiskOperation::read) count_down(FaultKind::crash_at_io, access.process, false);
  DiskVerdict verdict = DiskVerdict::proceed;
  for (const auto& active : active_) {
    if (!active->on || active->fault.target != access.process) continue;
    const FaultKind kind = active->fault.kind;
    const bool write = access.operation == DiskOperation::write;
    if (kind == FaultKind::disk_full && write) {
      apply(*active);
      if (verdict == DiskVerdict::proceed) verdict = DiskVerdict::full;
    } else if ((kind == FaultKind::write_error && write) ||
               (kind == FaultKind::sync_error && access.operation == DiskOperation::sync) ||
               (kind == FaultKind::read_error && access.operation == DiskOperation::read)) {
      if (!fires(*active)) continue;
      apply(*active);
      verdict = DiskVerdict::io_error;
      world_.inspect_later(access.process);
    }
  }
  return verdict;
}

void Injector::after(const DiskAccess& access) { count_down(FaultKind::crash_at_io, access.process, true); }

void Injector::before_send(std::string_view from, std::string_view) {
  count_down(FaultKind::crash_at_send, from, false);
}

void Injector::after_send(std::string_view from, std::string_view) {
  count_down(FaultKind::crash_at_send, from, true);
}

Fate Injector::fate(std::string_view from, std::string_view to, Leg leg) {
  Fate fate;
  for (const auto& active : active_)
    if (active->on) tamper(*active, from, to, leg, fate);
  return fate;
}

void Injector::tamper(Active& active, std::string_view from, std::string_view to, Leg leg, Fate& fate) {
  const Fault& fault = active.fault;
  const bool along = fault.target == from && (fault.other.empty() || fault.other == to);
  const bool against = fault.target == to && fault.other == from;
  switch (fault.kind) {
    case FaultKind::partition:
    case FaultKind::cut:
      if (!along && !(against && fault.kind == FaultKind::partition)) return;
      // Half of the senders have a connection already, and learn nothing.
      if (leg == Leg::request && active.random->below(2) == 0) fate.noticed = true;
      fate.lost = true;
      return apply(active);
    case FaultKind::lose_request:
    case FaultKind::duplicate:
    case FaultKind::lose_reply:
    case FaultKind::delay:
      if (along) disturb(active, leg, fate);
      return;
    default:
      return;
  }
}

void Injector::disturb(Active& active, Leg leg, Fate& fate) {
  const Fault& fault = active.fault;
  Random& random = *active.random;
  const bool wants_reply = fault.kind == FaultKind::lose_reply;
  if (fault.kind != FaultKind::delay && wants_reply != (leg == Leg::reply)) return;
  if (int64_t(random.below(100)) >= fault.share) return;
  const Duration span(1 + int64_t(random.below(uint64_t(std::max<int64_t>(fault.value, 1)))));
  switch (fault.kind) {
    case FaultKind::delay:
      fate.delay += span;
      break;
    case FaultKind::duplicate:
      fate.doubled = true;
      fate.doubled_after = span;
      break;
    case FaultKind::lose_request:
      fate.noticed = random.below(2) == 0;
      fate.lost = true;
      break;
    default:
      fate.noticed = fate.lost = true;
  }
  apply(active);
}

}  // namespace portico::sim
