// Who watches the processes of a split system is no more certain to live than they are.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "tests/systems/process.h"
#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

TEST(Supervisor, ProcessesDoNotOutliveItAndLeaveTheirPortsToTheNext) {
  if (mode() != Mode::split) GTEST_SKIP() << "starts processes itself: once is enough";
  TemporaryFolder folder;
  ProcessOptions options{
      .arguments = {PORTICO_PROGRAM, "up", "shop", "--split", "--data", folder.path() + "/data"},
      .environment = {},
      .folder = folder.path(),
      .output = folder.path() + "/log"};
  std::vector<uint16_t> ports = free_ports(5);
  size_t next = 0;
  for (const char* place : {"gateway", "user", "product", "order", "notification"}) {
    options.arguments.push_back("--set");
    options.arguments.push_back(std::string(place) + ".port=" + std::to_string(ports.at(next++)));
  }
  auto is_up = [&] { return content_of(options.output).find("Shop is up") != std::string::npos; };
  std::map<pid_t, std::string> left;
  {
    Process first(options);
    ASSERT_TRUE(wait_until(is_up, 60'000)) << content_of(options.output);
    left = first.children();
    ASSERT_EQ(left.size(), 5u);
    first.signal(SIGKILL);
    ASSERT_EQ(first.wait(5'000), 128 + SIGKILL);
  }
  auto gone = [&] {
    return std::all_of(left.begin(), left.end(), [](const auto& entry) {
      return ::kill(entry.first, 0) != 0 ||
             content_of("/proc/" + std::to_string(entry.first) + "/stat").find(") Z ") != std::string::npos;
    });
  };
  EXPECT_TRUE(wait_until(gone, 30'000));
  for (const auto& [pid, command] : left) ::kill(pid, SIGKILL);
  Process second(options);
  EXPECT_TRUE(wait_until(is_up, 60'000)) << content_of(options.output);
}

}  // namespace
}  // namespace portico::test
