// Carrying a saga forward and backward, and what is recorded of it on the way.
#include "portico/base/planted.h"
#include "portico/bus/delivery.h"
#include "portico/runtime/sometimes.h"
#include "portico/service/saga_progress.h"

namespace portico {
namespace {

std::string note_of(const Error& error) { return bus::failure_of(error).note; }

Error taken_over() {
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

// Changes the row, or removes it where there is nothing to change, and does what belongs to it, in one unit.
// Nothing is recorded for who has been overtaken, or whose last change may have been stored against its word.
Task<void> Sagas::change(Call& call, Shared saga, std::vector<Change> changes,
                         std::function<Task<void>(Unit&)> with) {
  const bool remove = changes.empty();
  if (!remove) {
    changes.push_back(set(&SagaRecord::turn, saga->turn + 1));
    changes.push_back(set(&SagaRecord::updated_at, runtime_.now()));
  }
  int64_t mine = 0;
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    if (remove)
      mine = co_await rows_->remove_all(unit, fenced(*saga));
    else
      mine = co_await rows_->update_all(unit, fenced(*saga), changes);
    if (planted(Plant::race_last_writer_wins)) mine = 1;
    if (mine > 0 && with) co_await with(unit);
  });
  if (mine == 0 && !std::exchange(saga->overtaken, true)) counters_of(saga->table).overtaken.add();
  if (mine == 0) sometimes("saga.overtaken");
  if (mine == 0) throw taken_over();
  ++saga->turn;
  saga->row_gone = remove;
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
  } catch (const std::exception& error) {
    failure = Error(Code::internal, "saga.step_failed").with_note(error.what());
  }
  if (failure) counters_of(saga->table).failed.add();
  co_return failure;
}

// The step's record and the place behind it are one unit.
Task<void> Sagas::record(Call& call, Shared saga, const SagaStep& step) {
  const size_t next = saga->step + 1;
  const std::vector<SagaStep>& steps = saga->table.steps;
  std::vector<Change> changes;
  if (next < steps.size())
    changes = {set(&SagaRecord::step, steps[next].name), set(&SagaRecord::attempts, 0),
               set(&SagaRecord::stuck, false), set(&SagaRecord::due_at, call.now() + options_.lease)};
  co_await change(call, saga, std::move(changes),
                  [&](Unit& unit) { return step.record(unit, saga->state.get()); });
  saga->attempts = 0;
}

// From here on it only goes back. What the owner's document says of it is stored in the same unit.
Task<void> Sagas::decide_undo(Shared saga, size_t maybe_done, Error why) {
  const SagaTable& table = saga->table;
  while (maybe_done > 0 && !table.steps[maybe_done - 1].undo) --maybe_done;
  Call own = own_call(*saga, options_.step_time);
  std::vector<Change> changes;
  if (maybe_done > 0)
    changes = {set(&SagaRecord::phase, SagaPhase::backward),
               set(&SagaRecord::step, table.steps[maybe_done - 1].name),
               set(&SagaRecord::reason, why.reason()),
               set(&SagaRecord::note, note_of(why)),
               set(&SagaRecord::attempts, 0),
               set(&SagaRecord::stuck, false),
               set(&SagaRecord::due_at, own.now() + options_.lease)};
  std::function<Task<void>(Unit&)> undone;
  if (table.undone) undone = [&](Unit& unit) { return table.undone(unit, saga->state.get(), why); };
  co_await change(own, saga, std::move(changes), std::move(undone));
  sometimes("saga.undone");
  saga->phase = SagaPhase::backward;
  saga->attempts = 0;
  saga->step = maybe_done;
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
    } catch (const std::exception& error) {
      failure = Error(Code::internal, "saga.undo_failed").with_note(error.what());
    }
  }
  if (failure) counters_of(saga->table).failed.add();
  co_return failure;
}

// When it is tried again, and why it has to be. Where that cannot be stored, its lease ends some time.
Task<void> Sagas::note_failure(Shared saga, Error failure) {
  if (saga->overtaken) co_return;
  Call own = own_call(*saga, options_.step_time);
  ++saga->attempts;
  sometimes("saga.waits_for_retry");
  const bool stuck = saga->attempts >= options_.stuck_after;
  own.log().failure(own, stuck ? "saga is stuck" : "saga waits for another try", failure,
                    {{"saga", saga->id.value}, {"attempts", std::to_string(saga->attempts)}});
  Time due = own.now() + bus::retry_wait(options_.retry, saga->attempts, runtime_.random());
  const bool may_be_undone = saga->phase == SagaPhase::forward && !saga->past_pivot();
  if (may_be_undone && saga->deadline > own.now()) due = std::min(due, saga->deadline);
  std::vector<Change> changes = {set(&SagaRecord::attempts, saga->attempts), set(&SagaRecord::stuck, stuck),
                                 set(&SagaRecord::reason, failure.reason()),
                                 set(&SagaRecord::note, note_of(failure)), set(&SagaRecord::due_at, due)};
  std::optional<Error> lost;
  try {
    co_await change(own, saga, std::move(changes), nullptr);
  } catch (const Error& error) {
    lost = error;
  }
  if (lost) own.log().failure(own, "saga left for later", *lost, {{"saga", saga->id.value}});
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

// Never fails: what cannot be removed now is removed with the next ones.
Task<void> Sagas::remove_ended() {
  std::vector<Id<SagaRecord>> ids;
  {
    std::lock_guard lock(mutex_);
    ids.swap(ended_);
  }
  if (ids.empty()) co_return;
  Call own(runtime_, observer_, service_, runtime_.steady() + options_.step_time);
  std::optional<Error> failure;
  try {
    co_await store_.write(own, [&](Unit& unit) -> Task<void> {
      co_await rows_->remove_all(unit, where(&SagaRecord::id).one_of(ids));
    });
  } catch (const Error& error) {
    failure = error;
  }
  if (!failure) co_return;
  own.log().failure(own, "ended sagas are not removed yet", *failure);
  std::lock_guard lock(mutex_);
  ended_.insert(ended_.end(), ids.begin(), ids.end());
}

}  // namespace portico
