#include "systems/shop/user/profiles.h"

namespace shop::user {

void Profiles::serve(Service& service) {
  service.bind(&Api::profile, this, &Profiles::profile);
  service.bind(&Api::change_profile, this, &Profiles::change_profile);
  service.bind(&Api::read, this, &Profiles::read);
  service.bind(&Api::validate_token, this, &Profiles::validate_token);
  service.bind(&Api::change_role, this, &Profiles::change_role);
}

Task<User> Profiles::profile(Call& call) { co_return co_await read(call, {{call.caller().user_id}}); }

Task<User> Profiles::change_profile(Call& call, ProfileChange input) {
  input = trimmed(std::move(input));
  std::vector<Violation> wrong = faults(input, call.now());
  if (!wrong.empty()) throw Error::invalid_input(std::move(wrong));
  Id<User> id{call.caller().user_id};
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<User> {
    std::optional<User> before = co_await in_.users.find(unit, id);
    if (!before) throw no_user();
    User after = changed(std::move(*before), input, call.now());
    std::optional<User> stored = co_await in_.users.update(
        unit, id, set(&User::first_name, after.first_name), set(&User::last_name, after.last_name),
        set(&User::address, after.address), set(&User::mobile, after.mobile),
        set(&User::date_of_birth, after.date_of_birth), set(&User::addresses, after.addresses),
        set(&User::updated_at, after.updated_at));
    co_return *stored;
  });
}

Task<User> Profiles::read(Call& call, ByUserId input) {
  std::optional<User> user = co_await in_.users.find(call, input.user_id);
  if (!user) throw no_user();
  co_return *user;
}

Task<User> Profiles::validate_token(Call& call, TokenToValidate input) {
  if (!input.token || input.token->empty()) throw Error(invalid, "token.required", "Token required");
  auto claims = sessions_.verifier().verify(*input.token);
  if (!claims) throw invalid_token();
  User user = co_await read(call, {{claims->subject}});
  std::optional<Account> account = co_await in_.accounts.find(call, Id<Account>{user.id.value});
  if (!account || claims->session != session_of(user.id, account->sessions)) throw invalid_token();
  co_return user;
}

// Who is no longer an administrator loses the tokens that say so; who becomes one signs in again to use it.
Task<User> Profiles::change_role(Call& call, RoleChange input) {
  std::optional<Account> ended;
  User user = co_await store_.write(call, [&](Unit& unit) -> Task<User> {
    ended.reset();
    std::optional<User> before = co_await in_.users.find(unit, input.user_id);
    if (!before) throw no_user();
    if (before->role == input.role) co_return *before;
    std::optional<User> after = co_await in_.users.update(unit, input.user_id, set(&User::role, input.role),
                                                          set(&User::updated_at, call.now()));
    Id<Account> id{input.user_id.value};
    std::optional<Account> account = co_await in_.accounts.find(unit, id);
    if (account && before->role == UserRole::admin) {
      ended = sessions_.ended(std::move(*account), call.now());
      co_await in_.accounts.change(unit, id, set(&Account::sessions, ended->sessions),
                                   set(&Account::sessions_ended_at, ended->sessions_ended_at));
    }
    co_return *after;
  });
  if (ended) sessions_.announce(user.id, *ended);
  call.log().write(Level::info, call, "role changed",
                   {{"targetUserId", user.id.value}, {"role", schema::label_of(user.role)}});
  co_return user;
}

}  // namespace shop::user
