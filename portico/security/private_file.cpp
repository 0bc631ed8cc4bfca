#include "portico/security/private_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace portico::security {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  explicit operator bool() const { return value_ >= 0; }

 private:
  int value_;
};

Error system_error(std::string_view what, const std::string& path, int number) {
  return Error(unavailable, "file.failed",
               fmt::format("cannot {} {}: {}", what, path, std::strerror(number)));
}

// Removes the temporary file unless it has got its final name.
struct Temporary {
  std::string path;
  bool kept = false;
  ~Temporary() {
    if (!kept) ::unlink(path.c_str());
  }
};

bool write_all(int descriptor, const std::string& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    ssize_t n = ::write(descriptor, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    done += static_cast<size_t>(n);
  }
  return true;
}

// A file's name is only durable once its folder is synced.
bool sync_folder_of(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path();
  Descriptor descriptor(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return descriptor && ::fsync(descriptor.get()) == 0;
}

}  // namespace

std::expected<Secret, Error> read_private_file(const std::string& path, size_t bytes_max,
                                               std::string_view kind) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno == ENOENT)
    return std::unexpected(
        Error(not_found, fmt::format("{}.file_missing", kind), fmt::format("{} does not exist", path)));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return std::unexpected(system_error("open", path, errno));
  if (!S_ISREG(status.st_mode))
    return std::unexpected(
        Error(invalid, fmt::format("{}.file_kind", kind), fmt::format("{} is not a regular file", path)));
  if ((status.st_mode & 077) != 0)
    return std::unexpected(
        Error(forbidden, fmt::format("{}.file_exposed", kind),
              fmt::format("{} has mode {:04o}: others than its owner have access to it; run "
                          "chmod 600 on it, and replace its content if strangers could read it",
                          path, status.st_mode & 07777)));
  std::string content(bytes_max + 1, '\0');
  size_t size = 0;
  while (size < content.size()) {
    ssize_t n = ::read(file.get(), content.data() + size, content.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(system_error("read", path, errno));
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  if (size == 0 || size > bytes_max)
    return std::unexpected(Error(invalid, fmt::format("{}.file_size", kind),
                                 fmt::format("{} must hold 1 to {} bytes", path, bytes_max)));
  content.resize(size);
  return Secret(std::move(content));
}

std::expected<bool, Error> create_private_file(const std::string& path, const Secret& content) {
  std::string pattern = path + ".XXXXXX";
  Descriptor file(::mkostemp(pattern.data(), O_CLOEXEC));  // mode 0600
  if (!file) return std::unexpected(system_error("create a file beside", path, errno));
  Temporary temporary{pattern};
  if (!write_all(file.get(), content.reveal()) || ::fsync(file.get()) != 0)
    return std::unexpected(system_error("write", path, errno));
  // Unlike plain rename, never replaces: of two processes that start at once the second must see the first
  // one's file.
  if (::renameat2(AT_FDCWD, pattern.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return false;
    return std::unexpected(system_error("name", path, errno));
  }
  temporary.kept = true;
  if (!sync_folder_of(path)) return std::unexpected(system_error("sync the folder of", path, errno));
  return true;
}

}  // namespace portico::security
