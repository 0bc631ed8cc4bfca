// Inside service/ only: one saga while a process carries it on.
#pragma once

#include "portico/service/sagas.h"

namespace portico {

struct Sagas::Progress {
  Progress(const SagaTable& table, std::string key, Call origin)
      : table(table), key(std::move(key)), id{table.type + ":" + this->key}, origin(std::move(origin)) {}
  bool past_pivot() const { return phase == SagaPhase::forward && step >= table.pivot_end(); }
  bool through() const { return step >= table.steps.size(); }

  const SagaTable& table;
  const std::string key;
  const Id<SagaRecord> id;
  const Call origin;  // whose trace and correlation its own calls share
  std::shared_ptr<void> state;
  int turn = 1;
  size_t step = 0;  // forward: the next one to do; backward: behind the last that may have been done
  SagaPhase phase = SagaPhase::forward;
  int attempts = 0;
  bool row_gone = false;
  bool overtaken = false;  // somebody else goes on with it
  Time deadline;
};

struct Sagas::Counters {
  Counters(Metrics& metrics, std::string_view service, std::string_view type)
      : started(
            metrics.counter("sagas_started_total", "Sagas started", {{"service", service}, {"type", type}})),
        done(metrics.counter("sagas_ended_total", "Sagas that have ended",
                             {{"service", service}, {"type", type}, {"outcome", "done"}})),
        undone(metrics.counter("sagas_ended_total", "Sagas that have ended",
                               {{"service", service}, {"type", type}, {"outcome", "undone"}})),
        failed(metrics.counter("saga_attempts_failed_total", "Steps and compensations that failed",
                               {{"service", service}, {"type", type}})),
        resumed(metrics.counter("sagas_resumed_total", "Sagas carried on without their request",
                                {{"service", service}, {"type", type}})),
        overtaken(metrics.counter("sagas_overtaken_total", "Sagas that somebody else had taken on meanwhile",
                                  {{"service", service}, {"type", type}})) {}
  Counter &started, &done, &undone, &failed, &resumed, &overtaken;
};

// While it lives, this process carries the saga on. It takes it on once more only when its lease is over, or
// an operator has taken it away.
struct Sagas::Active {
  Active(Sagas& sagas, const Id<SagaRecord>& id)
      : sagas(sagas), id(id.value), leased_until(sagas.runtime_.steady() + sagas.options_.lease) {
    std::lock_guard lock(sagas.mutex_);
    sagas.active_.emplace(this->id, this);
    sagas.running_gauge_.add(1);
  }
  ~Active() {
    {
      std::lock_guard lock(sagas.mutex_);
      std::erase_if(sagas.active_, [this](const auto& entry) { return entry.second == this; });
      if (counted) --*counted;
    }
    sagas.running_gauge_.add(-1);
    sagas.rested_.notify();
  }
  Active(const Active&) = delete;
  Active& operator=(const Active&) = delete;
  // Counts among those of one kind; under the mutex.
  void count(size_t& kind) {
    counted = &kind;
    ++kind;
  }

  Sagas& sagas;
  const std::string id;
  const Instant leased_until;  // whatever the wall clock does
  size_t* counted = nullptr;
};

}  // namespace portico
