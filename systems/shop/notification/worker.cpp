#include "systems/shop/notification/worker.h"

#include "systems/shop/notification/rules.h"
#include "systems/shop/notification/templates.h"

namespace shop::notification {
namespace {

constexpr Duration noting_time = std::chrono::seconds(5);
constexpr std::string_view tries_help = "Tries to send a notification, by outcome";

}  // namespace

SubscribeOptions sending_options() {
  return {.retry = {.base = std::chrono::seconds(2), .attempts_max = int(tries_max)},
          .batch_max = 32,
          .handler_time_max = std::chrono::seconds(90)};
}

Worker::Worker(Store& store, const Collections& collections, const Providers& providers,
               Client<user::Api> users, Metrics& metrics)
    : store_(store),
      in_(collections),
      providers_(providers),
      users_(std::move(users)),
      sent_(metrics.counter("notification_tries_total", tries_help, {{"outcome", "sent"}})),
      failed_(metrics.counter("notification_tries_total", tries_help, {{"outcome", "failed"}})),
      skipped_(metrics.counter("notification_tries_total", tries_help, {{"outcome", "skipped"}})) {}

void Worker::serve(Service& service) {
  service.on_outside("notification", "notification.worker", this, &Worker::process, sending_options());
  service.check({"email", [this](Call& call) { return providers_.mailer->check(call); }});
}

Task<void> Worker::process(Call& call, NotificationQueued event) {
  std::optional<Notification> notification = co_await in_.notifications.find(call, event.notification_id);
  if (!notification || notification->status == DeliveryStatus::sent ||
      notification->status == DeliveryStatus::skipped)
    co_return;
  if (co_await is_unwanted(call, *notification)) {
    co_await note_skipped(call, notification->id);
    co_return;
  }
  std::optional<Error> failure;
  std::string external_id;
  try {
    external_id = co_await send(call, *notification);
  } catch (const Error& error) {
    failure = error;
  }
  // Time of its own: the delivery's may be used up.
  Call noting = call.detached_as(call.service(), call.runtime().steady() + noting_time);
  if (!failure) {
    co_await note_sent(noting, *notification, std::move(external_id));
    co_return;
  }
  co_await note_failure(noting, *notification, *failure);
  throw std::move(*failure);
}

Task<std::string> Worker::send(Call& call, const Notification& notification) {
  if (notification.notification_type == NotificationType::in_app) co_return "";
  User user = co_await users_.read(call, {notification.user_id});
  Id<Mail> id{notification.id.value};
  if (notification.notification_type == NotificationType::email) {
    mail::Rendered rendered = render_mail(notification, user);
    mail::Letter letter{.id = id,
                        .to = user.email,
                        .subject = std::move(rendered.subject),
                        .text = std::move(rendered.text),
                        .html = std::move(rendered.html),
                        .template_name = notification.template_name.value_or("generic")};
    co_return co_await providers_.mailer->send(call, std::move(letter));
  }
  mail::ShortMessage message{
      .id = id, .to = user.id.value, .title = notification.title, .text = notification.description};
  if (notification.notification_type == NotificationType::push)
    co_return co_await providers_.push->send(call, std::move(message));
  if (!user.mobile) throw Error(conflict, "sms.no_number", "The user has no mobile number");
  message.to = international(*user.mobile);
  co_return co_await providers_.sms->send(call, std::move(message));
}

Task<bool> Worker::is_unwanted(Call& call, const Notification& notification) {
  std::optional<StoredPreferences> stored = co_await in_.preferences.find(call, notification.user_id);
  co_return stored && !is_wanted(stored->wanted, notification);
}

Task<void> Worker::note_skipped(Call& call, Id<Notification> id) {
  skipped_.add();
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    co_await in_.notifications.change(unit, id, set(&Notification::status, DeliveryStatus::skipped),
                                      set(&Notification::error_message, std::nullopt),
                                      set(&Notification::updated_at, call.now()));
    co_await in_.failed_tries.remove(unit, Id<FailedTries>{id.value});
  });
}

Task<void> Worker::note_sent(Call& call, const Notification& notification, std::string external_id) {
  sent_.add();
  std::optional<std::string> external;
  if (!external_id.empty()) external = std::move(external_id);
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    co_await in_.notifications.change(
        unit, notification.id, set(&Notification::status, DeliveryStatus::sent),
        set(&Notification::sent_at, call.now()), set(&Notification::external_id, external),
        set(&Notification::error_message, std::nullopt), set(&Notification::updated_at, call.now()),
        where(&Notification::status) != DeliveryStatus::sent);
    if (notification.error_message)  // it has failed before
      co_await in_.failed_tries.remove(unit, Id<FailedTries>{notification.id.value});
  });
}

// The tries are counted here, because the bus does not tell them, nor counts those while everything fails.
// What it excuses for a neighbour's sake is excused here too.
Task<void> Worker::note_failure(Call& call, const Notification& notification, Error error) {
  failed_.add();
  const bool excused =
      is_outage(error) && call.now() - notification.created_at < sending_options().retry.outage_max;
  const Id<FailedTries> tries_id{notification.id.value};
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    bool last = false;
    if (!excused) {
      std::optional<FailedTries> tries =
          co_await in_.failed_tries.update(unit, tries_id, add(&FailedTries::count, 1));
      if (!tries) {
        tries = FailedTries{tries_id, 1};
        co_await in_.failed_tries.insert(unit, *tries);
      }
      last = tries->count >= tries_max;
    }
    co_await in_.notifications.change(
        unit, notification.id,
        set(&Notification::status, last ? DeliveryStatus::failed : DeliveryStatus::pending),
        set(&Notification::error_message, shown(error)), set(&Notification::updated_at, call.now()),
        where(&Notification::status) != DeliveryStatus::sent);
  });
}

}  // namespace shop::notification
