#include "portico/service/sagas.h"

#include <algorithm>

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
  PORTICO_CHECK(!table.steps.empty() && table.load);
  for (size_t i = 0; i < table.steps.size(); ++i) PORTICO_CHECK(table.find(table.steps[i].name) == i);
  for (const auto& other : tables_)
    PORTICO_CHECK(other->type != table.type || other->version != table.version);
  std::unique_ptr<Counters>& counters = counters_[table.type];
  if (!counters) counters = std::make_unique<Counters>(observer_.metrics, service_, table.type);
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
  Call call(runtime_, observer_, service_, runtime_.steady() + options_.step_time);
  Query query{.limit = Query::limit_max};
  do {
    Page<SagaRecord> page = co_await rows_->list(call, query);
    for (const SagaRecord& row : page.items)
      if (!table_of(row)) throw unknown_version(service_, row);
    query.after = page.next;
  } while (!query.after.empty());
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    co_await rows_->update_all(unit, where(&SagaRecord::due_at) > call.now(),
                               {set(&SagaRecord::due_at, call.now())});
  });
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
  if (saga->overtaken) throw *failure;
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
  std::optional<Error> failure;
  try {
    failure = co_await carry_on_loaded(saga);
  } catch (const Error& error) {
    failure = error;
  }
  if (failure)
    co_await note_failure(saga, *failure);
  else
    co_await end(saga);
  active.reset();
}

Task<std::optional<Error>> Sagas::carry_on_loaded(Shared saga) {
  std::optional<Error> failure = co_await load(saga);
  if (failure) co_return failure;
  if (saga->phase == SagaPhase::backward) {
    sometimes("saga.compensated_late");
    co_return co_await go_backward(saga, options_.step_time);
  }
  const bool too_old = !saga->past_pivot() && runtime_.now() > saga->deadline;
  if (too_old)
    failure = Error(too_late, "saga.deadline", "The change was interrupted");
  else
    failure = co_await go_forward(saga, nullptr, true);
  if (!failure || saga->past_pivot() || saga->overtaken) co_return failure;
  if (!definite(*failure) && runtime_.now() <= saga->deadline) co_return failure;
  co_await decide_undo(saga, saga->table.maybe_done(saga->step), *failure);
  co_return co_await go_backward(saga, options_.step_time);
}

Task<std::optional<Error>> Sagas::load(Shared saga) {
  if (saga->state) co_return std::nullopt;
  Call own = own_call(*saga, options_.step_time);
  std::optional<Error> failure;
  try {
    saga->state = co_await saga->table.load(own, saga->key);
    if (!saga->state) failure = Error(Code::internal, "saga.no_document", "The document of the saga is gone");
  } catch (const Error& error) {
    failure = error;
  }
  co_return failure;
}

bool Sagas::leased(const std::string& id) const {
  auto [begin, end] = active_.equal_range(id);
  return std::any_of(begin, end,
                     [&](const auto& entry) { return runtime_.steady() < entry.second->leased_until; });
}

// What is due and not carried on already. Where the clock has been set back, nobody waits for the old time.
Task<std::vector<SagaRecord>> Sagas::due(Call& call) {
  size_t room = 0;
  if (planted(Plant::sagas_not_resumed)) co_return std::vector<SagaRecord>();
  {
    std::lock_guard lock(mutex_);
    if (!stopping_) room = options_.resumed_max - std::min(options_.resumed_max, resumed_);
  }
  std::vector<SagaRecord> rows;
  if (room == 0) co_return rows;
  Query query{.filter = where(&SagaRecord::due_at) <= call.now() ||
                        where(&SagaRecord::updated_at) > call.now() + options_.lease,
              .sort = {ascending(&SagaRecord::due_at)},
              .limit = std::min(room, Query::limit_max)};
  do {
    Page<SagaRecord> page = co_await rows_->list(call, query);
    std::lock_guard lock(mutex_);
    for (SagaRecord& row : page.items)
      if (rows.size() < room && !leased(row.id.value)) rows.push_back(std::move(row));
    query.after = page.next;
  } while (rows.size() < room && !query.after.empty());
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

}  // namespace portico
