#include "systems/shop/notification/preferences.h"

namespace shop::notification {

void OwnPreferences::serve(Service& service) {
  service.bind(&Api::read_preferences, this, &OwnPreferences::read);
  service.bind(&Api::change_preferences, this, &OwnPreferences::change);
}

Task<Preferences> OwnPreferences::read(Call& call, Nothing) {
  std::optional<StoredPreferences> stored =
      co_await in_.preferences.find(call, Id<User>{call.caller().user_id});
  co_return stored ? stored->wanted : Preferences{};
}

Task<Preferences> OwnPreferences::change(Call& call, Preferences wanted) {
  const Id<User> user{call.caller().user_id};
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<Preferences> {
    const bool known = co_await in_.preferences.change(unit, user, set(&StoredPreferences::wanted, wanted),
                                                       set(&StoredPreferences::updated_at, call.now()));
    if (!known) co_await in_.preferences.insert(unit, {user, wanted, call.now()});
    co_return wanted;
  });
}

}  // namespace shop::notification
