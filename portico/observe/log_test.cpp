#include "portico/observe/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

#include "portico/observe/beside.h"
#include "portico/runtime/runtime.h"

namespace portico {
namespace {

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
  auto write = [&] { standard_output()(sent); };
  auto read = [&] {
    char buffer[4096];
    while (received.size() < sent.size()) {
      ssize_t size = ::read(pipe_ends[0], buffer, sizeof buffer);
      if (size <= 0) break;
      received.append(buffer, size_t(size));
    }
  };
  observe::run_beside({write, read});
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  ::close(pipe_ends[0]);
  EXPECT_EQ(received, sent);
}

}  // namespace
}  // namespace portico
