#include "portico/store/sqlite/readers.h"

#include <algorithm>

#include "portico/base/error.h"

namespace portico::sqlite {

Error closed_error(const std::string& path) {
  return Error(unavailable, "store.closed", "The store is closed.").with_note(path);
}

Readers::Readers(ConnectionOptions options, size_t connections_max)
    : options_(std::move(options)), connections_max_(std::max<size_t>(connections_max, 1)) {}

Readers::~Readers() { close(); }

Readers::Lease::~Lease() { readers_.give_back(std::move(connection_)); }

void Readers::open() {
  std::lock_guard lock(mutex_);
  open_ = true;
}

Readers::Lease Readers::lease() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [&] { return !open_ || !idle_.empty() || count_ < connections_max_; });
  if (!open_) throw closed_error(options_.path);
  if (!idle_.empty()) {
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    return Lease(*this, std::move(connection));
  }
  ++count_;
  lock.unlock();
  try {
    return Lease(*this, std::make_unique<Connection>(options_));
  } catch (const Error&) {
    give_back(nullptr);
    throw;
  }
}

void Readers::give_back(std::unique_ptr<Connection> connection) {
  {
    std::lock_guard lock(mutex_);
    if (connection && open_)
      idle_.push_back(std::move(connection));
    else
      --count_;
  }
  // Also those that close wait for this.
  returned_.notify_all();
}

void Readers::close() {
  std::unique_lock lock(mutex_);
  open_ = false;
  count_ -= idle_.size();
  idle_.clear();
  returned_.notify_all();
  returned_.wait(lock, [&] { return count_ == 0; });
}

}  // namespace portico::sqlite
