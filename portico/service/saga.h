// Long-running changes over several services: a versioned table of steps, each with what undoes it. How far
// one has come is a row in the store of the service that owns it, written in the same units as its document;
// after a crash it is resumed from there. No code is replayed.
//
//   Saga<Draft>("order.place", version(1), this)
//       .loads(&Placing::load)
//       .step("reserve", &Placing::reserve, &Placing::release)
//       .step("commit", &Placing::commit)
//       .pivot("confirm", &Placing::confirm)          // backward before it, forward only after it
//       .later("notify", &Placing::notify)            // the caller does not wait for it
//       .undone(&Placing::cancel);
//
// Steps act on neighbours. They and what undoes them may be repeated, and an undo may come before its step,
// or without it: participants keep a mark of it and refuse the step then.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portico/observe/call.h"
#include "portico/store/store.h"

namespace portico {

enum class SagaPhase { forward, backward };
PORTICO_DESCRIBE_ENUM(SagaPhase, forward, backward)

// How far a saga has come: a row of the owning service, removed once it has ended: from then on its document
// says how.
struct SagaRecord {
  Id<SagaRecord> id;  // type:key, so that a document has one of each type
  std::string type;   // "order.place"
  int version = 1;
  std::string key;   // id of the document that it changes
  std::string step;  // of the table, from which it goes on
  SagaPhase phase = SagaPhase::forward;
  // Grows with every change; who holds an older one can record nothing more (fencing).
  int turn = 1;
  int attempts = 0;    // that failed since it last came further
  bool stuck = false;  // it has failed so often that somebody should look; it is still tried
  Time due_at;         // when it is taken on if nothing is heard of it until then
  Time deadline;       // it is undone if it has not passed its pivot by then
  std::string reason;  // of the last failure, or why it is undone
  std::string note;
  std::string correlation_id;
  std::string traceparent;
  Time started_at;
  Time updated_at;
};
PORTICO_DESCRIBE(SagaRecord, id, type, version, key, step, phase, turn, attempts, stuck, due_at, deadline,
                 reason, note, correlation_id, traceparent, started_at, updated_at)

struct SagaVersion {
  int number;
};
constexpr SagaVersion version(int number) { return {number}; }

// A saga with its types taken off.
struct SagaStep {
  std::string name;
  std::function<Task<void>(Call&, void* state)> act, undo;  // on neighbours
  std::function<Task<void>(Unit&, void* state)> record;     // in the unit that says the step is done
  bool pivot = false;
  bool later = false;
};
struct SagaTable {
  std::string type;
  int version = 1;
  std::vector<SagaStep> steps;
  std::function<Task<std::shared_ptr<void>>(Call&, std::string key)> load;  // null: no such document
  std::function<Task<void>(Unit&, void* state, const Error& why)> undone;
  Duration deadline = std::chrono::minutes(1);
  size_t find(std::string_view step) const;  // its index; steps.size() when there is none
  size_t pivot_end() const;                  // behind the pivot; 0 where there is none: only forward
  // Behind the last step that may have been done by one that was to go on at `step`: nothing is recorded
  // between two steps that record.
  size_t maybe_done(size_t step) const;
};

// Builds the table from methods of `object`, which lives as long as the service.
template <class State, class Object>
class Saga {
 public:
  using Action = Task<void> (Object::*)(Call&, State&);
  using Record = Task<void> (Object::*)(Unit&, State&);

  Saga(std::string type, SagaVersion version, Object* object) : object_(object) {
    table_.type = std::move(type);
    table_.version = version.number;
  }
  // How long it may take to its pivot, counted from its start.
  Saga& within(Duration span) {
    table_.deadline = span;
    return *this;
  }
  // The state of a saga that is resumed, from what is stored.
  Saga& loads(Task<std::shared_ptr<State>> (Object::*load)(Call&, std::string key)) {
    table_.load = [object = object_, load](Call& call, std::string key) {
      return erased((object->*load)(call, std::move(key)));
    };
    return *this;
  }
  Saga& step(std::string name, Action act, Action undo = nullptr) {
    add(std::move(name), act);
    if (undo) table_.steps.back().undo = bound(undo);
    return *this;
  }
  // What the owner records: from here there is no way back.
  Saga& pivot(std::string name, Record record) {
    table_.steps.push_back({.name = std::move(name), .record = bound(record), .pivot = true});
    return *this;
  }
  // A step after the pivot that the caller does not wait for.
  Saga& later(std::string name, Action act) {
    add(std::move(name), act);
    table_.steps.back().later = true;
    return *this;
  }
  // What the owner records when it decides to undo; the compensations follow.
  Saga& undone(Task<void> (Object::*record)(Unit&, State&, const Error& why)) {
    table_.undone = [object = object_, record](Unit& unit, void* state, const Error& why) {
      return (object->*record)(unit, *static_cast<State*>(state), why);
    };
    return *this;
  }
  SagaTable table() const { return table_; }

 private:
  static Task<std::shared_ptr<void>> erased(Task<std::shared_ptr<State>> task) {
    co_return co_await std::move(task);
  }
  std::function<Task<void>(Call&, void*)> bound(Action action) const {
    return [object = object_, action](Call& call, void* state) {
      return (object->*action)(call, *static_cast<State*>(state));
    };
  }
  std::function<Task<void>(Unit&, void*)> bound(Record record) const {
    return [object = object_, record](Unit& unit, void* state) {
      return (object->*record)(unit, *static_cast<State*>(state));
    };
  }
  void add(std::string name, Action act) {
    table_.steps.push_back({.name = std::move(name), .act = bound(act)});
  }

  Object* object_;
  SagaTable table_;
};

}  // namespace portico
