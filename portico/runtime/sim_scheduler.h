// Inside runtime/ only: the event queue of the simulation.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>

#include "portico/runtime/runtime.h"

namespace portico {

// A reproducible stream (xoshiro256**); not for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed);
  void fill(std::span<std::byte> bytes) override;

 private:
  uint64_t draw();
  uint64_t state_[4];
};

// FNV-1a: names into seeds and hashes.
uint64_t hash_of(std::string_view text);

enum class EventKind : uint8_t { resume = 1, timer = 2, offload = 3, kill = 4 };

// Who an event belongs to.
struct EventOwner {
  virtual ~EventOwner() = default;
  virtual uint64_t name_hash() const = 0;
  virtual bool dead() const = 0;
  virtual bool paused() const = 0;
  // Destroys what waits on the dead owner.
  virtual void bury_waiters() = 0;
};

class SimScheduler {
 public:
  using Action = std::move_only_function<void()>;
  // Orders events: by virtual time; among equals by lot, so that seeds explore orders; then by arrival.
  struct Key {
    int64_t us;
    uint64_t lot;
    uint64_t sequence;
    auto operator<=>(const Key&) const = default;
  };

  explicit SimScheduler(uint64_t seed) : lots_(seed) {}

  Instant now() const { return now_; }
  // An event of a dead owner is buried at once.
  Key add(EventOwner& owner, EventKind kind, Instant when, Action action);
  void erase(const Key& key);
  // Destroys the owner's events and waiters, at the end of the event if that is the owner's own. `owner` says
  // already that it is dead.
  void kill(EventOwner& owner);
  // Takes up again what a paused owner has missed.
  void resume(EventOwner& owner);
  void observe(uint64_t what);
  // Runs the next event if it is not later than `until`.
  bool step(std::optional<Instant> until = std::nullopt);
  void advance_to(Instant when) { now_ = std::max(now_, when); }
  bool idle() const { return events_.empty(); }  // but for what paused owners have missed
  uint64_t hash() const { return hash_; }
  uint64_t count() const { return count_; }

 private:
  struct Event {
    EventOwner* owner;
    EventKind kind;
    Action action;
  };
  void record(const EventOwner& owner, EventKind kind);
  void drop_events(std::map<Key, Event>& events, const EventOwner& owner);
  void bury();

  Instant now_;
  uint64_t sequence_ = 0;
  SeededRandom lots_;
  std::map<Key, Event> events_;
  std::map<Key, Event> missed_;  // events of paused owners whose time has come
  // What dead nodes left behind waits here for its destruction: destroyed on the spot, a coroutine could lose
  // its frame while it is being suspended, and long chains would nest deeply.
  std::deque<Action> graveyard_;
  std::deque<EventOwner*> deaths_;  // owners whose waiters are still to be destroyed
  EventOwner* current_ = nullptr;   // of the event that runs
  bool burying_ = false;
  uint64_t hash_ = 0xcbf29ce484222325;
  uint64_t count_ = 0;
};

}  // namespace portico
