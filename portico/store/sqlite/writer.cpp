#include "portico/store/sqlite/writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "portico/base/planted.h"
#include "portico/runtime/sometimes.h"
#include "portico/store/sqlite/readers.h"
#include "portico/store/sqlite/writer_waiter.h"

namespace portico::sqlite {

// A place in the line; when its coroutine is dropped it leaves the line, or passes on what it was granted.
struct Writer::Place {
  Writer& writer;
  std::shared_ptr<Waiter> waiter;
  bool used = false;
  ~Place() {
    if (used || !waiter) return;
    {
      std::lock_guard lock(writer.mutex_);
      if (waiter->status == Waiter::Status::refused) return;
      if (waiter->status == Waiter::Status::queued) {
        std::erase(writer.waiting_, waiter);
        writer.metrics_.waiting.set(int64_t(writer.waiting_.size()));
        return;
      }
    }
    writer.pass_on();
  }
};

WriterMetrics::WriterMetrics(Metrics& metrics, std::string_view store)
    : committed(metrics.counter("store_units_total", "Units by how they ended.",
                                {{"store", store}, {"outcome", "committed"}})),
      failed(metrics.counter("store_units_total", "Units by how they ended.",
                             {{"store", store}, {"outcome", "failed"}})),
      refused(metrics.counter("store_units_total", "Units by how they ended.",
                              {{"store", store}, {"outcome", "refused"}})),
      repeated(metrics.counter("store_units_total", "Units by how they ended.",
                               {{"store", store}, {"outcome", "repeated"}})),
      commit_seconds(metrics.histogram("store_commit_seconds", "Time that commits took, syncs included.",
                                       {{"store", store}})),
      batch_units(
          metrics.gauge("store_batch_units", "Units that the last commit made durable.", {{"store", store}})),
      waiting(metrics.gauge("store_waiting", "Units that wait for the writer.", {{"store", store}})) {}

Writer::Writer(Runtime& runtime, const Observer& observer, const Options& options, std::string_view store,
               std::unique_ptr<FileLock> lock, std::unique_ptr<Connection> connection, WriterHooks hooks)
    : runtime_(runtime),
      observer_(observer),
      options_(options),
      store_(store),
      metrics_(observer.metrics, store),
      watch_signal_(runtime),
      hooks_(std::move(hooks)),
      lock_(std::move(lock)),
      connection_(std::move(connection)) {}

Writer::~Writer() = default;

Error Writer::failed_error() const {
  return Error(unavailable, "store.failed", "The store takes no changes until it is restarted.")
      .with_note(fmt::format("{}: the disk failed in a commit; check the disk and restart", options_.path));
}

void Writer::check_not_failed() const {
  std::lock_guard lock(mutex_);
  if (failed_) throw failed_error();
}

void Writer::check_accepting() const {
  if (closing_) throw closed_error(options_.path);
  if (failed_) throw failed_error();
}

void Writer::enqueue(const std::shared_ptr<Waiter>& waiter) {
  if (waiting_.size() >= options_.waiting_max) {
    metrics_.refused.add();
    throw Error(unavailable, "store.busy", "Too many changes are waiting; try again shortly.")
        .with_retry_after(1);
  }
  waiting_.push_back(waiter);
  metrics_.waiting.set(int64_t(waiting_.size()));
  if (watching_ && waiter->deadline < watch_at_) watch_signal_.notify();
}

Task<Writer::Grant> Writer::acquire(Call& call) {
  call.check_deadline();
  const std::shared_ptr<Writer> self = shared_from_this();  // outlives the place
  Place place{*this, nullptr};
  {
    std::lock_guard lock(mutex_);
    check_accepting();
    if (state_ == State::idle || state_ == State::gathering) {
      state_ = State::held;
    } else {
      auto waiter = std::make_shared<Waiter>(call.deadline());
      enqueue(waiter);
      place.waiter = std::move(waiter);
    }
    start_watching();
  }
  if (place.waiter) {
    co_await place.waiter->turn.wait();
    if (place.waiter->status == Waiter::Status::refused) {
      metrics_.refused.add();
      throw Error(*place.waiter->error);
    }
    place.used = true;
  }
  co_return Grant(self, start());
}

// The caller has just been given the writer.
uint64_t Writer::start() {
  try {
    std::lock_guard lock(connection_mutex_);
    begin_unit();
    held_since_ = runtime_.steady();
    return holder_ = ++tickets_;
  } catch (const Error&) {
    pass_on();
    throw;
  }
}

void Writer::begin_unit() {
  if (!connection_->in_transaction()) connection_->run("BEGIN IMMEDIATE");
  saved_ = careful_ > 0;
  if (saved_) {
    --careful_;
    connection_->run("SAVEPOINT unit");
  }
  changes_before_ = connection_->total_changes();
}

void Writer::check_holder(uint64_t ticket) const {
  if (holder_ != ticket)
    throw Error(too_late, "store.unit_time", "The change took too long and was undone.")
        .with_note("the body of a unit may await nothing but the unit itself");
}

// A full disk or an I/O error can make SQLite roll back everything, the earlier units of the batch included.
void Writer::note_failure(const Error& error) {
  if (!connection_->in_transaction()) lost_ = error;
}

Task<bool> Writer::Grant::commit(bool changed, bool published) {
  std::shared_ptr<Batch> lead;
  const std::shared_ptr<Writer> writer = writer_;
  const std::shared_ptr<Batch> batch = writer->finish(ticket_, changed, published, lead);
  if (!batch) co_return true;
  if (planted(Plant::ack_before_commit)) {
    if (lead) writer->runtime_.spawn("store.commit", commit_later(writer, lead));
    co_return true;
  }
  if (lead) co_await writer->commit_batch(lead);
  co_await batch->done.wait();
  if (batch->error) throw Error(*batch->error);
  co_return !batch->again || planted(Plant::batch_undone_not_repeated);
}

Writer::Grant::~Grant() {
  if (writer_) writer_->release(ticket_);
}

// The unit joins the batch and the writer goes to the next.
std::shared_ptr<Batch> Writer::finish(uint64_t ticket, bool changed, bool published,
                                      std::shared_ptr<Batch>& lead) {
  {
    std::lock_guard lock(connection_mutex_);
    check_holder(ticket);
    if (saved_) connection_->run("RELEASE unit");
    holder_ = 0;
  }
  std::lock_guard lock(mutex_);
  std::shared_ptr<Batch> batch;
  // What it has read may be of earlier units, so it returns with them even where it has changed nothing.
  if (changed || batch_) {
    if (!batch_) batch_ = std::make_shared<Batch>();
    batch = batch_;
    ++batch->units;
    batch->published |= published;
  } else {
    metrics_.committed.add();
  }
  lead = hand_over();
  return batch;
}

void Writer::release(uint64_t ticket) {
  {
    std::lock_guard lock(connection_mutex_);
    if (holder_ != ticket) return;  // committed, or ended by the watch
    roll_back_unit();
  }
  metrics_.failed.add();
  pass_on();
}

// Under connection_mutex_.
void Writer::roll_back_unit() {
  holder_ = 0;
  if (!connection_->in_transaction()) return;
  const bool changed = connection_->total_changes() != changes_before_;
  try {
    if (saved_) {
      if (changed) connection_->run("ROLLBACK TO unit");
      connection_->run("RELEASE unit");
    } else if (changed) {
      connection_->run("ROLLBACK");
      undone_ = true;
      sometimes("store.batch_undone");
      careful_ = careful_units;
    }
  } catch (const Error& error) {
    lost_ = error;
    observer_.log.write(Level::error, store_, "a unit could not be rolled back", {{"note", error.note()}});
  }
}

// Hands over from where nothing can be awaited.
void Writer::pass_on() {
  {
    std::optional<Error> lost;
    bool undone = false;
    {
      std::lock_guard lock(connection_mutex_);
      lost = std::exchange(lost_, std::nullopt);
      undone = std::exchange(undone_, false);
    }
    if (lost || undone) end_batch(std::move(lost));
  }
  std::shared_ptr<Batch> lead;
  {
    std::lock_guard lock(mutex_);
    lead = hand_over();
  }
  if (lead) runtime_.spawn("store.commit", commit_later(shared_from_this(), std::move(lead)));
}

std::shared_ptr<Batch> Writer::hand_over() {
  if (batch_) batch_->due |= batch_->units >= options_.batch_max;
  if (batch_ && (batch_->due || waiting_.empty())) {
    state_ = batch_->due ? State::committing : State::gathering;
    const bool has_leader = std::exchange(batch_->led, true);
    return batch_->due || !has_leader ? batch_ : nullptr;
  }
  if (!waiting_.empty()) {
    state_ = State::held;
    std::shared_ptr<Waiter> next = std::move(waiting_.front());
    waiting_.pop_front();
    metrics_.waiting.set(int64_t(waiting_.size()));
    next->status = Waiter::Status::granted;
    next->turn.open();
    return nullptr;
  }
  end_empty_transaction();
  state_ = State::idle;
  if (closing_) {
    idle_.open();
    watch_signal_.notify();
  }
  return nullptr;
}

// Nothing was changed in it; a rollback never syncs.
void Writer::end_empty_transaction() {
  std::lock_guard lock(connection_mutex_);
  if (!connection_->in_transaction()) return;
  try {
    connection_->run("ROLLBACK");
  } catch (const Error& error) {
    failed_ = true;
    observer_.log.write(Level::error, store_, "a rollback failed", {{"note", error.note()}});
    tell(hooks_.failed);
  }
}

// The units that wait for the next commit have been undone: they fail, or run again where there is no error.
void Writer::end_batch(std::optional<Error> error) {
  std::shared_ptr<Batch> batch;
  {
    std::lock_guard lock(mutex_);
    batch = std::move(batch_);
  }
  if (!batch) return;
  (error ? metrics_.failed : metrics_.repeated).add(batch->units);
  batch->taken = true;
  batch->again = !error;
  batch->error = std::move(error);
  batch->done.open();
}

}  // namespace portico::sqlite
