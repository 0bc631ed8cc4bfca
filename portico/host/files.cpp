#include "portico/host/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "portico/base/error.h"

namespace portico {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string_view verb, const std::string& path, const std::string& why) {
  throw Error(unavailable, "file.unwritable",
              "The file " + path + " cannot be " + std::string(verb) + ": " + why);
}

std::string folder_of(const std::string& path) {
  std::string folder = fs::path(path).parent_path();
  return folder.empty() ? "." : folder;
}

}  // namespace

void make_private_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) fs::permissions(path, fs::perms::owner_all, error);
  if (error) fail("made", path, error.message());
}

void sync_path(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const int result = descriptor < 0 ? -1 : ::fsync(descriptor);
  const int reason = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (result != 0) fail("synced", path, std::strerror(reason));
}

void write_synced(const std::string& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  file.close();
  if (!file) fail("written", path, std::strerror(errno));
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  sync_path(path);
}

void copy_synced(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::copy_file(from, to, error);
  if (!error) fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write, error);
  if (error) fail("copied", from, error.message());
  sync_path(to);
}

void copy_folder_synced(const std::string& from, const std::string& to) {
  make_private_folder(to);
  for (const auto& entry : fs::directory_iterator(from))
    if (entry.is_regular_file()) copy_synced(entry.path(), to + "/" + entry.path().filename().string());
  sync_path(to);
}

void rename_synced(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) fail("renamed", from, error.message());
  sync_path(folder_of(from));
  sync_path(folder_of(to));
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(unavailable, "file.unreadable", "The file " + path + " cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string stamp_of(Time time) {
  std::string text = to_string(time).substr(0, 19) + "Z";  // without milliseconds
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

}  // namespace portico
