// Programs that a test starts: bounded in time, ended by their id, never left behind.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace portico::test {

struct ProcessOptions {
  std::vector<std::string> arguments;              // argv, the program's path first
  std::map<std::string, std::string> environment;  // all of it but PATH: nothing of the test's own leaks in
  std::string folder;                              // to start in; empty: the test's own
  std::string output;                              // file that takes standard output and error
};

// A running program. Its end is asked for by SIGTERM and enforced by SIGKILL, at the latest by the
// destructor; it also gets SIGTERM when the test itself dies.
class Process {
 public:
  explicit Process(const ProcessOptions& options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  // The exit code, or 128 + signal; -1 when it has not ended within the time.
  int wait(int timeout_ms);
  void signal(int number);
  // SIGTERM, then SIGKILL to it and to what it had started.
  int stop(int timeout_ms);
  // Ids of the processes that it has started and that still run, with their command lines.
  std::map<pid_t, std::string> children() const;

 private:
  pid_t pid_ = 0;
  int result_ = -1;
};

struct Outcome {
  int code = -1;  // -1: had to be ended
  std::string out, err;
};

// Runs a program to its end; it is ended after the time.
Outcome run(const ProcessOptions& options, int timeout_ms = 30'000);
// The program under test with a clean environment.
Outcome portico(std::vector<std::string> arguments, std::map<std::string, std::string> environment = {},
                const std::string& folder = {}, int timeout_ms = 30'000);

// Looks every 10 ms whether `done`; false when the time is over.
bool wait_until(const std::function<bool()>& done, int timeout_ms = 20'000);

// Ports that nobody listens on, different from each other. Outside the range that the system gives to
// outgoing connections, so that none of those takes one before it is listened on.
std::vector<uint16_t> free_ports(size_t count);
// Listens on a port of the loopback as long as it lives, so that it is busy.
class BusyPort {
 public:
  BusyPort();
  ~BusyPort();
  BusyPort(const BusyPort&) = delete;
  BusyPort& operator=(const BusyPort&) = delete;
  uint16_t port() const { return port_; }

 private:
  int socket_ = -1;
  uint16_t port_ = 0;
};

// A folder that is removed with all it holds.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string content_of(const std::string& path);

}  // namespace portico::test
