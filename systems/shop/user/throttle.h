// Limits an e-mail address, whether or not it has an account: otherwise the limit would tell which have one.
#pragma once

#include <string_view>

#include "systems/shop/user/collections.h"

namespace shop::user {

// How often something may be tried and how long one waits beyond: `free` times without waiting, then
// `wait` after each, doubled each time up to `wait_max`. After `forget_after` without a try all is forgotten.
struct ThrottleRule {
  std::string_view purpose;  // at most 20 bytes
  int64_t free = 0;
  Duration wait{};
  Duration wait_max{};
  Duration forget_after{};
};

// Five wrong passwords, then 1 s, 2 s, 4 s … 15 min.
inline constexpr ThrottleRule failed_logins{.purpose = "login",
                                            .free = 5,
                                            .wait = std::chrono::seconds(1),
                                            .wait_max = std::chrono::minutes(15),
                                            .forget_after = std::chrono::minutes(15)};
// A code each half minute; after a few the waits grow to half an hour.
inline constexpr ThrottleRule requested_codes{.purpose = "code",
                                              .free = 0,
                                              .wait = std::chrono::seconds(30),
                                              .wait_max = std::chrono::minutes(30),
                                              .forget_after = std::chrono::hours(1)};
// Twenty codes an hour, right or wrong, over all codes that were sent.
inline constexpr ThrottleRule tried_codes{.purpose = "reset",
                                          .free = 20,
                                          .wait = std::chrono::minutes(1),
                                          .wait_max = std::chrono::minutes(30),
                                          .forget_after = std::chrono::hours(1)};

// The wait behind the `count`-th try.
Duration wait_after(const ThrottleRule& rule, int64_t count);
// The key of an address: a digest, so that mistyped and foreign addresses are not kept.
Id<Tries> throttle_id(const ThrottleRule& rule, const Email& email);
// Error(exhausted, "tries.exhausted") with the seconds until `until`.
Error too_many(Time until, Time now);

// Counts tries in the store: they outlive the process and are the same for all of them. Bounded in time: a
// job forgets rows that no longer matter, so there are at most as many as addresses tried within an hour.
class Throttle {
 public:
  explicit Throttle(const Collection<Tries>& tries) : tries_(tries) {}

  // Throws Error(exhausted, "tries.exhausted") while the address has to wait.
  Task<void> admit(Call& call, ThrottleRule rule, Email email) const;
  // The same inside a unit, and counts one more try.
  Task<void> admit_and_count(Unit& unit, ThrottleRule rule, Email email) const;
  // Counts one more try without looking at waits.
  Task<void> count(Unit& unit, ThrottleRule rule, Email email) const;
  Task<void> forget(Unit& unit, ThrottleRule rule, Email email) const;
  // Removes what no rule looks at any more.
  Task<void> clean(Unit& unit) const;

 private:
  const Collection<Tries>& tries_;
};

}  // namespace shop::user
