// For the tests of sagas only: a service that dies and comes back under virtual time.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

#include "portico/service/saga_test_process.h"

namespace portico::saga_test {

class SagaTest : public testing::Test {
 protected:
  // What somebody hears who waits in the process.
  struct Answer {
    bool given = false;
    std::optional<Error> error;
    Instant at{};
    // Of the error; empty when all went well.
    std::string reason() const { return error ? error->reason() : given ? "" : "no answer"; }
  };

  explicit SagaTest(uint64_t seed = 1) : folder_(make_folder()), sim(SimRuntime::make(seed)), world(*sim) {}
  ~SagaTest() override {
    kill();
    sim.reset();
    std::filesystem::remove_all(folder_);
  }

  // Throws what Sagas::open throws.
  void start(SagaOptions options = {}, Program program = {}) {
    Runtime& node = sim->node("shop");
    process = std::make_unique<Process>(node, world, folder_ + "/shop.db", options, std::move(program));
    auto opened = begin(process->open());
    wait(*opened);
    if (opened->error) throw *opened->error;
    node.spawn("resume", process->resume_for_ever());
  }
  void kill() {
    sim->kill("shop");
    process.reset();
  }
  void restart(SagaOptions options = {}, Program program = {}) {
    kill();
    start(options, std::move(program));
  }

  void pass(Duration time) { sim->run(sim->sleep(time)); }
  // Begins something in the process.
  std::shared_ptr<Answer> begin(Task<void> task) {
    auto answer = std::make_shared<Answer>();
    process->runtime.spawn("test", note(std::move(task), answer, &process->runtime));
    return answer;
  }
  void wait(const Answer& answer) {
    while (!answer.given && sim->step()) {
    }
  }
  // Runs something in the process to its end; says why it failed.
  std::string run(Task<void> task) {
    auto answer = begin(std::move(task));
    wait(*answer);
    return answer->reason();
  }
  std::string buy(std::string key) { return run(process->buy(std::move(key))); }

  // Time passes until no saga is left.
  void settle(Duration most = 30min) {
    const Instant until = sim->steady() + most;
    while (!rows().empty() && sim->steady() < until) pass(100ms);
    EXPECT_TRUE(rows().empty()) << "a saga has not ended";
  }
  Purchase purchase(std::string key) {
    std::optional<Purchase> found;
    EXPECT_EQ(run(read_purchase(std::move(key), &found)), "");
    return found.value_or(Purchase{});
  }
  std::vector<SagaRecord> rows() {
    std::vector<SagaRecord> found;
    EXPECT_EQ(run(read_rows(&found)), "");
    return found;
  }
  SagaRecord row() {
    std::vector<SagaRecord> all = rows();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? SagaRecord{} : all.front();
  }
  void change_rows(std::vector<Change> changes) { EXPECT_EQ(run(write_rows(std::move(changes))), ""); }
  // What an operator does; "unknown" where there is no such saga.
  std::string retry(std::string id) { return run(operate(std::move(id), &Sagas::retry)); }
  std::string compensate(std::string id) { return run(operate(std::move(id), &Sagas::compensate)); }
  bool exposes(const std::string& sample) {
    return process->metrics.expose().find(sample + "\n") != std::string::npos;
  }

  // The document says what is, and nothing is half done. Says how the purchase ended: "", "confirmed",
  // "cancelled".
  std::string expect_whole(std::string key) {
    std::optional<Purchase> found;
    EXPECT_EQ(run(read_purchase(key, &found)), "");
    const bool confirmed = found && found->status == Status::confirmed;
    EXPECT_FALSE(found && found->status == Status::pending);
    for (const char* ledger : {"stock", "money", "mail"})
      EXPECT_EQ(world.done(ledger, key), confirmed) << ledger;
    return !found ? "" : confirmed ? "confirmed" : "cancelled";
  }

 private:
  static std::string make_folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "portico-saga-XXXXXX";
    return ::mkdtemp(pattern.data());
  }
  static Task<void> note(Task<void> task, std::shared_ptr<Answer> answer, Runtime* runtime) {
    try {
      co_await std::move(task);
    } catch (const Error& error) {
      answer->error = error;
    }
    answer->given = true;
    answer->at = runtime->steady();
  }
  Task<void> read_purchase(std::string key, std::optional<Purchase>* found) {
    Call call = process->call();
    *found = co_await process->purchases.find(call, Id<Purchase>{std::move(key)});
  }
  Task<void> read_rows(std::vector<SagaRecord>* found) {
    Call call = process->call();
    Query query{.limit = Query::limit_max};
    Page<SagaRecord> page = co_await process->rows.list(call, query);
    *found = std::move(page.items);
  }
  Task<void> write_rows(std::vector<Change> changes) {
    Call call = process->call();
    co_await process->store->write(
        call, [&](Unit& unit) -> Task<void> { co_await process->rows.update_all(unit, {}, changes); });
  }
  Task<void> operate(std::string id, Task<bool> (Sagas::*what)(Call&, Id<SagaRecord>)) {
    Call call = process->call();
    if (!co_await (process->sagas.*what)(call, {std::move(id)})) throw Error(not_found, "unknown");
  }

  const std::string folder_;

 protected:
  std::unique_ptr<SimRuntime> sim;
  World world;
  std::unique_ptr<Process> process;
};

}  // namespace portico::saga_test
