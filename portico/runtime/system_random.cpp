#include "portico/runtime/system_random.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "portico/base/error.h"

namespace portico {
namespace {

void draw(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    ssize_t drawn = getrandom(bytes.data(), bytes.size(), 0);
    PORTICO_CHECK(drawn > 0 || errno == EINTR);  // a kernel that has no randomness is no place to make keys
    if (drawn > 0) bytes = bytes.subspan(static_cast<size_t>(drawn));
  }
}

}  // namespace

void SystemRandom::fill(std::span<std::byte> bytes) {
  if (bytes.size() > buffer_.size() / 4) return draw(bytes);
  std::lock_guard lock(mutex_);
  if (left_ < bytes.size()) {
    draw(buffer_);
    left_ = buffer_.size();
  }
  left_ -= bytes.size();
  auto source = std::span(buffer_).subspan(left_, bytes.size());
  std::copy(source.begin(), source.end(), bytes.begin());
  std::fill(source.begin(), source.end(), std::byte{0});
}

}  // namespace portico
