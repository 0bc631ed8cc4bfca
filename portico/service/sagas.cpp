#include "portico/service/sagas.h"

#include "portico/base/planted.h"
#include "portico/runtime/sometimes.h"
#include "portico/service/saga_progress.h"

namespace portico {
namespace {

// Whether the neighbour has said that it did nothing; after anything else it may have done it.
bool definite(const Error& error) {
  return error.code() != Code::unavailable && error.code() != Code::too_late &&
         error.code() != Code::internal;
}

Error unknown_version(const std::string& service, const SagaRecord& row) {
  return Error(conflict, "saga.version",
               "The " + service + " service has open sagas that this program does not know: " + row.type +
                   " version " + std::to_string(row.version) +
                   ". Run the program that began them until they have ended (portico sagas ls).");
}

}  // namespace

size_t SagaTable::find(std::string_view name) const {
  size_t index = 0;
  while (index < steps.size() && steps[index].name != name) ++index;
  return index;
}

size_t SagaTable::pivot_end() const {
  for (size_t i = 0; i < steps.size(); ++i)
    if (steps[i].pivot) return i + 1;
  return 0;
}

size_t SagaTable::maybe_done(size_t step) const {
  while (step < steps.size() && !steps[step].record) ++step;
  return step;
}

Sagas::Sagas(Runtime& runtime, Observer& observer, std::string service, Store& store, SagaOptions options)
    : runtime_(runtime),
      observer_(observer),
      service_(std::move(service)),
      store_(store),
      options_(options),
      rested_(runtime),
      running_gauge_(observer.metrics.gauge("sagas_running", "Sagas that this process carries on now",
                                            {{"service", service_}})),
      stuck_gauge_(observer.metrics.gauge("sagas_stuck", "Sagas that have failed too often",
                                          {{"service", service_}})) {}

Sagas::~Sagas() = default;

const SagaTable& Sagas::add(SagaTable table) {
  if (!rows_) rows_ = store_.collection<SagaRecord>({index(&SagaRecord::due_at)});
  PORTICO_CHECK(!table.steps.empty() && table.load && !counters_.contains(table.type));
  counters_[table.type] = std::make_unique<Counters>(observer_.metrics, service_, table.type);
  tables_.push_back(std::make_unique<SagaTable>(std::move(table)));
  return *tables_.back();
}

const SagaTable* Sagas::table_of(const SagaRecord& row) const {
  for (const auto& table : tables_)
    if (table->type == row.type && table->version == row.version &&
        table->find(row.step) < table->steps.size())
      return table.get();
  return nullptr;
}

Task<void> Sagas::open() {
  opened_at_ = runtime_.now();
  Call call(runtime_, observer_, service_, runtime_.steady() + options_.step_time);
  Query query{.limit = Query::limit_max};
  do {
    Page<SagaRecord> page = co_await rows_->list(call, query);
    for (const SagaRecord& row : page.items)
      if (!table_of(row)) throw unknown_version(service_, row);
    query.after = page.next;
  } while (!query.after.empty());
}

Task<bool> Sagas::start(Unit& unit, const SagaTable& table, std::string key) {
  Call& call = unit.call();
  SagaRecord row{.id = {table.type + ":" + key},
                 .type = table.type,
                 .version = table.version,
                 .key = std::move(key),
                 .step = table.steps.front().name,
                 .due_at = call.now() + options_.lease,
                 .deadline = call.now() + table.deadline,
                 .correlation_id = call.correlation_id,
                 .traceparent = to_traceparent(call.trace),
                 .started_at = call.now(),
                 .updated_at = call.now()};
  co_return co_await rows_->insert_once(unit, std::move(row));
}

Task<void> Sagas::run(Call& call, const SagaTable& table, std::string key, std::shared_ptr<void> state) {
  auto saga = std::make_shared<Progress>(table, std::move(key), call);
  saga->state = std::move(state);
  auto active = std::make_unique<Active>(*this, saga->id);
  counters_of(table).started.add();
  std::optional<Error> failure = co_await go_forward(saga, &call, false);
  if (failure && !saga->past_pivot()) {
    co_await decide_undo(saga, saga->step + !definite(*failure), *failure);
    std::optional<Error> left = co_await go_backward(saga, options_.undo_wait);
    if (left)
      co_await note_failure(saga, *left);
    else
      co_await end(saga);
    throw *failure;
  }
  if (failure) {
    co_await note_failure(saga, *failure);
  } else if (saga->through()) {
    co_await end(saga);
  } else {
    co_await run_later(std::move(saga), std::move(active));
  }
}

// The rest of a saga whose caller may be answered: beside the request, or within it when too many run so.
Task<void> Sagas::run_later(Shared saga, std::unique_ptr<Active> active) {
  size_t reactor = 0;
  bool beside = false;
  {
    std::lock_guard lock(mutex_);
    beside = later_ < options_.later_max && !stopping_;
    if (beside) active->count(later_);
    reactor = reactor_++ % runtime_.reactor_count();
  }
  if (beside)
    runtime_.spawn("saga", carry_on(std::move(saga), std::move(active)), reactor);
  else
    co_await carry_on(std::move(saga), std::move(active));
}

// Everything that one process does for a saga at a time; what fails is noted and tried again later.
Task<void> Sagas::carry_on(Shared saga, std::unique_ptr<Active> active) {
  std::optional<Error> lost;
  try {
    co_await carry_on_loaded(saga);
  } catch (const Error& error) {
    lost = error;
  }
  if (lost && lost->reason() == "saga.taken_over") {
    counters_of(saga->table).overtaken.add();
    sometimes("saga.overtaken");
  }
  if (lost) {
    Call own = own_call(*saga, options_.step_time);
    own.log().failure(own, "saga left for later", *lost, {{"saga", saga->id.value}});
  }
  active.reset();
}

Task<void> Sagas::carry_on_loaded(Shared saga) {
  Call own = own_call(*saga, options_.step_time);
  if (!saga->state) saga->state = co_await saga->table.load(own, saga->key);
  std::optional<Error> failure;
  if (!saga->state) {
    failure = Error(Code::internal, "saga.no_document", "The document of the saga is gone");
  } else if (saga->phase == SagaPhase::forward) {
    const bool back = !saga->past_pivot();
    if (back && own.now() > saga->deadline)
      failure = Error(too_late, "saga.deadline", "The change was interrupted");
    else
      failure = co_await go_forward(saga, nullptr, true);
    const bool over = failure && (definite(*failure) || own.now() > saga->deadline);
    if (over && !saga->past_pivot()) {
      co_await decide_undo(saga, saga->table.maybe_done(saga->step), *failure);
      failure = co_await go_backward(saga, options_.step_time);
    }
  } else {
    failure = co_await go_backward(saga, options_.step_time);
    if (!failure) sometimes("saga.compensated_late");
  }
  if (failure)
    co_await note_failure(saga, *failure);
  else
    co_await end(saga);
}

Task<std::vector<SagaRecord>> Sagas::due(Call& call) {
  bool all = false;
  size_t room = 0;
  if (planted(Plant::sagas_not_resumed)) co_return std::vector<SagaRecord>();
  {
    std::lock_guard lock(mutex_);
    all = !all_taken_on_;
    room = options_.resumed_max - std::min(options_.resumed_max, resumed_);
  }
  std::vector<SagaRecord> rows;
  if (room == 0) co_return rows;
  // No wait is that long: the clock was ahead when it was written.
  const Duration wait_max = 2 * std::max(options_.lease, options_.retry.cap);
  Filter filter =
      where(&SagaRecord::due_at) <= call.now() || where(&SagaRecord::due_at) > call.now() + wait_max;
  if (all) filter = std::move(filter) || where(&SagaRecord::started_at) <= opened_at_;
  Query query{.filter = std::move(filter),
              .sort = {ascending(&SagaRecord::due_at)},
              .limit = all ? Query::limit_max : room};
  Page<SagaRecord> page = co_await rows_->list(call, query);
  std::lock_guard lock(mutex_);
  for (SagaRecord& row : page.items)
    if (rows.size() < room && (row.due_at <= call.now() || !active_.contains(row.id.value)))
      rows.push_back(std::move(row));
  // Later ones wait for their time: all that an earlier process left has been seen once nothing more is left.
  all_taken_on_ = all_taken_on_ || (rows.size() < room && page.next.empty());
  co_return rows;
}

// Null when somebody else was faster.
Task<Sagas::Shared> Sagas::take_on(Call& call, SagaRecord row) {
  const SagaTable* table = table_of(row);
  if (!table) throw unknown_version(service_, row);
  Call origin = call.detached_as(service_, call.deadline());
  origin.correlation_id = row.correlation_id;
  if (auto trace = parse_traceparent(row.traceparent)) origin.trace = *trace;
  auto saga = std::make_shared<Progress>(*table, row.key, std::move(origin));
  saga->turn = row.turn + 1;
  saga->phase = row.phase;
  saga->step = table->find(row.step) + (row.phase == SagaPhase::backward);
  saga->attempts = row.attempts;
  saga->deadline = row.deadline;
  const int64_t mine = co_await store_.write(call, [&](Unit& unit) -> Task<int64_t> {
    co_return co_await rows_->update_all(
        unit, where(&SagaRecord::id) == row.id && where(&SagaRecord::turn) == row.turn,
        {set(&SagaRecord::turn, saga->turn), set(&SagaRecord::due_at, call.now() + options_.lease),
         set(&SagaRecord::updated_at, call.now())});
  });
  co_return mine > 0 ? saga : nullptr;
}

Task<void> Sagas::resume(Call& call) {
  co_await remove_ended();
  std::vector<SagaRecord> rows = co_await due(call);
  for (SagaRecord& row : rows) {
    auto active = std::make_unique<Active>(*this, row.id);
    {
      std::lock_guard lock(mutex_);
      active->count(resumed_);
    }
    Shared saga = co_await take_on(call, std::move(row));
    if (!saga) continue;
    counters_of(saga->table).resumed.add();
    sometimes("saga.resumed");
    runtime_.spawn("saga", carry_on(std::move(saga), std::move(active)));
  }
  if (ticks_++ % 10 == 0) stuck_gauge_.set(co_await rows_->count(call, where(&SagaRecord::stuck) == true));
}

Task<void> Sagas::rested(Instant deadline) {
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      if (active_.empty()) co_return;
    }
    const Duration left = deadline - runtime_.steady();
    if (left <= Duration::zero()) co_return;
    co_await rested_.wait_for(std::min<Duration>(left, resume_period));
  }
}

Task<void> Sagas::stop(Instant deadline) {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  co_await rested(deadline);
  co_await remove_ended();
}

Task<Page<SagaRecord>> Sagas::list(Call& call, bool only_stuck, size_t limit, std::string after) {
  Query query{.sort = {ascending(&SagaRecord::due_at)}, .limit = limit, .after = std::move(after)};
  if (only_stuck) query.filter = where(&SagaRecord::stuck) == true;
  co_return co_await rows_->list(call, query);
}

Task<std::optional<SagaRecord>> Sagas::find(Call& call, Id<SagaRecord> id) {
  co_return co_await rows_->find(call, std::move(id));
}

Task<bool> Sagas::retry(Call& call, Id<SagaRecord> id) {
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<bool> {
    co_return co_await rows_->change(unit, id, set(&SagaRecord::due_at, call.now()));
  });
}

Task<bool> Sagas::compensate(Call& call, Id<SagaRecord> id) {
  std::optional<SagaRecord> row = co_await rows_->find(call, id);
  if (!row) co_return false;
  const SagaTable* table = table_of(*row);
  if (row->phase == SagaPhase::backward) co_return co_await retry(call, std::move(id));
  if (!table || table->find(row->step) >= table->pivot_end())
    throw Error(conflict, "saga.past_pivot", "The saga " + id.value + " can only go forward");
  Shared saga = co_await take_on(call, *row);
  if (!saga) throw Error(conflict, "saga.taken_over", "The saga " + id.value + " has just moved; ask again");
  saga->state = co_await table->load(call, saga->key);
  if (!saga->state) throw Error(conflict, "saga.no_document", "The document of the saga is gone");
  co_await decide_undo(saga, table->maybe_done(saga->step),
                       Error(conflict, "saga.compensated", "The change was undone by an operator"));
  co_return saga->row_gone || co_await retry(call, std::move(id));
}

}  // namespace portico
