// Inside runtime/ only: the operating system's random number generator.
#pragma once

#include <array>
#include <mutex>

#include "portico/runtime/runtime.h"

namespace portico {

// getrandom(2) behind a buffer: one system call for many small draws. Bytes are erased when they are handed
// out.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override;

 private:
  std::mutex mutex_;
  std::array<std::byte, 1024> buffer_{};
  size_t left_ = 0;  // unused bytes, at the front of the buffer
};

}  // namespace portico
