// What only another process can show: missing rights, a lock, and being killed. The parent has no threads
// when it forks.
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>

#include "portico/schema/json.h"
#include "portico/store/sqlite/test_support.h"

namespace portico::sqlite {
namespace {

using std::filesystem::perms;

// A store of notes on a simulated runtime, which needs no threads.
struct Notes {
  explicit Notes(const std::string& path, uint64_t seed = 1) : runtime(SimRuntime::make(seed)) {
    store = make_store(*runtime, observer, {.path = path});
    notes = store->collection<Note>();
  }
  std::unique_ptr<SimRuntime> runtime;
  Metrics metrics;
  Tracer tracer;
  Log log{*runtime, {}, [](std::string_view) {}};
  Observer observer{log, metrics, tracer};
  std::unique_ptr<Store> store;
  std::optional<Collection<Note>> notes;
};

// A child process and the pipe on which it talks.
class Child {
 public:
  explicit Child(const std::function<void(int out)>& work) {
    int pipe[2];
    PORTICO_CHECK(::pipe(pipe) == 0);
    pid_ = ::fork();
    PORTICO_CHECK(pid_ >= 0);
    if (pid_ == 0) {
      ::close(pipe[0]);
      work(pipe[1]);
      ::_exit(0);
    }
    ::close(pipe[1]);
    in_ = pipe[0];
  }
  ~Child() {
    kill();
    ::close(in_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  void kill() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
  }
  bool read(void* bytes, size_t count) { return ::read(in_, bytes, count) == ssize_t(count); }
  std::string read_all() {
    std::string all;
    for (char c; read(&c, 1);) all += c;
    return all;
  }

 private:
  pid_t pid_ = 0;
  int in_ = -1;
};

void say(int out, std::string_view text) {
  PORTICO_CHECK(::write(out, text.data(), text.size()) == ssize_t(text.size()));
}

// Rights do not bind the superuser: he gives them up.
void open_without_rights(const std::string& path, int out) {
  if (::geteuid() == 0) PORTICO_CHECK(::setegid(65534) == 0 && ::seteuid(65534) == 0);
  Notes notes(path);
  try {
    notes.runtime->run(notes.store->open());
    say(out, "opened");
  } catch (const Error& error) {
    say(out, error.reason() + "|" + error.message());
  }
}

class StoreProcess : public testing::Test {
 protected:
  StoreProcess() {
    std::string pattern = (std::filesystem::temp_directory_path() / "portico-process-XXXXXX").string();
    PORTICO_CHECK(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
  }
  ~StoreProcess() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ / "notes.db"; }
  void make_file() {
    Notes notes(path());
    notes.runtime->run(notes.store->open());
    notes.runtime->run(notes.store->close());
  }
  void expect_read_only() {
    const std::string said = Child([&](int out) { open_without_rights(path(), out); }).read_all();
    EXPECT_TRUE(said.starts_with("store.read_only|")) << said;
    EXPECT_NE(said.find(path()), std::string::npos) << said;
  }
  std::filesystem::path folder_;
};

TEST_F(StoreProcess, SaysThatAFolderCannotBeWritten) {
  std::filesystem::permissions(
      folder_, perms::owner_read | perms::owner_exec | perms::others_read | perms::others_exec);
  expect_read_only();
  std::filesystem::permissions(folder_, perms::owner_all);
}

TEST_F(StoreProcess, SaysThatAFileCannotBeWritten) {
  make_file();
  std::filesystem::permissions(folder_, perms::all);
  std::filesystem::permissions(path() + ".lock", perms::all);
  std::filesystem::permissions(path(), perms::owner_read | perms::others_read);
  expect_read_only();
}

TEST_F(StoreProcess, LeavesAFileThatAnotherProcessHas) {
  Child child([&](int out) {
    Notes notes(path());
    notes.runtime->run(notes.store->open());
    say(out, "x");
    ::pause();
  });
  char ready = 0;
  ASSERT_TRUE(child.read(&ready, 1));
  Notes second(path());
  std::string reason;
  try {
    second.runtime->run(second.store->open());
  } catch (const Error& error) {
    reason = error.reason();
  }
  EXPECT_EQ(reason, "store.locked");
  // The lock dies with its process, however that ends.
  child.kill();
  second.runtime->run(second.store->open());
  second.runtime->run(second.store->close());
}

// Writes for ever and tells what was acknowledged.
void write_until_killed(const std::string& path, int out) {
  auto runtime = RealRuntime::make({.reactors = 2});
  Metrics metrics;
  Tracer tracer;
  Log log(*runtime, {}, [](std::string_view) {});
  Observer observer{log, metrics, tracer};
  auto store = make_store(*runtime, observer, {.path = path});
  auto notes = store->collection<Note>();
  auto writer = [&](uint32_t part) -> Task<void> {
    for (uint32_t i = 0;; ++i) {
      Call call(*runtime, observer, "test", runtime->steady() + std::chrono::seconds(60));
      const uint32_t number = i * 16 + part;
      const Note note{call.new_id<Note>(), fmt::format("{}", number)};
      co_await store->write(call, [&](Unit& unit) -> Task<void> {
        co_await notes.insert(unit, note);
        unit.publish(note);
      });
      PORTICO_CHECK(::write(out, &number, sizeof number) == sizeof number);
    }
  };
  auto start = [&]() -> Task<void> {
    co_await store->open();
    for (uint32_t part = 0; part < 16; ++part) runtime->spawn("writer", writer(part), part % 2);
  };
  runtime->spawn("start", start());
  runtime->run();
}

TEST_F(StoreProcess, LosesNothingAcknowledgedWhenItIsKilled) {
  const uint64_t seed = RealRuntime::make({.reactors = 1})->random().next();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  auto generator = SimRuntime::make(seed);
  for (int round = 0; round < 5; ++round) {
    const std::string file = folder_ / fmt::format("crash{}.db", round);
    const size_t enough = 20 + generator->random().below(800);
    std::set<uint32_t> acknowledged, found, published;
    {
      Child child([&](int out) { write_until_killed(file, out); });
      uint32_t number = 0;
      while (acknowledged.size() < enough && child.read(&number, sizeof number)) acknowledged.insert(number);
      child.kill();
      while (child.read(&number, sizeof number)) acknowledged.insert(number);
    }
    EXPECT_GE(acknowledged.size(), enough);
    Notes after(file);
    after.runtime->run([&]() -> Task<void> {
      co_await after.store->open();
      Call call(*after.runtime, after.observer, "test", after.runtime->steady() + std::chrono::hours(1));
      Query query{.limit = 1000};
      do {
        const Page<Note> page = co_await after.notes->list(call, query);
        for (const Note& note : page.items) found.insert(uint32_t(std::stoul(note.text)));
        query.after = page.next;
      } while (!query.after.empty());
      for (const OutboxEvent& event : co_await after.store->read_events(0, 10'000))
        published.insert(uint32_t(std::stoul(schema::from_json<Note>(event.body)->text)));
      co_await after.store->close();
    }());
    EXPECT_TRUE(std::ranges::includes(found, acknowledged)) << found.size() << " of " << acknowledged.size();
    EXPECT_EQ(found, published);
  }
}

}  // namespace
}  // namespace portico::sqlite
