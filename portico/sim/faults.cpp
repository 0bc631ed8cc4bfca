#include "portico/sim/faults.h"

#include <algorithm>

namespace portico::sim {
namespace {

int64_t between(Random& random, int64_t least, int64_t most) {
  return least + int64_t(random.below(uint64_t(most - least + 1)));
}

const std::string& one_of(Random& random, const std::vector<std::string>& list) {
  return list[random.below(list.size())];
}

bool is_message(FaultKind kind) { return kind <= FaultKind::delay; }
bool is_link(FaultKind kind) { return kind == FaultKind::partition || kind == FaultKind::cut; }

// Small numbers more often than large ones.
int64_t ordinal(Random& random, int64_t most) { return 1 + between(random, 0, between(random, 0, most - 1)); }

void choose_ends(Fault& fault, Random& random, const FaultOptions& options) {
  std::vector<std::string> ends = options.processes;
  if (is_message(fault.kind) || is_link(fault.kind)) ends.emplace_back(client_name);
  fault.target = one_of(random, ends);
  if (!is_message(fault.kind) && !is_link(fault.kind)) return;
  std::erase(ends, fault.target);
  if (is_link(fault.kind) || random.below(3) == 0) fault.other = one_of(random, ends);
}

// Between a tenth of a second and a third of the phase; a network is bad for up to the whole of it.
int64_t draw_span(Random& random, Duration phase, int64_t part = 3) {
  return between(random, 100'000, std::max<int64_t>(phase.count() / part, 100'001));
}

void choose_size(Fault& fault, Random& random, Duration phase) {
  switch (fault.kind) {
    case FaultKind::lose_request:
    case FaultKind::lose_reply:
      fault.share = between(random, 1, 60);
      fault.span_us = draw_span(random, phase, 1);
      break;
    case FaultKind::duplicate:
    case FaultKind::delay:
      fault.share = between(random, 1, 60);
      fault.value = between(random, 1000, random.below(2) == 0 ? 8'000'000 : 300'000);
      fault.span_us = draw_span(random, phase, 1);
      break;
    case FaultKind::partition:
    case FaultKind::cut:
    case FaultKind::disk_full:
      fault.span_us = draw_span(random, phase);
      break;
    case FaultKind::pause:
      fault.span_us = random.below(4) == 0 ? draw_span(random, phase) : between(random, 1000, 2'000'000);
      break;
    case FaultKind::clock_jump:
      fault.value =
          (random.below(2) ? 1 : -1) * (random.below(3) == 0 ? 3'600'000 : between(random, 1000, 600'000));
      fault.span_us = draw_span(random, phase);
      break;
    case FaultKind::crash_at_io:
      fault.value = ordinal(random, 60);
      break;
    case FaultKind::crash_at_send:
      fault.value = ordinal(random, 20);
      break;
    case FaultKind::sync_error:
    case FaultKind::write_error:
    case FaultKind::read_error:
      fault.value = ordinal(random, 40);
      break;
    case FaultKind::crash:
    case FaultKind::crash_all:
      break;
  }
  fault.power = PowerCut(random.below(4));
}

}  // namespace

std::string_view name_of(FaultKind kind) {
  return portico_labels(std::type_identity<FaultKind>{})[size_t(kind)];
}

std::vector<Fault> make_faults(uint64_t seed, const FaultOptions& options) {
  const auto random = make_seeded_random(seed ^ 0x6661756c7473);
  std::vector<FaultKind> kinds;
  for (size_t i = 0; i < fault_kinds; ++i)
    if (random->below(3) == 0) kinds.push_back(FaultKind(i));
  if (kinds.empty()) kinds.push_back(FaultKind(random->below(fault_kinds)));
  std::vector<Fault> faults(random->below(options.faults_max + 1));
  for (Fault& fault : faults) {
    fault.id = 1 + (&fault - faults.data());
    fault.kind = kinds[random->below(kinds.size())];
    fault.at_us = between(*random, 0, options.span.count() - 1);
    choose_ends(fault, *random, options);
    choose_size(fault, *random, options.span);
  }
  std::ranges::sort(faults, {}, [](const Fault& fault) { return std::pair(fault.at_us, fault.id); });
  return faults;
}

std::unique_ptr<Random> random_of(uint64_t seed, const Fault& fault) {
  return make_seeded_random(seed * 0x9e3779b97f4a7c15 + uint64_t(fault.id));
}

}  // namespace portico::sim
