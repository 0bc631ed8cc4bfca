#include "systems/shop/user/accounts.h"

namespace shop::user {
namespace {

Error taken() { return Error(conflict, "email.taken", "Email already registered"); }

}  // namespace

void Accounts::serve(Service& service) {
  service.bind(&Api::register_user, this, &Accounts::register_user);
  service.bind(&Api::login, this, &Accounts::login);
  service.every({"tries.clean", std::chrono::minutes(10), [this](Call& call) { return clean(call); }});
  service.every({"sessions.restore", std::chrono::seconds(5),
                 [this](Call& call) { return sessions_.restore(call, in_.accounts); }});
}

Task<SignedIn> Accounts::register_user(Call& call, Registration input) {
  input = trimmed(std::move(input));
  std::vector<Violation> wrong = faults(input, call.now());
  if (!wrong.empty()) throw Error::invalid_input(std::move(wrong));
  Secret password(std::string(std::move(input.password)));
  User user = registered(std::move(input), call.new_id<User>(), call.now());
  if (co_await in_.users.find(call, where(&User::email) == user.email)) throw taken();
  Account account{.id = {user.id.value}, .password_hash = co_await passwords_.hash(password)};
  UserRegistered event{user.id, user.email, user.first_name, user.last_name};
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    // Another registration may have come first; within a unit nothing comes between.
    if (co_await in_.users.find(unit, where(&User::email) == user.email)) throw taken();
    co_await in_.users.insert(unit, user);
    co_await in_.accounts.insert(unit, account);
    unit.publish(event);
  });
  std::string token = sessions_.issue(user, account);
  co_return SignedIn{.user = std::move(user), .token = std::move(token)};
}

// An unknown address takes the same way as a wrong password: an empty hash never matches and costs as much.
Task<SignedIn> Accounts::login(Call& call, Credentials input) {
  Email email = address_of(input.email);
  Secret password(std::string(std::move(input.password)));
  co_await throttle_.admit(call, failed_logins, email);
  std::optional<User> user = co_await in_.users.find(call, where(&User::email) == email);
  Id<Account> id{user ? user->id.value : "none"};
  std::optional<Account> account = co_await in_.accounts.find(call, id);
  std::string stored = account ? std::string(account->password_hash) : "";
  security::Verdict verdict = co_await passwords_.verify(std::move(stored), password);
  if (!verdict.matches) co_await refuse(call, email);
  // Of many guesses side by side the right one does not count either, once the others have used up the tries.
  co_await throttle_.admit(call, failed_logins, email);
  co_await upgrade(call, *account, verdict, std::move(password));
  std::string token = sessions_.issue(*user, *account);
  co_return SignedIn{.user = std::move(*user), .token = std::move(token)};
}

Task<void> Accounts::refuse(Call& call, Email email) {
  co_await store_.write(
      call, [&](Unit& unit) -> Task<void> { co_await throttle_.count(unit, failed_logins, email); });
  throw wrong_credentials();
}

Task<void> Accounts::upgrade(Call& call, Account account, security::Verdict verdict, Secret password) {
  if (!verdict.needs_upgrade) co_return;
  try {
    SecretText<0, 1000> hash = co_await passwords_.hash(std::move(password));
    co_await store_.write(call, [&](Unit& unit) -> Task<void> {
      co_await in_.accounts.change(unit, account.id, set(&Account::password_hash, hash),
                                   where(&Account::password_hash) == account.password_hash);
    });
  } catch (const Error& error) {
    call.log().failure(call, "password hash not upgraded", error);
  }
}

Task<void> Accounts::clean(Call& call) {
  co_await store_.write(call, [&](Unit& unit) -> Task<void> { co_await throttle_.clean(unit); });
}

}  // namespace shop::user
