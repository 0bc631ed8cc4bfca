// What operators see of sagas, and do about them.
#include "portico/service/saga_progress.h"

namespace portico {

Task<Page<SagaRecord>> Sagas::list(Call& call, bool only_stuck, size_t limit, std::string after) {
  co_await remove_ended();
  Query query{.sort = {ascending(&SagaRecord::due_at)}, .limit = limit, .after = std::move(after)};
  if (only_stuck) query.filter = where(&SagaRecord::stuck) == true;
  co_return co_await rows_->list(call, query);
}

Task<std::optional<SagaRecord>> Sagas::find(Call& call, Id<SagaRecord> id) {
  co_await remove_ended();
  co_return co_await rows_->find(call, std::move(id));
}

Task<bool> Sagas::retry(Call& call, Id<SagaRecord> id) {
  co_await remove_ended();
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<bool> {
    co_return co_await rows_->change(unit, id, set(&SagaRecord::due_at, call.now()));
  });
}

Task<bool> Sagas::compensate(Call& call, Id<SagaRecord> id) {
  std::optional<SagaRecord> row = co_await find(call, id);
  if (!row) co_return false;
  if (row->phase == SagaPhase::backward) co_return co_await retry(call, std::move(id));
  const SagaTable* table = table_of(*row);
  if (!table || table->find(row->step) >= table->pivot_end())
    throw Error(conflict, "saga.past_pivot", "The saga " + id.value + " can only go forward");
  Shared saga = co_await take_on(call, *row);
  if (!saga) throw Error(conflict, "saga.taken_over", "The saga " + id.value + " has just moved; ask again");
  {
    std::lock_guard lock(mutex_);
    active_.erase(id.value);
  }
  if (std::optional<Error> failure = co_await load(saga)) throw *failure;
  co_await decide_undo(saga, table->maybe_done(saga->step),
                       Error(conflict, "saga.compensated", "The change was undone by an operator"));
  if (!saga->row_gone) co_return co_await retry(call, std::move(id));
  co_await end(saga);
  co_return true;
}

}  // namespace portico
