// For the tests of this folder only: a store under virtual time.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>

#include "blocks/notification/mailer.h"
#include "portico/runtime/sync.h"
#include "portico/store/sqlite/sqlite_store.h"

namespace portico::mail {

class Bench {
 public:
  explicit Bench(uint64_t seed = 1) : sim(SimRuntime::make(seed)) {
    std::string pattern = std::filesystem::temp_directory_path() / "portico-mail-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    store = sqlite::make_store(*sim, observer, {.path = folder_ + "/mail.db"});
  }
  ~Bench() {
    store.reset();
    std::filesystem::remove_all(folder_);
  }
  Call call() { return Call(*sim, observer, "notification", sim->steady() + std::chrono::minutes(1)); }

  // Runs `Task<void> work(Call&)` to its end.
  template <class Work>
  void run(Work work) {
    Call context = call();
    sim->run(work(context));
  }

  std::unique_ptr<SimRuntime> sim;
  Log log{*sim, {}, [](std::string_view) {}};
  Metrics metrics;
  Tracer tracer;
  Observer observer{log, metrics, tracer};
  std::unique_ptr<Store> store;

 private:
  std::string folder_;
};

inline Letter letter(std::string id, std::string to = "jane@shop.example") {
  return {.id = {std::move(id)},
          .to = std::move(to),
          .subject = "News",
          .text = "A text",
          .html = "<p>A text</p>",
          .template_name = "generic"};
}

}  // namespace portico::mail
