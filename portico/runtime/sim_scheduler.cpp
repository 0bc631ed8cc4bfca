#include "portico/runtime/sim_scheduler.h"

#include <bit>
#include <cstring>

#include "portico/base/error.h"
#include "portico/runtime/sim_scope.h"

namespace portico {

SeededRandom::SeededRandom(uint64_t seed) {
  // splitmix64 spreads the seed over the state, as the generator's authors advise.
  for (auto& word : state_) {
    uint64_t z = (seed += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    word = z ^ (z >> 31);
  }
}

uint64_t SeededRandom::draw() {
  uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

void SeededRandom::fill(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    uint64_t word = draw();
    size_t count = std::min(bytes.size(), sizeof word);
    std::memcpy(bytes.data(), &word, count);
    bytes = bytes.subspan(count);
  }
}

std::unique_ptr<Random> make_seeded_random(uint64_t seed) { return std::make_unique<SeededRandom>(seed); }

uint64_t hash_of(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

SimScheduler::Key SimScheduler::add(EventOwner& owner, EventKind kind, Instant when, Action action) {
  Key key{std::max(when, now_).us, lots_.next(), sequence_++};
  if (!owner.dead()) {
    events_.emplace(key, Event{&owner, kind, std::move(action)});
    return key;
  }
  graveyard_.push_back(std::move(action));
  if (!current_) bury();
  return key;
}

void SimScheduler::erase(const Key& key) {
  // Taken out first: what the action owns may call back into the queue when it dies.
  auto node = events_.extract(key);
  if (!node) node = missed_.extract(key);
}

bool SimScheduler::step(std::optional<Instant> until) {
  PORTICO_CHECK(!current_);  // an event must not run the simulation
  if (events_.empty() || (until && events_.begin()->first.us > until->us)) return false;
  auto node = events_.extract(events_.begin());
  Event& event = node.mapped();
  now_ = std::max(now_, Instant{node.key().us});  // what was missed keeps the time of its due
  if (event.owner->paused()) {
    missed_.insert(std::move(node));
    return true;
  }
  record(*event.owner, event.kind);
  current_ = event.owner;
  event.action();
  event.action = nullptr;
  if (event.owner->dead()) deaths_.push_back(event.owner);
  current_ = nullptr;
  sim_scope::depth = 0;
  bury();
  return true;
}

void SimScheduler::resume(EventOwner& owner) {
  for (auto it = missed_.begin(); it != missed_.end();) {
    auto next = std::next(it);
    if (it->second.owner == &owner) events_.insert(missed_.extract(it));
    it = next;
  }
}

void SimScheduler::drop_events(std::map<Key, Event>& events, const EventOwner& owner) {
  for (auto it = events.begin(); it != events.end();) {
    auto next = std::next(it);
    if (it->second.owner == &owner) graveyard_.push_back(std::move(events.extract(it).mapped().action));
    it = next;
  }
}

void SimScheduler::kill(EventOwner& owner) {
  record(owner, EventKind::kill);
  drop_events(events_, owner);
  drop_events(missed_, owner);
  deaths_.push_back(&owner);
  if (current_ == &owner) {
    // The running coroutine still uses what other coroutines of its node own: they die when the event ends.
    // Until then nothing it does has an effect.
    ++sim_scope::depth;
  } else {
    bury();
  }
}

void SimScheduler::bury() {
  if (burying_) return;
  burying_ = true;
  sim_scope::Dying dying;
  while (!deaths_.empty() || !graveyard_.empty()) {
    if (!deaths_.empty()) {
      EventOwner* owner = deaths_.front();
      deaths_.pop_front();
      owner->bury_waiters();
    } else {
      Action action = std::move(graveyard_.front());
      graveyard_.pop_front();
    }
  }
  burying_ = false;
}

void SimScheduler::record(const EventOwner& owner, EventKind kind) {
  observe(static_cast<uint64_t>(now_.us));
  observe(owner.name_hash());
  observe(static_cast<uint64_t>(kind));
  ++count_;
}

void SimScheduler::observe(uint64_t what) {
  hash_ = (hash_ ^ what) * 0x9e3779b97f4a7c15;
  hash_ ^= hash_ >> 29;
}

}  // namespace portico
