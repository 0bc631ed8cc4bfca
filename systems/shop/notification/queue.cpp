#include "systems/shop/notification/queue.h"

#include "portico/runtime/sometimes.h"
#include "systems/shop/notification/rules.h"
#include "systems/shop/notification/templates.h"

namespace shop::notification {
namespace {

constexpr Duration stuck_after = std::chrono::minutes(15);

bool is_generic(const Notification& notification) {
  return *notification.template_name == templates::generic.name;
}

// The notification of the same user, template and key. One without a template is of the time before they were
// part of it.
Filter same_intent(const Notification& notification) {
  Filter named = where(&Notification::template_name) == notification.template_name;
  if (is_generic(notification))
    named = std::move(named) || where(&Notification::template_name) == std::nullopt;
  return where(&Notification::idempotency_key) == notification.idempotency_key &&
         where(&Notification::user_id) == notification.user_id && std::move(named);
}

Filter removed_before(const Notification& notification) {
  Filter own = where(&RemovedKey::user_id) == notification.user_id &&
               where(&RemovedKey::template_name) == std::string(*notification.template_name);
  return where(&RemovedKey::key) == *notification.idempotency_key &&
         (std::move(own) || where(&RemovedKey::user_id) == std::nullopt);
}

}  // namespace

Task<Notification> enqueue(Unit& unit, const Collections& in, Notification notification) {
  notification.id = unit.call().new_id<Notification>();
  notification.created_at = notification.updated_at = unit.call().now();
  if (notification.idempotency_key) {
    // Uniqueness needs a template: the one that it is sent with.
    if (!notification.template_name) notification.template_name = Text<1, 60>(templates::generic.name);
    if (co_await in.removed_keys.find(unit, removed_before(notification))) co_return notification;
    std::optional<Notification> present;
    if (is_generic(notification)) present = co_await in.notifications.find(unit, same_intent(notification));
    if (!present && !co_await in.notifications.insert_once(unit, notification))
      present = co_await in.notifications.find(unit, same_intent(notification));
    if (present) {
      sometimes("notification.repeated");
      co_return *present;
    }
  } else {
    co_await in.notifications.insert(unit, notification);
  }
  unit.publish(NotificationQueued{notification.id, notification.user_id, notification.title,
                                  notification.description, notification.notification_type});
  co_return notification;
}

void Queue::serve(Service& service) {
  service.bind(&Api::send, this, &Queue::send);
  service.check({"queue", [this](Call& call) { return check(call); }});
}

Task<Notification> Queue::send(Call& call, NewNotification input) {
  std::vector<Violation> wrong = faults(input);
  if (!wrong.empty()) throw Error::invalid_input(std::move(wrong));
  if (!input.idempotency_key && !call.idempotency_key.empty() &&
      call.idempotency_key.size() <= Text<1, 200>::max)
    input.idempotency_key = Text<1, 200>(call.idempotency_key);
  Notification notification = pending(std::move(input));
  co_return co_await store_.write(
      call, [&](Unit& unit) -> Task<Notification> { co_return co_await enqueue(unit, in_, notification); });
}

Task<void> Queue::check(Call& call) {
  std::optional<Notification> stuck =
      co_await in_.notifications.find(call, where(&Notification::status) == DeliveryStatus::pending &&
                                                where(&Notification::created_at) < call.now() - stuck_after);
  if (stuck) throw Error(unavailable, "queue.stuck", "Notifications wait for too long");
}

}  // namespace shop::notification
