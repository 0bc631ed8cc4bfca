#include "systems/shop/user/passwords.h"

namespace shop::user {
namespace {

constexpr std::string_view code_purpose = "reset";

Task<void> store_code(Unit& unit, const Collection<Account>& accounts, Account account) {
  co_await accounts.change(unit, account.id, set(&Account::code_mac, account.code_mac),
                           set(&Account::code_expires_at, account.code_expires_at),
                           set(&Account::code_tries, account.code_tries),
                           set(&Account::code_used, account.code_used));
}

}  // namespace

void Passwords::serve(Service& service) {
  service.bind(&Api::change_password, this, &Passwords::change);
  service.bind(&Api::forgot_password, this, &Passwords::forgot);
  service.bind(&Api::reset_password, this, &Passwords::reset);
}

Task<Account> Passwords::replace(Unit& unit, Account account, std::string hash) {
  account = sessions_.ended(std::move(account), unit.call().now());
  account.password_hash = std::move(hash);
  co_await in_.accounts.change(unit, account.id, set(&Account::password_hash, account.password_hash),
                               set(&Account::sessions, account.sessions),
                               set(&Account::sessions_ended_at, account.sessions_ended_at));
  co_return account;
}

// Wrong current passwords count as failed logins: a stolen token is no way around that limit.
Task<Nothing> Passwords::change(Call& call, PasswordChange input) {
  Id<User> id{call.caller().user_id};
  std::optional<User> user = co_await in_.users.find(call, id);
  std::optional<Account> account = co_await in_.accounts.find(call, Id<Account>{id.value});
  if (!user || !account) throw no_user();
  co_await throttle_.admit(call, failed_logins, user->email);
  Secret current(std::string(std::move(input.current_password)));
  security::Verdict verdict =
      co_await hasher_.verify(std::string(account->password_hash), std::move(current));
  if (!verdict.matches) {
    co_await store_.write(
        call, [&](Unit& unit) -> Task<void> { co_await throttle_.count(unit, failed_logins, user->email); });
    throw Error(unauthenticated, "password.wrong", "Current password is incorrect");
  }
  std::string hash = co_await hasher_.hash(Secret(std::string(std::move(input.new_password))));
  Account after = co_await store_.write(call, [&](Unit& unit) -> Task<Account> {
    std::optional<Account> present = co_await in_.accounts.find(unit, account->id);
    if (!present || present->password_hash != account->password_hash)
      throw Error(conflict, "password.changed", "The password was changed meanwhile");
    co_return co_await replace(unit, std::move(*present), hash);
  });
  sessions_.announce(id, after);
  co_return Nothing{};
}

// The same work and the same answer whether or not the address is known.
Task<Nothing> Passwords::forgot(Call& call, ForgottenPassword input) {
  Email email = address_of(input.email);
  security::IssuedCode issued = security::issue_code(code_key_, code_purpose, email, call.now(),
                                                     call.runtime().random(), reset_code_lifetime);
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    co_await throttle_.admit_and_count(unit, requested_codes, email);
    std::optional<User> user = co_await in_.users.find(unit, where(&User::email) == email);
    if (!user) co_return;
    Id<Account> id{user->id.value};
    std::optional<Account> account = co_await in_.accounts.find(unit, id);
    if (!account) co_return;
    co_await store_code(unit, in_.accounts, with_code(std::move(*account), issued.state));
    unit.publish(ResetCodeIssued{
        .user_id = user->id,
        .email = user->email,
        .first_name = user->first_name,
        .code = issued.code.reveal(),
        .minutes = int(std::chrono::duration_cast<std::chrono::minutes>(reset_code_lifetime).count())});
  });
  co_return Nothing{};
}

// Hashes first and counts every try, so that a wrong code or address takes as long as the right one; then
// code, tries and new password are one change.
Task<Nothing> Passwords::reset(Call& call, PasswordReset input) {
  Email email = address_of(input.email);
  std::string hash = co_await hasher_.hash(Secret(std::string(std::move(input.new_password))));
  std::optional<Account> after;
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    after.reset();
    co_await throttle_.admit_and_count(unit, tried_codes, email);
    std::optional<User> user = co_await in_.users.find(unit, where(&User::email) == email);
    Id<Account> id{user ? user->id.value : "none"};
    std::optional<Account> account = co_await in_.accounts.find(unit, id);
    security::OneTimeCode known = account ? code_of(*account) : security::OneTimeCode{};
    security::CodeCheck check =
        security::check_code(std::move(known), code_key_, code_purpose, email, input.code, call.now());
    if (!account || account->code_mac.empty()) co_return;
    Account checked = with_code(std::move(*account), check.state);
    co_await store_code(unit, in_.accounts, checked);
    if (check.outcome != security::CodeOutcome::accepted) co_return;
    after = co_await replace(unit, std::move(checked), hash);
    co_await throttle_.forget(unit, failed_logins, email);
    co_await throttle_.forget(unit, tried_codes, email);
  });
  if (!after) throw wrong_code();
  sessions_.announce({after->id.value}, *after);
  co_return Nothing{};
}

}  // namespace shop::user
