// Tokens that must no longer count although they have not expired.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "portico/base/time.h"

namespace portico::security {

// Ids of revoked tokens (jti) and sessions (sid), each until the last token that carries it has expired.
// Thread-safe.
//
// Bounded: when `entries_max` ids are held, the one whose tokens expire first makes room, and such a token
// counts again for the little that is left of its life. Size the list for the revocations of one token
// lifetime; `evicted` says whether it was too small.
class RevocationList {
 public:
  static constexpr size_t entries_max_default = 100'000;

  explicit RevocationList(const Clock& clock, size_t entries_max = entries_max_default)
      : clock_(clock), entries_max_(entries_max) {}

  // `expires_at` is the expiry of the token, or of the last token of the session. The id is kept for the
  // greatest leeway of any verifier longer. Revoking again only ever prolongs. An empty id is ignored.
  void revoke(std::string id, Time expires_at);
  bool contains(std::string_view id) const;
  size_t size() const;
  uint64_t evicted() const { return evicted_; }  // ids dropped before their time since the start

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void drop_expired(Time now);

  const Clock& clock_;
  const size_t entries_max_;
  std::atomic<size_t> count_{0};  // lets `contains` skip the lock while nothing is revoked
  std::atomic<uint64_t> evicted_{0};
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Time, Hash, std::equal_to<>> until_;
  std::set<std::pair<Time, std::string>> by_expiry_;
};

}  // namespace portico::security
