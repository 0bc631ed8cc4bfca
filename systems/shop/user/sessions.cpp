#include "systems/shop/user/sessions.h"

#include <algorithm>

namespace shop::user {
namespace {

// Sessions before the latest that may still have live tokens; more password changes than this within the
// lifetime of a token do not happen by hand.
constexpr int64_t ended_sessions_max = 20;

}  // namespace

std::string Sessions::issue(const User& user, const Account& account) const {
  std::string id = make_uuid7(runtime_, runtime_.random());
  return signer_.sign(claims_of(user, account.sessions, std::move(id), runtime_.now(), lifetime_));
}

Account Sessions::ended(Account account, Time now) const {
  ++account.sessions;
  account.sessions_ended_at = now;
  return account;
}

void Sessions::announce(const Id<User>& user, const Account& account) const {
  Time expires_at = account.sessions_ended_at.value_or(runtime_.now()) + lifetime_;
  for (int64_t i = std::max<int64_t>(0, account.sessions - ended_sessions_max); i < account.sessions; ++i)
    verifier_.revocations().revoke(session_of(user, i), expires_at);
}

Task<void> Sessions::restore(Call& call, const Collection<Account>& accounts) {
  if (restored_) co_return;
  Query query{.filter = where(&Account::sessions_ended_at) > call.now() - lifetime_,
              .sort = {ascending(&Account::sessions_ended_at)},
              .limit = Query::limit_max};
  do {
    Page<Account> page = co_await accounts.list(call, query);
    for (const Account& account : page.items) announce({account.id.value}, account);
    query.after = page.next;
  } while (!query.after.empty());
  restored_ = true;
}

}  // namespace shop::user
