// The sagas of one service: starts them, carries them on, undoes them, resumes what a crash has left.
#pragma once

#include <map>
#include <mutex>

#include "portico/bus/bus.h"
#include "portico/runtime/sync.h"
#include "portico/service/saga.h"

namespace portico {

struct SagaOptions {
  Duration lease = std::chrono::seconds(30);  // one that is silent for that long is taken on again
  RetryPolicy retry{.base = std::chrono::seconds(1), .cap = std::chrono::minutes(5)};
  int stuck_after = 10;     // failed attempts
  size_t later_max = 1024;  // tails that run beside requests; at the limit a request waits for its own
  size_t resumed_max = 32;  // that are carried on without a request side by side
  size_t ended_max = 64;    // that have ended and whose rows are still to be removed
  Duration undo_wait = std::chrono::seconds(2);   // that a failed request waits for its compensations
  Duration step_time = std::chrono::seconds(10);  // of a step that no request waits for
};

// Thread-safe once opened.
class Sagas {
 public:
  static constexpr Duration resume_period = std::chrono::seconds(1);

  Sagas(Runtime& runtime, Observer& observer, std::string service, Store& store, SagaOptions options = {});
  ~Sagas();

  // Declares a saga; before Store::open. The result lives as long as this. Versions of one type may stand
  // side by side, so that those which began with the older one come to their end.
  template <class State, class Object>
  const SagaTable& add(const Saga<State, Object>& saga) {
    return add(saga.table());
  }
  bool empty() const { return tables_.empty(); }

  // After Store::open: throws Error(conflict, "saga.version") naming what is stored and unknown here. What
  // an earlier process has left is due at once.
  Task<void> open();

  // Begins one, in the unit that stores its document; `run` follows once the unit is stored. False: there is
  // one of that type and key already, or one has just ended.
  Task<bool> start(Unit& unit, const SagaTable& table, std::string key);
  // Carries a saga that has just been started to where its caller may be answered. Throws the error of the
  // step for which it was undone; Error(unavailable, "saga.taken_over") when somebody else goes on with it.
  Task<void> run(Call& call, const SagaTable& table, std::string key, std::shared_ptr<void> state);

  // Takes on what is due. To be called every `resume_period`.
  Task<void> resume(Call& call);
  // Waits until `deadline` for this process to carry on none.
  Task<void> rested(Instant deadline);
  // The same, and begins nothing beside requests any more. What is left goes on after the next start.
  Task<void> stop(Instant deadline);

  // Operating.
  Task<Page<SagaRecord>> list(Call& call, bool only_stuck, size_t limit, std::string after);
  Task<std::optional<SagaRecord>> find(Call& call, Id<SagaRecord> id);
  // Makes it due at once. False: there is none.
  Task<bool> retry(Call& call, Id<SagaRecord> id);
  // Undoes it; who carries it on now records nothing more. False: there is none. Throws Error(conflict,
  // "saga.past_pivot") where there is no way back.
  Task<bool> compensate(Call& call, Id<SagaRecord> id);

 private:
  struct Progress;
  struct Counters;
  struct Active;
  using Shared = std::shared_ptr<Progress>;

  const SagaTable& add(SagaTable table);
  const SagaTable* table_of(const SagaRecord& row) const;
  Counters& counters_of(const SagaTable& table) { return *counters_.at(table.type); }

  // sagas.cpp: whole sagas; saga_operate.cpp: what operators do
  bool leased(const std::string& id) const;  // by this process; under the mutex
  Task<std::vector<SagaRecord>> due(Call& call);
  Task<Shared> take_on(Call& call, SagaRecord row);
  Task<void> carry_on(Shared saga, std::unique_ptr<Active> active);
  Task<std::optional<Error>> carry_on_loaded(Shared saga);
  Task<std::optional<Error>> load(Shared saga);
  Task<void> run_later(Shared saga, std::unique_ptr<Active> active);

  // saga_steps.cpp: forward and backward
  Call own_call(const Progress& saga, Duration span) const;
  Filter fenced(const Progress& saga) const;
  Task<void> change(Call& call, Shared saga, std::vector<Change> changes,
                    std::function<Task<void>(Unit&)> with);
  Task<std::optional<Error>> go_forward(Shared saga, Call* request, bool later);
  Task<std::optional<Error>> do_step(Shared saga, const SagaStep& step, Call* request);
  Task<void> record(Call& call, Shared saga, const SagaStep& step);
  Task<std::optional<Error>> go_backward(Shared saga, Duration span);
  Task<void> decide_undo(Shared saga, size_t maybe_done, Error why);
  Task<void> note_failure(Shared saga, Error failure);
  Task<void> end(Shared saga);
  Task<void> remove_ended();

  Runtime& runtime_;
  Observer& observer_;
  const std::string service_;
  Store& store_;
  const SagaOptions options_;
  std::optional<Collection<SagaRecord>> rows_;  // where there is a saga
  std::vector<std::unique_ptr<SagaTable>> tables_;
  std::map<std::string, std::unique_ptr<Counters>> counters_;  // by type

  std::mutex mutex_;                            // guards what follows; never held over an await
  std::multimap<std::string, Active*> active_;  // what this process carries on now, by id
  std::vector<Id<SagaRecord>> ended_;           // whose rows are still to be removed
  size_t later_ = 0;                            // tails that run beside requests
  size_t resumed_ = 0;
  bool stopping_ = false;
  size_t ticks_ = 0;
  size_t reactor_ = 0;  // of the next tail
  Signal rested_;
  Gauge& running_gauge_;
  Gauge& stuck_gauge_;
};

}  // namespace portico
