#include "systems/shop/notification/inbox.h"

#include "systems/shop/notification/rules.h"
#include "systems/shop/notification/templates.h"

namespace shop::notification {

void Inbox::serve(Service& service) {
  service.bind(&Api::list, this, &Inbox::list);
  service.bind(&Api::list_unread, this, &Inbox::list_unread);
  service.bind(&Api::count_unread, this, &Inbox::count_unread);
  service.bind(&Api::mark_read, this, &Inbox::mark_read);
  service.bind(&Api::mark_unread, this, &Inbox::mark_unread);
  service.bind(&Api::remove, this, &Inbox::remove);
}

Task<std::vector<Notification>> Inbox::page(Call& call, OfUser input, bool unread_only) {
  if (!may_read(call.caller(), input.user_id)) throw foreign();
  Page<Notification> page = co_await in_.notifications.list(call, query_of(input, unread_only));
  co_return std::move(page.items);
}

Task<std::vector<Notification>> Inbox::list(Call& call, OfUser input) {
  co_return co_await page(call, std::move(input), false);
}

Task<std::vector<Notification>> Inbox::list_unread(Call& call, OfUser input) {
  co_return co_await page(call, std::move(input), true);
}

Task<Count> Inbox::count_unread(Call& call, OfUser input) {
  if (!may_read(call.caller(), input.user_id)) throw foreign();
  int64_t count = co_await in_.notifications.count(
      call, where(&Notification::user_id) == input.user_id && where(&Notification::is_read) == false);
  co_return Count{count};
}

Task<Notification> Inbox::own(Unit& unit, Id<Notification> id) {
  std::optional<Notification> notification = co_await in_.notifications.find(unit, id);
  if (!notification) throw unknown(id);
  if (notification->user_id.value != unit.call().caller().user_id) throw foreign();
  co_return *notification;
}

Task<Notification> Inbox::mark(Call& call, Id<Notification> id, bool read) {
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<Notification> {
    Notification before = co_await own(unit, id);
    if (before.is_read == read) co_return before;
    Nullable<Time> read_at;
    if (read) read_at = call.now();
    std::optional<Notification> after = co_await in_.notifications.update(
        unit, id, set(&Notification::is_read, read), set(&Notification::read_at, read_at),
        set(&Notification::updated_at, call.now()));
    co_return *after;
  });
}

Task<Notification> Inbox::mark_read(Call& call, ById<Notification> input) {
  co_return co_await mark(call, std::move(input.id), true);
}

Task<Notification> Inbox::mark_unread(Call& call, ById<Notification> input) {
  co_return co_await mark(call, std::move(input.id), false);
}

// One that still waits to be sent is not sent any more.
Task<Nothing> Inbox::remove(Call& call, ById<Notification> input) {
  co_return co_await store_.write(call, [&](Unit& unit) -> Task<Nothing> {
    Notification notification = co_await own(unit, input.id);
    co_await in_.notifications.remove(unit, notification.id);
    co_await in_.failed_tries.remove(unit, Id<FailedTries>{notification.id.value});
    if (notification.idempotency_key)
      co_await in_.removed_keys.insert(
          unit, {.id = {notification.id.value},
                 .key = *notification.idempotency_key,
                 .user_id = notification.user_id,
                 .template_name = notification.template_name.value_or(Text<1, 60>(templates::generic.name))});
    co_return Nothing{};
  });
}

}  // namespace shop::notification
