// Faults as data: drawn from a seed, written as JSON, taken out one by one when a failure is shrunk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "portico/base/time.h"
#include "portico/schema/json.h"
#include "portico/sim/disk.h"

namespace portico::sim {

enum class FaultKind {
  // Of the messages from `target` to `other`, `share` percent while it lasts.
  lose_request,  // it never arrives: the sender waits for its deadline, or fails to connect
  lose_reply,    // the request was handled, and the connection is reset instead of this answer
  duplicate,     // the request arrives again, up to `value` µs later; the second answer goes nowhere
  delay,         // by up to `value` µs
  // While it lasts, no message between `target` and `other`; of `cut` from `target` to `other` only.
  partition,
  cut,
  // `target` dies, and the disk forgets as `power` says.
  crash,          // at that time
  crash_at_io,    // at the `value`-th write, sync, cut or deletion after it: odd before, even after it
  crash_at_send,  // at the `value`-th request that it sends after that time: odd before, even after it
  crash_all,      // and so do all others
  pause,          // `target` stands still
  clock_jump,     // the wall clock of `target` is `value` ms off
  disk_full,      // `target` can write nothing
  sync_error,     // the `value`-th sync after that time fails
  write_error,    // likewise
  read_error,     // likewise
};
PORTICO_DESCRIBE_ENUM(FaultKind, lose_request, lose_reply, duplicate, delay, partition, cut, crash,
                      crash_at_io, crash_at_send, crash_all, pause, clock_jump, disk_full, sync_error,
                      write_error, read_error)
inline constexpr size_t fault_kinds = 16;
std::string_view name_of(FaultKind kind);

struct Fault {
  int64_t id = 0;  // its place in the list as it was drawn; seeds the random numbers that it uses
  FaultKind kind = FaultKind::crash;
  int64_t at_us = 0;  // after the beginning of the faulty phase
  int64_t span_us = 0;
  std::string target;
  std::string other;  // "": any
  int64_t share = 0;
  int64_t value = 0;
  PowerCut power = PowerCut::keep_all;
};
PORTICO_DESCRIBE(Fault, id, kind, at_us, span_us, target, other, share, value, power)

// The process name of those who ask from outside.
inline constexpr std::string_view client_name = "client";

struct FaultOptions {
  std::vector<std::string> processes;
  Duration span = std::chrono::seconds(30);  // of the faulty phase
  size_t faults_max = 25;
};

// Each seed allows some of the kinds and draws a list of them, in the order of their times. Equal seeds and
// options give equal lists.
std::vector<Fault> make_faults(uint64_t seed, const FaultOptions& options);

// The random numbers of one fault.
std::unique_ptr<Random> random_of(uint64_t seed, const Fault& fault);

}  // namespace portico::sim
