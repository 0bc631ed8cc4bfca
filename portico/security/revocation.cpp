#include "portico/security/revocation.h"

#include <mutex>

#include "portico/security/token.h"

namespace portico::security {

void RevocationList::revoke(std::string id, Time expires_at) {
  if (id.empty() || entries_max_ == 0) return;
  Time until = expires_at + token_leeway_max;
  Time now = clock_.now();
  std::unique_lock lock(mutex_);
  drop_expired(now);
  if (until <= now) return;
  if (auto known = until_.find(id); known != until_.end()) {
    if (known->second >= until) return;
    by_expiry_.erase({known->second, id});
    until_.erase(known);
  }
  by_expiry_.emplace(until, id);
  until_.emplace(std::move(id), until);
  if (until_.size() > entries_max_) {
    until_.erase(by_expiry_.begin()->second);
    by_expiry_.erase(by_expiry_.begin());
    ++evicted_;
  }
  count_ = until_.size();
}

bool RevocationList::contains(std::string_view id) const {
  if (count_ == 0) return false;
  std::shared_lock lock(mutex_);
  // An id past its time may still stand here; it then only refuses tokens that have expired as well.
  return until_.contains(id);
}

size_t RevocationList::size() const {
  std::shared_lock lock(mutex_);
  return until_.size();
}

void RevocationList::drop_expired(Time now) {
  while (!by_expiry_.empty() && by_expiry_.begin()->first <= now) {
    until_.erase(by_expiry_.begin()->second);
    by_expiry_.erase(by_expiry_.begin());
  }
  count_ = until_.size();
}

}  // namespace portico::security
