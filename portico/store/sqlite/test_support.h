// For tests: a folder of its own, a runtime of two reactors and a store of notes in it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <future>
#include <thread>

#include "portico/runtime/sync.h"
#include "portico/store/sqlite/sqlite_store.h"

namespace portico::sqlite {

struct Note {
  Id<Note> id;
  std::string text;
};
PORTICO_DESCRIBE_EVENT(Note, "note.v1", id, text)

class StoreFixture : public testing::Test {
 protected:
  StoreFixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "portico-sqlite-XXXXXX").string();
    PORTICO_CHECK(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    runtime_ = RealRuntime::make({.reactors = 2});
    log_ =
        std::make_unique<Log>(*runtime_, LogOptions{}, [this](std::string_view lines) { logged_ += lines; });
    observer_ = std::make_unique<Observer>(Observer{*log_, metrics_, tracer_});
    reactors_ = std::thread([this] { runtime_->run(); });
  }
  ~StoreFixture() override {
    if (store_) close();
    runtime_->stop();
    reactors_.join();
    std::filesystem::remove_all(folder_);
  }

  std::string path() const { return folder_ / "notes.db"; }
  void make(Options options = {}) {
    if (options.path.empty()) options.path = path();
    store_ = make_store(*runtime_, *observer_, options);
    notes_ = store_->collection<Note>();
  }
  void open(Options options = {}) {
    make(std::move(options));
    run(store_->open());
  }
  // What `open` throws.
  Error opening_error(Options options = {}) {
    try {
      open(std::move(options));
    } catch (const Error& error) {
      store_.reset();
      return error;
    }
    ADD_FAILURE() << "opened";
    return Error(Code::internal, "none");
  }
  void close() {
    run(store_->close());
    store_.reset();
  }
  Call call(Duration time = std::chrono::seconds(60)) {
    return Call(*runtime_, *observer_, "test", runtime_->steady() + time);
  }
  void run(Task<void> task) {
    std::promise<void> done;
    runtime_->spawn("test", report(std::move(task), done));
    done.get_future().get();
  }
  // The reason with which writing one note fails; "" when it is written.
  std::string write(std::string id, std::string text = "text") {
    std::string reason;
    run(write_note(std::move(id), std::move(text), reason));
    return reason;
  }
  int64_t count() {
    int64_t rows = -1;
    run([&]() -> Task<void> {
      Call c = call();
      rows = co_await notes_->count(c);
    }());
    return rows;
  }
  Task<void> write_note(std::string id, std::string text, std::string& reason) {
    Call c = call();
    try {
      co_await store_->write(c, [&](Unit& unit) -> Task<void> {
        co_await notes_->insert(unit, {{id}, text});
        unit.publish(Note{{id}, text});
      });
    } catch (const Error& error) {
      reason = error.reason();
    }
  }

  static Task<void> report(Task<void> task, std::promise<void>& done) {
    std::exception_ptr failure;
    try {
      co_await std::move(task);
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
    if (failure)
      done.set_exception(failure);
    else
      done.set_value();
  }

  std::filesystem::path folder_;
  std::string logged_;
  Metrics metrics_;
  Tracer tracer_;
  std::unique_ptr<RealRuntime> runtime_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Observer> observer_;
  std::thread reactors_;
  std::unique_ptr<Store> store_;
  std::optional<Collection<Note>> notes_;
};

}  // namespace portico::sqlite
