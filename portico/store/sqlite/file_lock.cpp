#include "portico/store/sqlite/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "portico/base/error.h"

namespace portico::sqlite {

FileLock::FileLock(const std::string& path) {
  const std::string name = path + ".lock";
  descriptor_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor_ < 0) {
    const int reason = errno;
    const bool rights = reason == EACCES || reason == EROFS || reason == EPERM;
    throw Error(
        unavailable, rights ? "store.read_only" : "store.cannot_open",
        fmt::format("The store {} cannot be {}: its folder must exist and this user must be allowed to "
                    "write in it.",
                    path, rights ? "written" : "opened"))
        .with_note(fmt::format("{}: {}", name, std::strerror(reason)));
  }
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int reason = errno;
  ::close(descriptor_);
  throw Error(unavailable, "store.locked",
              fmt::format("The store {} is in use by another process; stop that one first.", path))
      .with_note(fmt::format("{}: {}", name, std::strerror(reason)));
}

// The file stays: to remove it would let a third process lock a new one while a second still waits here.
FileLock::~FileLock() { ::close(descriptor_); }

}  // namespace portico::sqlite
