// Bugs on purpose. A simulation that has found nothing is no evidence, so each of these must be found by it
// (docs/reference/simulation.md). They exist only in builds with PORTICO_PLANTS, and there one is chosen by
// name; elsewhere `planted` is false at compile time.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace portico {

enum class Plant : uint8_t {
  none,
  ack_before_commit,               // a unit returns before it is durable
  sync_skipped,                    // commits are not synced
  batch_undone_not_repeated,       // a unit undone with its neighbour counts as stored
  inbox_outside_unit,              // the place in the log is stored before the effects
  parking_not_atomic,              // the place moves before a failed event is parked
  undo_leaves_no_mark,             // what was released before it was reserved can be reserved later
  compensation_removed,            // nothing is released
  give_back_repeats,               // releasing twice gives back twice
  expiry_ignores_commit,           // what was committed expires as well
  stock_check_not_atomic,          // stock is read, then written
  race_last_writer_wins,           // undoing does not look whether the order was confirmed meanwhile
  lease_without_fencing,           // who was overtaken records all the same
  sagas_not_resumed,               // what a crash has left stays
  unsafe_call_repeated,            // the gateway repeats a request that may have been served
  idempotency_key_dropped,         // an order does not remember its key
  notification_key_without_order,  // a user's second order is not confirmed to them
};

inline constexpr std::array<std::string_view, 17> plant_names = {
    "none",
    "ack_before_commit",
    "sync_skipped",
    "batch_undone_not_repeated",
    "inbox_outside_unit",
    "parking_not_atomic",
    "undo_leaves_no_mark",
    "compensation_removed",
    "give_back_repeats",
    "expiry_ignores_commit",
    "stock_check_not_atomic",
    "race_last_writer_wins",
    "lease_without_fencing",
    "sagas_not_resumed",
    "unsafe_call_repeated",
    "idempotency_key_dropped",
    "notification_key_without_order",
};

#ifdef PORTICO_PLANTS
inline constexpr bool plants_built = true;
inline Plant chosen_plant = Plant::none;  // set before anything runs
inline bool planted(Plant plant) { return chosen_plant == plant; }
#else
inline constexpr bool plants_built = false;
constexpr bool planted(Plant) { return false; }
#endif

}  // namespace portico
