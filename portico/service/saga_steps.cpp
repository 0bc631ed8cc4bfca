// Carrying a saga forward and backward, and what is recorded of it on the way.
#include "portico/base/planted.h"
#include "portico/bus/delivery.h"
#include "portico/runtime/sometimes.h"
#include "portico/service/saga_progress.h"

namespace portico {
namespace {

std::string note_of(const Error& error) { return bus::failure_of(error).note; }

Error overtaken() {
  return Error(unavailable, "saga.taken_over", "This is being worked on already; ask again shortly")
      .with_retry_after(1);
}

}  // namespace

Call Sagas::own_call(const Progress& saga, Duration span) const {
  return saga.origin.detached_as(service_, runtime_.steady() + span);
}

Filter Sagas::fenced(const Progress& saga) const {
  if (planted(Plant::lease_without_fencing)) return where(&SagaRecord::id) == saga.id;
  return where(&SagaRecord::id) == saga.id && where(&SagaRecord::turn) == saga.turn;
}

Task<std::optional<Error>> Sagas::go_forward(Shared saga, Call* request, bool later) {
  const std::vector<SagaStep>& steps = saga->table.steps;
  while (!saga->through() && (later || !steps[saga->step].later)) {
    std::optional<Error> failure = co_await do_step(saga, steps[saga->step], request);
    if (failure) co_return failure;
    ++saga->step;
  }
  co_return std::nullopt;
}

Task<std::optional<Error>> Sagas::do_step(Shared saga, const SagaStep& step, Call* request) {
  Call own = request ? *request : own_call(*saga, options_.step_time);
  std::optional<Error> failure;
  try {
    if (step.record)
      co_await record(own, saga, step);
    else
      co_await step.act(own, saga->state.get());
  } catch (const Error& error) {
    failure = error;
  }
  if (failure) counters_of(saga->table).failed.add();
  co_return failure;
}

// The step's record and the place behind it are one unit; nothing is recorded for who has been overtaken.
Task<void> Sagas::record(Call& call, Shared saga, const SagaStep& step) {
  const size_t next = saga->step + 1;
  const std::vector<SagaStep>& steps = saga->table.steps;
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    int64_t mine = 0;
    if (next >= steps.size())
      mine = co_await rows_->remove_all(unit, fenced(*saga));
    else
      mine = co_await rows_->update_all(
          unit, fenced(*saga),
          {set(&SagaRecord::step, steps[next].name), set(&SagaRecord::attempts, 0),
           set(&SagaRecord::due_at, call.now() + options_.lease), set(&SagaRecord::updated_at, call.now())});
    if (mine == 0) throw overtaken();
    co_await step.record(unit, saga->state.get());
  });
  saga->attempts = 0;
  saga->row_gone = next >= steps.size();
}

// From here on it only goes back. What the owner's document says of it is stored in the same unit.
Task<void> Sagas::decide_undo(Shared saga, size_t maybe_done, Error why) {
  const std::vector<SagaStep>& steps = saga->table.steps;
  while (maybe_done > 0 && !steps[maybe_done - 1].undo) --maybe_done;
  Call own = own_call(*saga, options_.step_time);
  co_await store_.write(own, [&](Unit& unit) -> Task<void> {
    int64_t mine = 0;
    if (maybe_done == 0)
      mine = co_await rows_->remove_all(unit, fenced(*saga));
    else
      mine = co_await rows_->update_all(
          unit, fenced(*saga),
          {set(&SagaRecord::phase, SagaPhase::backward), set(&SagaRecord::step, steps[maybe_done - 1].name),
           set(&SagaRecord::reason, why.reason()), set(&SagaRecord::note, note_of(why)),
           set(&SagaRecord::attempts, 0), set(&SagaRecord::stuck, false),
           set(&SagaRecord::due_at, own.now() + options_.lease), set(&SagaRecord::updated_at, own.now())});
    if (mine == 0 && !planted(Plant::race_last_writer_wins)) throw overtaken();
    if (saga->table.undone) co_await saga->table.undone(unit, saga->state.get(), why);
  });
  sometimes("saga.undone");
  saga->phase = SagaPhase::backward;
  saga->attempts = 0;
  saga->step = maybe_done;
  saga->row_gone = maybe_done == 0;
}

// The compensations of every step that may have been done, last first.
Task<std::optional<Error>> Sagas::go_backward(Shared saga, Duration span) {
  const Instant until = runtime_.steady() + span;
  std::optional<Error> failure;
  for (size_t left = saga->step; left > 0 && !failure; --left) {
    const SagaStep& step = saga->table.steps[left - 1];
    if (!step.undo) continue;
    Call own = saga->origin.detached_as(service_, until);
    try {
      co_await step.undo(own, saga->state.get());
    } catch (const Error& error) {
      failure = error;
    }
  }
  if (failure) counters_of(saga->table).failed.add();
  co_return failure;
}

// When it is tried again, and why it has to be.
Task<void> Sagas::note_failure(Shared saga, Error failure) {
  Call own = own_call(*saga, options_.step_time);
  ++saga->attempts;
  sometimes("saga.waits_for_retry");
  const bool stuck = saga->attempts >= options_.stuck_after;
  own.log().failure(own, stuck ? "saga is stuck" : "saga waits for another try", failure,
                    {{"saga", saga->id.value}, {"attempts", std::to_string(saga->attempts)}});
  const Duration wait = bus::retry_wait(options_.retry, saga->attempts, runtime_.random());
  co_await store_.write(own, [&](Unit& unit) -> Task<void> {
    const int64_t mine = co_await rows_->update_all(
        unit, fenced(*saga),
        {set(&SagaRecord::attempts, saga->attempts), set(&SagaRecord::stuck, stuck),
         set(&SagaRecord::reason, failure.reason()), set(&SagaRecord::note, note_of(failure)),
         set(&SagaRecord::due_at, own.now() + wait), set(&SagaRecord::updated_at, own.now())});
    if (mine == 0) throw overtaken();
  });
}

// Its row goes with those of others that have ended: should that be lost in a crash, the last steps are done
// once more, which does no harm.
Task<void> Sagas::end(Shared saga) {
  Counters& counters = counters_of(saga->table);
  (saga->phase == SagaPhase::forward ? counters.done : counters.undone).add();
  if (saga->row_gone) co_return;
  bool full = false;
  {
    std::lock_guard lock(mutex_);
    ended_.push_back(saga->id);
    full = ended_.size() >= options_.ended_max;
  }
  if (full) co_await remove_ended();
}

Task<void> Sagas::remove_ended() {
  std::vector<Id<SagaRecord>> ids;
  {
    std::lock_guard lock(mutex_);
    ids.swap(ended_);
  }
  if (ids.empty()) co_return;
  Call own(runtime_, observer_, service_, runtime_.steady() + options_.step_time);
  co_await store_.write(own, [&](Unit& unit) -> Task<void> {
    co_await rows_->remove_all(unit, where(&SagaRecord::id).one_of(ids));
  });
}

}  // namespace portico
