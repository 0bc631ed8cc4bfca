// Inside store/sqlite only: the one connection that writes, who may use it, and group commit.
//
//   acquire -> Grant: use, use, … -> commit        the unit joins the batch, the next in line gets the writer
//                                 -> (destroyed)   the unit is undone, the next in line gets the writer
//
// SQLite copies every page that changes below a savepoint, so there is none: where a unit is undone after a
// change, the whole transaction is, and the units that wait in its batch run again. The next units after that
// have savepoints, so that it does not happen over and over.
//
// When nobody waits, the first unit of a batch lets what is runnable on its reactor go first, so that what
// comes at the same time is committed together; then, or when the batch is full, its COMMIT runs on the pool,
// and all units of the batch resume.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "portico/observe/call.h"
#include "portico/runtime/sync.h"
#include "portico/store/sqlite/connection.h"
#include "portico/store/sqlite/file_lock.h"
#include "portico/store/sqlite/sqlite_store.h"

namespace portico::sqlite {

// References stay valid as long as the registry.
struct WriterMetrics {
  WriterMetrics(Metrics& metrics, std::string_view store);
  Counter &committed, &failed, &refused, &repeated;
  Histogram& commit_seconds;
  Gauge &batch_units, &waiting;
};

// Units that one COMMIT makes durable together.
struct Batch {
  Gate done;
  size_t units = 0;
  bool published = false;
  bool led = false;                // somebody sees to it that it is committed
  bool due = false;                // nothing more is waited for
  std::atomic<bool> taken{false};  // somebody commits it, or it has ended
  // Set before `done` opens: why it is not stored, and whether to run again.
  std::optional<Error> error;
  bool again = false;
};

// What a writer tells, on any thread.
struct WriterHooks {
  std::function<void()> published;  // after each commit that published
  std::function<void()> failed;     // when it begins to refuse changes
};

class Writer : public std::enable_shared_from_this<Writer> {
 public:
  Writer(Runtime& runtime, const Observer& observer, const Options& options, std::string_view store,
         std::unique_ptr<FileLock> lock, std::unique_ptr<Connection> connection, WriterHooks hooks);
  ~Writer();

  // The right to write, with a transaction open; one at a time.
  class Grant {
   public:
    Grant(std::shared_ptr<Writer> writer, uint64_t ticket) : writer_(std::move(writer)), ticket_(ticket) {}
    Grant(Grant&& other) noexcept : writer_(std::move(other.writer_)), ticket_(other.ticket_) {}
    ~Grant();
    // Runs `work(Connection&)`, under the lock against a unit that has been ended for holding on too long.
    template <class Work>
    auto use(Work work) {
      std::lock_guard lock(writer_->connection_mutex_);
      writer_->check_holder(ticket_);
      try {
        return work(*writer_->connection_);
      } catch (const Error& error) {
        writer_->note_failure(error);
        throw;
      }
    }
    // Returns once the unit is durable; at once where nothing was changed, by it or before it in the batch.
    // False: another unit of the batch has failed, and this one is to be run again.
    Task<bool> commit(bool changed, bool published);

   private:
    std::shared_ptr<Writer> writer_;
    uint64_t ticket_;
  };

  // Waits for the writer, at most to the call's deadline. Throws Error: store.busy, store.closed,
  // store.failed, deadline.passed.
  Task<Grant> acquire(Call& call);
  // Takes no more units; returns when those that run or wait have ended.
  Task<void> drain();
  // After `drain`: copies the log into the file and closes it.
  Task<void> close();
  // Closes without waiting; what is in flight closes the file at its end.
  void abandon();
  void check_not_failed() const;

 private:
  static constexpr int careful_units = 64;  // that have a savepoint after a transaction was undone
  enum class State { idle, gathering, held, committing };
  struct Waiter;
  struct Place;
  struct Lead;

  void check_accepting() const;                         // under mutex_
  void enqueue(const std::shared_ptr<Waiter>& waiter);  // under mutex_
  uint64_t start();
  void begin_unit();
  void check_holder(uint64_t ticket) const;
  void note_failure(const Error& error);
  std::shared_ptr<Batch> finish(uint64_t ticket, bool changed, bool published, std::shared_ptr<Batch>& lead);
  void release(uint64_t ticket);
  void roll_back_unit();
  std::shared_ptr<Batch> hand_over();  // under mutex_; a batch that the caller must see committed
  void end_empty_transaction();
  void end_batch(std::optional<Error> error);
  bool close_batch(Batch& batch);
  Task<void> commit_batch(std::shared_ptr<Batch> batch);
  void commit_now(const std::shared_ptr<Batch>& batch);
  std::optional<Error> sync();
  void after_failure(const Error& failure);
  static void refuse(Waiter& waiter, Error error);
  void tell(const std::function<void()>& hook);
  bool log_is_full();
  int64_t log_pages_max() const;
  void checkpoint_now();
  static Task<void> commit_later(std::shared_ptr<Writer> writer, std::shared_ptr<Batch> batch);
  static Task<void> checkpoint(std::shared_ptr<Writer> writer);
  static Task<void> watch(std::shared_ptr<Writer> writer);
  void start_watching();  // under mutex_
  std::optional<Instant> next_watch();
  Instant watch_holder(Instant now);
  void pass_on();
  void close_file();
  Error failed_error() const;

  Runtime& runtime_;
  const Observer observer_;
  const Options options_;
  const std::string store_;
  WriterMetrics metrics_;

  // Guards who holds the writer. May be taken before connection_mutex_, never after it.
  mutable std::mutex mutex_;
  State state_ = State::idle;
  std::deque<std::shared_ptr<Waiter>> waiting_;
  std::shared_ptr<Batch> batch_;  // units that wait for the next commit
  bool closing_ = false;
  bool failed_ = false;  // the file's state is unknown after an I/O error in a commit
  bool watching_ = false;
  Instant watch_at_;
  Gate idle_;  // opens when closing and nothing is left to do
  Signal watch_signal_;

  std::mutex hooks_mutex_;
  WriterHooks hooks_;

  // Guards the connection and the unit on it.
  std::mutex connection_mutex_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<Connection> connection_;
  uint64_t tickets_ = 0;
  uint64_t holder_ = 0;  // ticket of the unit that runs; 0: none
  Instant held_since_;
  int careful_ = 0;             // units still to come that get a savepoint
  bool saved_ = false;          // the unit that runs has one
  int64_t changes_before_ = 0;  // it began
  bool undone_ = false;         // the transaction, and with it the units of the batch
  int64_t checkpoint_at_ = log_pages_max();
  std::optional<Error> lost_;  // why SQLite has ended the transaction by itself
};

}  // namespace portico::sqlite
