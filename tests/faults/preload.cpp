// Loaded into a real process: ends it at its N-th sync, write or send, fails one of them, or shifts its
// clock. strace counts the calls of each thread; this counts those of the process.
//
// FAULTS_CONTROL names the file with the orders, which a test maps as well and may change at any time.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

struct msghdr;

namespace {

enum class Family : int32_t { sync = 1, write = 2, send = 3 };
enum class Action : int32_t { kill_before = 1, kill_after = 2, tear = 3, io_error = 4, no_space = 5 };

// As tests/faults/control.py packs it.
struct Control {
  std::atomic<int32_t> pid;  // whose calls count
  Family family;
  Action action;
  std::atomic<int32_t> fired;
  std::atomic<int64_t> left;       // calls until it acts, that one included; 0 and below: never again
  std::atomic<int64_t> seen;       // calls since it was set up
  std::atomic<int32_t> clock_pid;  // whose clock is shifted; -1: of all
  int32_t reserved;
  std::atomic<int64_t> clock_shift_ms;
};
static_assert(sizeof(Control) == 48);

Control* open_control() {
  const char* path = std::getenv("FAULTS_CONTROL");
  const int file = path ? ::open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return nullptr;
  void* memory = ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  return memory == MAP_FAILED ? nullptr : static_cast<Control*>(memory);
}

Control* control() {
  static Control* const found = open_control();
  return found;
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

// What is to be done at this call, 0 for nothing.
Action due(Family family) {
  Control* orders = control();
  if (!orders || orders->pid.load() != ::getpid() || orders->family != family) return {};
  orders->seen.fetch_add(1);
  if (orders->left.fetch_sub(1) != 1) return {};
  orders->fired.store(1);
  return orders->action;
}

[[noreturn]] void end_process() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

// `whole` makes the call; `part` makes half of it and is asked for by `tear`.
template <class Whole, class Part>
auto call(Family family, Whole whole, Part part) -> decltype(whole()) {
  const Action action = due(family);
  switch (action) {
    case Action::kill_before:
      end_process();
    case Action::tear:
      part();
      end_process();
    case Action::kill_after:
      whole();
      end_process();
    case Action::io_error:
    case Action::no_space:
      errno = action == Action::io_error ? EIO : ENOSPC;
      return -1;
  }
  return whole();
}

int64_t shift_ms() {
  Control* orders = control();
  if (!orders) return 0;
  const int32_t pid = orders->clock_pid.load();
  return pid == -1 || pid == ::getpid() ? orders->clock_shift_ms.load() : 0;
}

}  // namespace

extern "C" {

int fsync(int file) {
  static const auto next = real<int(int)>("fsync");
  return call(Family::sync, [=] { return next(file); }, [] {});
}

int fdatasync(int file) {
  static const auto next = real<int(int)>("fdatasync");
  return call(Family::sync, [=] { return next(file); }, [] {});
}

ssize_t pwrite64(int file, const void* bytes, size_t count, off64_t offset) {
  static const auto next = real<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  return call(
      Family::write, [=] { return next(file, bytes, count, offset); },
      [=] { next(file, bytes, count / 2, offset); });
}

int ftruncate64(int file, off64_t size) noexcept {
  static const auto next = real<int(int, off64_t)>("ftruncate64");
  return call(Family::write, [=] { return next(file, size); }, [] {});
}

int unlink(const char* path) noexcept {
  static const auto next = real<int(const char*)>("unlink");
  return call(Family::write, [=] { return next(path); }, [] {});
}

ssize_t send(int socket, const void* bytes, size_t count, int flags) {
  static const auto next = real<ssize_t(int, const void*, size_t, int)>("send");
  return call(
      Family::send, [=] { return next(socket, bytes, count, flags); },
      [=] { next(socket, bytes, count / 2, flags); });
}

ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  static const auto next = real<ssize_t(int, const msghdr*, int)>("sendmsg");
  return call(Family::send, [=] { return next(socket, message, flags); }, [] {});
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static const auto next = real<int(clockid_t, timespec*)>("clock_gettime");
  const int result = next(clock, time);
  if (result != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return result;
  const int64_t shift = shift_ms();
  time->tv_sec += shift / 1000;
  return result;
}

int gettimeofday(timeval* time, void* zone) noexcept {
  static const auto next = real<int(timeval*, void*)>("gettimeofday");
  const int result = next(time, zone);
  if (result == 0) time->tv_sec += shift_ms() / 1000;
  return result;
}

time_t time(time_t* out) noexcept {
  static const auto next = real<time_t(time_t*)>("time");
  const time_t now = next(nullptr) + shift_ms() / 1000;
  if (out) *out = now;
  return now;
}

}  // extern "C"
