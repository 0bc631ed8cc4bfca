#include "portico/observe/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <semaphore>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "portico/runtime/runtime.h"

namespace portico {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ManualClock : public Clock {
 public:
  Time now() const override { return {1'795'266'960'123}; }
  Instant steady() const override { return {0}; }
};

size_t line_count(std::string_view text) { return size_t(std::ranges::count(text, '\n')); }

// What each write of one line "x" takes, to size buffers by.
size_t line_bytes() {
  std::string out;
  ManualClock clock;
  Log log(clock, {}, [&](std::string_view lines) { out += lines; });
  log.write(Level::info, "s", "x");
  log.flush();
  return out.size();
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
  ManualClock clock;
  std::string out;
  Log log(clock, {.format = LogFormat::text, .level_min = Level::warn},
          [&](std::string_view lines) { out += lines; });
  for (Level level : {Level::debug, Level::info, Level::success, Level::warn, Level::error}) {
    EXPECT_EQ(log.enabled(level), level >= Level::warn);
    log.write(level, "s", "m");
  }
  log.flush();
  EXPECT_EQ(out, "[2026-11-21T13:16:00.123Z] [s] WARN m\n[2026-11-21T13:16:00.123Z] [s] ERROR m\n");
}

TEST(Log, WithoutARuntimeWritesAtAQuarterAndAtTheEnd) {
  ManualClock clock;
  std::string out;
  size_t one = line_bytes();
  {
    Log log(clock, {.buffer_bytes_max = 40 * one}, [&](std::string_view lines) { out += lines; });
    for (int i = 0; i < 9; ++i) log.write(Level::error, "s", "x");
    EXPECT_EQ(line_count(out), 0u);
    log.write(Level::info, "s", "x");
    EXPECT_EQ(line_count(out), 10u);
    log.write(Level::info, "s", "x");
    log.flush();
    EXPECT_EQ(line_count(out), 11u);
    log.write(Level::info, "s", "x");
  }
  EXPECT_EQ(line_count(out), 12u);
}

TEST(Log, CountsAndTellsWhatItDrops) {
  auto runtime = SimRuntime::make(1);
  std::string out;
  size_t one = line_bytes();
  Log log(*runtime, {.buffer_bytes_max = 10 * one}, [&](std::string_view lines) { out += lines; });
  log.start(*runtime);  // which does not run yet
  for (int i = 0; i < 10; ++i) log.write(Level::info, "s", "x");
  EXPECT_EQ(log.dropped(), 0u);
  log.write(Level::info, "s", "x");
  log.write(Level::error, "s", "x");
  EXPECT_EQ(log.dropped(), 2u);
  log.flush();
  EXPECT_EQ(line_count(out), 11u);
  EXPECT_TRUE(out.ends_with(R"("level":"WARN","service":"log","message":"log lines dropped","count":2})"
                            "\n"))
      << out;
  out.clear();
  log.write(Level::info, "s", "x");
  log.flush();
  EXPECT_EQ(out.size(), one);  // told once
  EXPECT_EQ(log.dropped(), 2u);
}

TEST(Log, DropsALineThatNeverFits) {
  ManualClock clock;
  Log log(clock, {.buffer_bytes_max = 100}, [](std::string_view) {});
  log.write(Level::info, "s", std::string(200, 'x'));
  EXPECT_EQ(log.dropped(), 1u);
}

TEST(Log, CountsTheLinesOfASinkThatFails) {
  ManualClock clock;
  bool broken = true;
  std::string out;
  Log log(clock, {}, [&](std::string_view lines) {
    if (broken) throw std::runtime_error("disk full");
    out += lines;
  });
  for (int i = 0; i < 3; ++i) log.write(Level::info, "s", "x");
  log.flush();
  EXPECT_EQ(log.dropped(), 3u);
  broken = false;
  log.write(Level::info, "s", "x");
  log.flush();
  EXPECT_EQ(line_count(out), 2u);
  EXPECT_TRUE(out.contains("\"count\":3")) << out;
}

struct SimLog : testing::Test {
  std::unique_ptr<SimRuntime> runtime = SimRuntime::make(1);
  std::string out;
  int writes = 0;
  Log log{*runtime, {}, [this](std::string_view lines) { out += lines, ++writes; }};

  void pass(Duration time) { runtime->run(runtime->sleep(time)); }
};

TEST_F(SimLog, FlushesAfterAnInterval) {
  log.start(*runtime);
  for (int round = 1; round <= 2; ++round) {
    log.write(Level::info, "s", "x");
    log.write(Level::success, "s", "x");
    pass(milliseconds(99));
    EXPECT_EQ(writes, round - 1);
    pass(milliseconds(5));  // the pool takes up to two
    EXPECT_EQ(writes, round);
    EXPECT_EQ(line_count(out), 2u * round);
    pass(milliseconds(500));
    EXPECT_EQ(writes, round);
  }
}

TEST_F(SimLog, FlushesWarningsAndErrorsAtOnce) {
  log.start(*runtime);
  for (Level level : {Level::warn, Level::error}) {
    writes = 0;
    log.write(Level::info, "s", "x");
    log.write(level, "s", "x");
    log.write(level, "s", "x");
    EXPECT_EQ(writes, 0);  // never inside write
    pass(milliseconds(5));
    EXPECT_EQ(writes, 1);
    pass(seconds(1));
    EXPECT_EQ(writes, 1);
  }
  EXPECT_EQ(line_count(out), 6u);
}

TEST_F(SimLog, HasNoTimerWhenIdle) {
  log.start(*runtime);
  log.write(Level::info, "s", "x");
  log.write(Level::error, "s", "x");
  runtime->run_until({3'600'000'000});
  EXPECT_EQ(line_count(out), 2u);
  EXPECT_LT(runtime->steady() - Instant{0}, seconds(1));  // all came to rest
}

TEST_F(SimLog, FlushesAtOnceWhenTheBufferFills) {
  size_t lines = LogOptions{}.buffer_bytes_max / 4 / line_bytes() + 1;
  log.start(*runtime);
  for (size_t i = 0; i < lines; ++i) log.write(Level::info, "s", "x");
  EXPECT_EQ(writes, 0);
  pass(milliseconds(5));
  EXPECT_EQ(line_count(out), lines);
  EXPECT_EQ(log.dropped(), 0u);
}

TEST_F(SimLog, GoesOnWhenItsNodeIsKilled) {
  Runtime& node = runtime->node("a");
  log.start(node);
  log.write(Level::info, "s", "x");
  pass(milliseconds(50));
  runtime->kill("a");
  pass(milliseconds(500));
  EXPECT_EQ(writes, 0);
  log.start(runtime->node("a"));
  log.write(Level::info, "s", "x");
  pass(seconds(1));
  EXPECT_EQ(line_count(out), 2u);
}

TEST_F(SimLog, LeavesTheSinkAloneAfterItsEnd) {
  int calls = 0;
  auto shorter = std::make_unique<Log>(*runtime, LogOptions{}, [&](std::string_view) { ++calls; });
  shorter->start(*runtime);
  shorter->write(Level::info, "s", "x");
  shorter->write(Level::error, "s", "x");
  shorter.reset();
  EXPECT_EQ(calls, 1);
  pass(seconds(1));
  EXPECT_EQ(calls, 1);
}

// A runtime in threads of its own, stopped at the end.
struct RealLog : testing::Test {
  RealLog() : thread([this] { runtime->run(); }) {}
  ~RealLog() override {
    runtime->stop();
    thread.join();
  }
  std::unique_ptr<RealRuntime> runtime = RealRuntime::make({.reactors = 2, .pool_threads = 2});
  std::thread thread;
};

TEST_F(RealLog, WritesEveryLineOfManyThreadsOnce) {
  constexpr int threads = 4, each = 2000;
  std::string out;
  std::atomic<int> inside = 0;
  bool overlapped = false;
  {
    Log log(*runtime, {.buffer_bytes_max = 64 * 1024 * 1024}, [&](std::string_view lines) {
      overlapped |= inside.fetch_add(1) != 0;
      out += lines;
      inside.fetch_sub(1);
    });
    log.start(*runtime);
    {
      std::vector<std::jthread> writers;
      for (int t = 0; t < threads; ++t)
        writers.emplace_back([&, t] {
          for (int i = 0; i < each; ++i)
            log.write(i % 50 ? Level::info : Level::error, "s", fmt::format("t{} n{} end", t, i));
        });
    }
    log.flush();
    EXPECT_EQ(log.dropped(), 0u);
  }
  EXPECT_FALSE(overlapped);
  EXPECT_EQ(line_count(out), size_t(threads * each));
  for (int t = 0; t < threads; ++t) {
    size_t at = 0;
    for (int i = 0; i < each; ++i) {
      at = out.find(fmt::format("\"t{} n{} end\"", t, i), at);
      ASSERT_NE(at, std::string::npos) << "line " << i << " of thread " << t << " is missing or out of order";
    }
  }
}

TEST_F(RealLog, ASinkThatBlocksHoldsUpNeitherWritersNorThePool) {
  std::binary_semaphore entered(0), release(0);
  std::string out;
  bool first = true;
  Log log(*runtime, {.buffer_bytes_max = 64 * 1024}, [&](std::string_view lines) {
    if (std::exchange(first, false)) {
      entered.release();
      release.acquire();
    }
    out += lines;
  });
  log.start(*runtime);
  log.write(Level::error, "s", "first");
  entered.acquire();

  uint64_t written = 1;
  while (log.dropped() == 0) {
    log.write(Level::error, "s", "more");
    ++written;
  }
  // One thread of the pool stands in the sink; what the other lines have started leaves the second one free.
  std::binary_semaphore pool_free(0);
  for (int i = 0; i < 3; ++i) {
    runtime->spawn("probe", runtime->offload([&] { pool_free.release(); }));
    pool_free.acquire();
  }
  release.release();
  log.flush();
  EXPECT_EQ(line_count(out), written - log.dropped() + 1);  // and the line about lost ones
}

TEST(StandardOutput, TakesALargeBatchWhole) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  // Non-blocking, and larger than the pipe's buffer: the sink has to wait for its reader.
  ASSERT_EQ(::fcntl(pipe_ends[1], F_SETFL, O_NONBLOCK), 0);
  std::fflush(stdout);
  int saved = ::dup(STDOUT_FILENO);
  ::dup2(pipe_ends[1], STDOUT_FILENO);
  ::close(pipe_ends[1]);
  std::string sent(1'000'000, 'x'), received;
  {
    std::jthread reader([&] {
      char buffer[4096];
      while (received.size() < sent.size()) {
        ssize_t size = ::read(pipe_ends[0], buffer, sizeof buffer);
        if (size <= 0) break;
        received.append(buffer, size_t(size));
      }
    });
    standard_output()(sent);
  }
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  ::close(pipe_ends[0]);
  EXPECT_EQ(received, sent);
}

}  // namespace
}  // namespace portico
