#include "tests/systems/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace portico::test {
namespace {

// What runs between fork and exec: nothing but calls that are safe there.
[[noreturn]] void become(const char* folder, const char* output, char* const* arguments,
                         char* const* environment) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (*folder && ::chdir(folder) != 0) ::_exit(126);
  int file = ::open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0) ::_exit(126);
  ::dup2(file, 1);
  ::dup2(file, 2);
  for (int other = 3; other < 256; ++other) ::close(other);
  ::execve(arguments[0], arguments, environment);
  ::_exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A socket bound to the port, or -1.
int bound(uint16_t port) {
  int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(port);
  if (::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return socket;
  ::close(socket);
  return -1;
}

// The parent of a process, 0 where it is gone: the fourth field of its stat, after the name in brackets.
pid_t parent_of(pid_t pid) {
  std::string stat = content_of("/proc/" + std::to_string(pid) + "/stat");
  size_t bracket = stat.rfind(')');
  if (bracket == stat.npos) return 0;
  std::istringstream rest(stat.substr(bracket + 1));
  char state = 0;
  pid_t parent = 0;
  rest >> state >> parent;
  return state == 'Z' ? 0 : parent;
}

}  // namespace

Process::Process(const ProcessOptions& options) {
  std::vector<std::string> arguments = options.arguments, variables;
  variables.push_back("PATH=/usr/local/bin:/usr/bin:/bin");
  for (const auto& [name, value] : options.environment) variables.push_back(name + "=" + value);
  std::vector<char*> argv = pointers(arguments), envp = pointers(variables);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("a process cannot be started");
  if (pid_ == 0) become(options.folder.c_str(), options.output.c_str(), argv.data(), envp.data());
}

Process::~Process() { stop(5'000); }

bool Process::running() { return wait(0) < 0; }

int Process::wait(int timeout_ms) {
  if (result_ >= 0) return result_;
  wait_until(
      [&] {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
        result_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return true;
      },
      timeout_ms);
  return result_;
}

void Process::signal(int number) {
  if (running()) ::kill(pid_, number);
}

int Process::stop(int timeout_ms) {
  if (!running()) return result_;
  std::map<pid_t, std::string> started = children();
  for (const auto& [child, command] : started) ::kill(child, SIGCONT);
  ::kill(pid_, SIGTERM);
  if (wait(timeout_ms) >= 0) return result_;
  // Itself first: it would start the others again.
  ::kill(pid_, SIGKILL);
  for (const auto& [child, command] : started) ::kill(child, SIGKILL);
  return wait(5'000);
}

std::map<pid_t, std::string> Process::children() const {
  std::map<pid_t, std::string> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != name.npos) continue;
    pid_t pid = pid_t(std::stol(name));
    if (parent_of(pid) != pid_) continue;
    std::string command = content_of("/proc/" + name + "/cmdline");
    for (char& c : command)
      if (c == '\0') c = ' ';
    found[pid] = command;
  }
  return found;
}

Outcome run(const ProcessOptions& options, int timeout_ms) {
  TemporaryFolder folder;
  // A shell splits the two streams, because Process joins them.
  ProcessOptions split = options;
  split.arguments = {"/bin/sh", "-c", "exec \"$0\" \"$@\" >\"$RUN_OUT\" 2>\"$RUN_ERR\""};
  for (const std::string& argument : options.arguments) split.arguments.push_back(argument);
  split.environment["RUN_OUT"] = folder.path() + "/out";
  split.environment["RUN_ERR"] = folder.path() + "/err";
  split.output = folder.path() + "/shell";
  Process process(split);
  Outcome outcome;
  outcome.code = process.wait(timeout_ms);
  if (outcome.code < 0) process.stop(2'000);
  outcome.out = content_of(folder.path() + "/out");
  outcome.err = content_of(folder.path() + "/err");
  return outcome;
}

Outcome portico(std::vector<std::string> arguments, std::map<std::string, std::string> environment,
                const std::string& folder, int timeout_ms) {
  TemporaryFolder elsewhere;  // no <system>.toml of a working folder
  arguments.insert(arguments.begin(), PORTICO_PROGRAM);
  return run({.arguments = std::move(arguments),
              .environment = std::move(environment),
              .folder = folder.empty() ? elsewhere.path() : folder,
              .output = {}},
             timeout_ms);
}

bool wait_until(const std::function<bool()>& done, int timeout_ms) {
  auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  for (;;) {
    if (done()) return true;
    if (std::chrono::steady_clock::now() >= limit) return false;
    ::poll(nullptr, 0, 10);
  }
}

std::vector<uint16_t> free_ports(size_t count) {
  static uint16_t next = uint16_t(15'000 + ::getpid() % 15'000);
  std::vector<uint16_t> ports;
  for (int tries = 0; ports.size() < count && tries < 10'000; ++tries) {
    next = next >= 31'000 ? 15'000 : uint16_t(next + 1);
    int socket = bound(next);
    if (socket < 0) continue;
    ::close(socket);
    ports.push_back(next);
  }
  return ports;
}

BusyPort::BusyPort() {
  port_ = free_ports(1).at(0);
  socket_ = bound(port_);
  ::listen(socket_, 1);
}

BusyPort::~BusyPort() { ::close(socket_); }

TemporaryFolder::TemporaryFolder() {
  std::string path = std::filesystem::temp_directory_path() / "portico-system-XXXXXX";
  if (!::mkdtemp(path.data())) throw std::runtime_error("no temporary folder can be made");
  path_ = path;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace portico::test
