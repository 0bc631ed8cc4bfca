// The coroutines that flush a log, on the simulated and on the real runtime.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "portico/observe/beside.h"
#include "portico/observe/log.h"
#include "portico/runtime/runtime.h"

namespace portico {
namespace {

using observe::run_beside;
using std::chrono::milliseconds;
using std::chrono::seconds;

size_t line_count(std::string_view text) { return size_t(std::ranges::count(text, '\n')); }

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
  size_t lines = LogOptions{}.buffer_bytes_max / 4 / 50;  // each takes more than 50 bytes
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
  for (bool broken : {false, true}) {
    int calls = 0;
    auto shorter = std::make_unique<Log>(*runtime, LogOptions{}, [&](std::string_view) {
      ++calls;
      if (broken) throw std::runtime_error("disk full");  // leaves a line about it to be written
    });
    shorter->start(*runtime);
    shorter->write(Level::info, "s", "x");
    shorter->write(Level::error, "s", "x");
    shorter.reset();
    EXPECT_EQ(calls, 1);
    pass(seconds(1));
    EXPECT_EQ(calls, 1);
  }
}

TEST(RealLog, WritesEveryLineOfManyThreadsOnce) {
  constexpr int threads = 4, each = 2000;
  auto runtime = RealRuntime::make({.reactors = 2, .pool_threads = threads + 2});
  std::string out;
  std::atomic<int> inside = 0;
  bool overlapped = false;
  Log log(*runtime, {.buffer_bytes_max = 64 * 1024 * 1024}, [&](std::string_view lines) {
    overlapped |= inside.fetch_add(1) != 0;
    out += lines;
    inside.fetch_sub(1);
  });
  log.start(*runtime);
  std::vector<std::function<void()>> writers;
  for (int t = 0; t < threads; ++t)
    writers.push_back([&, t] {
      for (int i = 0; i < each; ++i)
        log.write(i % 50 ? Level::info : Level::error, "s", fmt::format("t{} n{} end", t, i));
    });
  run_beside(*runtime, std::move(writers));
  log.flush();

  EXPECT_EQ(log.dropped(), 0u);
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

TEST(RealLog, ASinkThatBlocksHoldsUpNeitherWritersNorThePool) {
  auto runtime = RealRuntime::make({.reactors = 1, .pool_threads = 3});
  std::binary_semaphore entered(0), release(0), pool_free(0);
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
  uint64_t written = 0;
  auto test = [&] {
    log.write(Level::error, "s", "first");
    entered.acquire();
    for (written = 1; log.dropped() == 0; ++written) log.write(Level::error, "s", "more");
    // One thread of the pool runs this, one stands in the sink; what the other lines have started leaves the
    // third one free.
    for (int i = 0; i < 3; ++i) {
      runtime->spawn("probe", runtime->offload([&] { pool_free.release(); }));
      pool_free.acquire();
    }
    release.release();
    log.flush();
  };
  run_beside(*runtime, {test});
  EXPECT_EQ(line_count(out), written - log.dropped() + 1);  // and the line about lost ones
}

TEST(RealLog, TriesAgainWhenThePoolIsFull) {
  auto runtime = RealRuntime::make({.reactors = 1, .pool_threads = 2, .pool_queue_max = 1});
  std::counting_semaphore<> busy(0), release(0), refused(0), written(0);
  std::string out;
  Log log(*runtime, {}, [&](std::string_view lines) { out += lines, written.release(); });
  log.start(*runtime);
  runtime->on_task_failure([&](std::string_view, std::string_view) { refused.release(); });
  auto hold = [&] { busy.release(), release.acquire(); };
  auto test = [&] {
    runtime->spawn("hold", runtime->offload(hold));
    busy.acquire();
    runtime->spawn("wait", runtime->offload(hold));  // fills the queue
    log.write(Level::error, "s", "x");
    // Behind the log's coroutine on the same reactor: when this one has been refused, so has that one.
    runtime->spawn("probe", runtime->offload([] {}));
    refused.acquire();
    EXPECT_EQ(log.dropped(), 0u);
    release.release(2);
    written.acquire();
  };
  run_beside(*runtime, {test});
  EXPECT_EQ(runtime->task_failures(), 1u);  // the probe only
  EXPECT_EQ(line_count(out), 1u);
}

}  // namespace
}  // namespace portico
