#include "systems/shop/user/throttle.h"

#include <algorithm>

#include "portico/security/digest.h"

namespace shop::user {

Duration wait_after(const ThrottleRule& rule, int64_t count) {
  if (count <= 0 || count < rule.free) return {};
  Duration wait = rule.wait;
  for (int64_t i = std::max<int64_t>(rule.free, 1); i < count && wait < rule.wait_max; ++i) wait *= 2;
  return std::min(wait, rule.wait_max);
}

Id<Tries> throttle_id(const ThrottleRule& rule, const Email& email) {
  constexpr size_t digits = 40;
  return {std::string(rule.purpose) + ":" + security::hex(security::sha256(email)).substr(0, digits)};
}

Error too_many(Time until, Time now) {
  int seconds = int((until.ms - now.ms + 999) / 1000);
  return Error(exhausted, "tries.exhausted", "Too many attempts. Try again later").with_retry_after(seconds);
}

Task<void> Throttle::admit(Call& call, ThrottleRule rule, Email email) const {
  std::optional<Tries> tries = co_await tries_.find(call, throttle_id(rule, email));
  if (tries && tries->blocked_until > call.now()) throw too_many(tries->blocked_until, call.now());
}

Task<void> Throttle::admit_and_count(Unit& unit, ThrottleRule rule, Email email) const {
  std::optional<Tries> tries = co_await tries_.find(unit, throttle_id(rule, email));
  Time now = unit.call().now();
  if (tries && tries->blocked_until > now) throw too_many(tries->blocked_until, now);
  co_await count(unit, rule, std::move(email));
}

Task<void> Throttle::count(Unit& unit, ThrottleRule rule, Email email) const {
  Time now = unit.call().now();
  Id<Tries> id = throttle_id(rule, email);
  std::optional<Tries> before = co_await tries_.find(unit, id);
  bool continues = before && before->last_at + rule.forget_after > now;
  int64_t count = continues ? before->count + 1 : 1;
  Tries tries{.id = id, .count = count, .last_at = now, .blocked_until = now + wait_after(rule, count)};
  if (!before) {
    co_await tries_.insert(unit, std::move(tries));
  } else {
    co_await tries_.change(unit, id, set(&Tries::count, tries.count), set(&Tries::last_at, tries.last_at),
                           set(&Tries::blocked_until, tries.blocked_until));
  }
}

Task<void> Throttle::forget(Unit& unit, ThrottleRule rule, Email email) const {
  co_await tries_.remove(unit, throttle_id(rule, email));
}

Task<void> Throttle::clean(Unit& unit) const {
  Duration longest =
      std::max({failed_logins.forget_after, requested_codes.forget_after, tried_codes.forget_after});
  Time now = unit.call().now();
  co_await tries_.remove_all(unit,
                             where(&Tries::last_at) < now - longest && where(&Tries::blocked_until) <= now);
}

}  // namespace shop::user
