#include "systems/shop/notification/queue.h"

#include "systems/shop/notification/rules.h"

namespace shop::notification {
namespace {

constexpr Duration stuck_after = std::chrono::minutes(15);

}  // namespace

Task<Notification> enqueue(Unit& unit, const Collections& in, Notification notification) {
  notification.id = unit.call().new_id<Notification>();
  notification.created_at = notification.updated_at = unit.call().now();
  if (notification.idempotency_key &&
      co_await in.removed_keys.find(unit, where(&RemovedKey::key) == *notification.idempotency_key))
    co_return notification;
  bool is_new = co_await in.notifications.insert_once(unit, notification);
  if (!is_new) {
    auto present = co_await in.notifications.find(
        unit, where(&Notification::idempotency_key) == notification.idempotency_key);
    co_return *present;
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
