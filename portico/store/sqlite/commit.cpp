// The writer's work outside units: commits, checkpoints, the watch over those who wait and hold, closing.
#include <algorithm>
#include <atomic>

#include "portico/runtime/sometimes.h"
#include "portico/store/sqlite/writer.h"
#include "portico/store/sqlite/writer_waiter.h"

namespace portico::sqlite {
namespace {

// How soon a unit that is overdue, but in the middle of a statement, is looked at again.
constexpr Duration watch_again = std::chrono::milliseconds(20);

}  // namespace

// Sees to it that a batch is committed even when the coroutine that should is cancelled on its way to the
// pool.
struct Writer::Lead {
  const std::shared_ptr<Writer> writer;
  const std::shared_ptr<Batch> batch;
  ~Lead() {
    if (!batch->taken) writer->runtime_.spawn("store.commit", commit_later(writer, batch));
  }
};

// Whether the caller is to commit it now; else whoever holds the writer does, or somebody has.
bool Writer::close_batch(Batch& batch) {
  std::lock_guard lock(mutex_);
  if (batch_.get() != &batch) return false;
  if (state_ == State::committing) return !batch.taken;
  batch.due = true;
  if (state_ == State::held) return false;
  state_ = State::committing;
  return true;
}

Task<void> Writer::commit_batch(std::shared_ptr<Batch> batch) {
  const Lead lead{shared_from_this(), batch};
  co_await yield();
  if (!close_batch(*batch)) co_return co_await batch->done.wait();
  bool pool_is_full = false;
  try {
    co_await runtime_.offload([self = shared_from_this(), batch] { self->commit_now(batch); });
  } catch (const Error&) {
    pool_is_full = true;
  }
  // Others wait for this commit, so it cannot wait for room in the pool.
  if (pool_is_full) commit_now(batch);
  co_await batch->done.wait();
}

Task<void> Writer::commit_later(std::shared_ptr<Writer> writer, std::shared_ptr<Batch> batch) {
  co_await writer->commit_batch(std::move(batch));
}

std::optional<Error> Writer::sync() {
  std::optional<Error> failure;
  std::lock_guard lock(connection_mutex_);
  try {
    connection_->run("COMMIT");
  } catch (const Error& error) {
    failure = error;
  }
  if (failure && connection_->in_transaction()) {
    try {
      connection_->run("ROLLBACK");
    } catch (const Error& error) {
      observer_.log.write(Level::error, store_, "a rollback failed", {{"note", error.note()}});
    }
  }
  return failure;
}

// On a thread of the pool. Must leave the writer in somebody's hands whatever happens.
void Writer::commit_now(const std::shared_ptr<Batch>& batch) {
  if (batch->taken.exchange(true)) return;
  const Instant started = runtime_.steady();
  const std::optional<Error> failure = sync();
  metrics_.commit_seconds.observe(double((runtime_.steady() - started).count()) / 1e6);
  {
    std::lock_guard lock(mutex_);
    batch_.reset();
  }
  metrics_.batch_units.set(int64_t(batch->units));
  (failure ? metrics_.failed : metrics_.committed).add(batch->units);
  if (failure) after_failure(*failure);
  batch->error = failure;
  batch->done.open();
  if (batch->published && !failure) tell(hooks_.published);
  if (log_is_full())
    runtime_.spawn("store.checkpoint", checkpoint(shared_from_this()));
  else
    pass_on();
}

// Without room the commit has had no effect and the next may have. After any other failure nobody knows what
// of the log has reached the disk.
void Writer::after_failure(const Error& failure) {
  sometimes("store.commit_failed");
  observer_.log.write(Level::error, store_, "a commit failed",
                      {{"reason", failure.reason()}, {"note", failure.note()}});
  if (failure.reason() == "store.full" || failure.reason() == "store.memory") return;
  {
    std::lock_guard lock(mutex_);
    failed_ = true;
    for (const auto& waiter : waiting_) refuse(*waiter, failed_error());
    waiting_.clear();
    metrics_.waiting.set(0);
  }
  tell(hooks_.failed);
}

void Writer::refuse(Waiter& waiter, Error error) {
  waiter.status = Waiter::Status::refused;
  waiter.error = std::move(error);
  waiter.turn.open();
}

void Writer::tell(const std::function<void()>& hook) {
  std::lock_guard lock(hooks_mutex_);
  if (hook) hook();
}

int64_t Writer::log_pages_max() const {
  constexpr size_t page_bytes = 4096;
  return int64_t(std::max(options_.log_bytes_max / page_bytes, size_t(1)));
}

bool Writer::log_is_full() {
  std::lock_guard lock(connection_mutex_);
  return connection_->log_pages() >= checkpoint_at_;
}

// The next unit waits meanwhile: behind a writer that never rests, the log would never be copied as a whole
// and never start again at its beginning.
Task<void> Writer::checkpoint(std::shared_ptr<Writer> writer) {
  try {
    co_await writer->runtime_.offload([writer] { writer->checkpoint_now(); });
  } catch (const Error&) {
    // The pool is full: after the next commit, then.
  }
  writer->pass_on();
}

void Writer::checkpoint_now() {
  std::lock_guard lock(connection_mutex_);
  bool complete = false;
  try {
    complete = connection_->checkpoint(false);
  } catch (const Error& error) {
    observer_.log.write(Level::warn, store_, "a checkpoint failed", {{"note", error.note()}});
  }
  // Where a reader held it up, the next attempt waits until there is something new to copy.
  checkpoint_at_ = (complete ? 0 : connection_->log_pages()) + log_pages_max();
}

void Writer::start_watching() {
  if (watching_) return;
  watching_ = true;
  watch_at_ = Instant{INT64_MIN};
  runtime_.spawn("store.watch", watch(shared_from_this()));
}

// Lives while there is anything to watch, and looks again when the first deadline comes.
Task<void> Writer::watch(std::shared_ptr<Writer> writer) {
  while (const std::optional<Instant> next = writer->next_watch())
    co_await writer->watch_signal_.wait_for(std::max(*next - writer->runtime_.steady(), Duration(1000)));
}

std::optional<Instant> Writer::next_watch() {
  const Instant now = runtime_.steady();
  Instant next = watch_holder(now);
  std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](const std::shared_ptr<Waiter>& waiter) {
    const bool late = waiter->deadline <= now;
    if (late)
      refuse(*waiter, Error(too_late, "deadline.passed", "The deadline has passed."));
    else
      next = std::min(next, waiter->deadline);
    return late;
  });
  metrics_.waiting.set(int64_t(waiting_.size()));
  watch_at_ = next;
  if (state_ != State::idle) return next;
  watching_ = false;
  return std::nullopt;
}

// Ends the unit on the connection when it is overdue; says when to look again.
Instant Writer::watch_holder(Instant now) {
  {
    std::unique_lock lock(connection_mutex_, std::try_to_lock);
    if (!lock) return now + watch_again;
    if (!holder_) return now + options_.unit_time_max;
    if (now < held_since_ + options_.unit_time_max) return held_since_ + options_.unit_time_max;
    observer_.log.write(Level::warn, store_, "a unit held the writer for too long and was undone",
                        {{"held_ms", (now - held_since_).count() / 1000}});
    roll_back_unit();
  }
  metrics_.failed.add();
  pass_on();
  return now + options_.unit_time_max;
}

Task<void> Writer::drain() {
  const std::shared_ptr<Writer> self = shared_from_this();
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    if (state_ == State::idle) idle_.open();
  }
  watch_signal_.notify();
  co_await idle_.wait();
}

Task<void> Writer::close() {
  bool pool_is_full = false;
  try {
    co_await runtime_.offload([self = shared_from_this()] { self->close_file(); });
  } catch (const Error&) {
    pool_is_full = true;
  }
  if (pool_is_full) close_file();
}

void Writer::close_file() {
  std::lock_guard lock(connection_mutex_);
  if (!connection_) return;
  try {
    connection_->checkpoint(true);
  } catch (const Error& error) {
    observer_.log.write(Level::warn, store_, "the last checkpoint failed", {{"note", error.note()}});
  }
  connection_.reset();
  lock_.reset();
}

void Writer::abandon() {
  {
    std::lock_guard lock(hooks_mutex_);
    hooks_ = {};
  }
  std::lock_guard lock(mutex_);
  closing_ = true;
  watch_signal_.notify();
  if (state_ != State::idle) return;
  std::lock_guard connection_lock(connection_mutex_);
  connection_.reset();
  lock_.reset();
}

}  // namespace portico::sqlite
