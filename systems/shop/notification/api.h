// What others may know of the notification service: messages to users, their delivery and their reading.
#pragma once

#include "blocks/notification/mail.h"
#include "portico/service/endpoint.h"
#include "systems/shop/user/api.h"

namespace shop::notification {

using namespace portico;
using mail::Mail;
using user::User;

enum class NotificationType { email, sms, push, in_app };
PORTICO_DESCRIBE_ENUM(NotificationType, email, sms, push, in_app)
PORTICO_ALIASES(NotificationType, {"text", "sms"}, {"in-app", "in_app"})

enum class DeliveryStatus { pending, sent, failed, skipped };  // skipped: its user does not want it
PORTICO_DESCRIBE_ENUM(DeliveryStatus, pending, sent, failed, skipped)

struct Notification {
  Id<Notification> id;
  Id<User> user_id;
  Text<1, 200> title;
  Text<1, 5000> description;
  NotificationType notification_type = NotificationType::email;
  bool is_read = false;
  Nullable<Time> read_at;
  DeliveryStatus status = DeliveryStatus::pending;
  Nullable<Time> sent_at;
  std::optional<std::string> error_message;
  std::optional<std::string> external_id;
  std::optional<Text<1, 60>> template_name;
  std::optional<Json> metadata;
  std::optional<Text<1, 200>> idempotency_key;
  Time created_at;
  Time updated_at;
};
PORTICO_DESCRIBE(Notification, id, user_id, title, description, notification_type, is_read, read_at, status,
                 sent_at, error_message, external_id, template_name, metadata, idempotency_key, created_at,
                 updated_at)

struct NewNotification {
  Id<User> user_id;
  Text<1, 200> title;
  Text<1, 5000> description;
  NotificationType notification_type = NotificationType::email;
  std::optional<Text<1, 60>> template_name;
  std::optional<Json> data;
  std::optional<Text<1, 200>> idempotency_key;
};
PORTICO_DESCRIBE(NewNotification, user_id, title, description, notification_type, template_name, data,
                 idempotency_key)
PORTICO_ALIASES(NewNotification, {"template", "templateName"})

// `data` of the template "order-confirmation"; the customer's name is filled in where it is missing.
struct OrderedItem {
  std::string name;
  int64_t quantity = 0;
  Money price;
  Money subtotal;
};
PORTICO_DESCRIBE(OrderedItem, name, quantity, price, subtotal)

struct OrderConfirmation {
  std::optional<std::string> customer_name;
  std::string order_number;
  Time order_date;
  std::vector<OrderedItem> items;
  std::optional<int64_t> further_items;  // beyond those listed
  Money total_amount;
  std::string currency;
};
PORTICO_DESCRIBE(OrderConfirmation, customer_name, order_number, order_date, items, further_items,
                 total_amount, currency)

struct OfUser {
  Id<User> user_id;
  std::optional<Int<1, 10'000>> page;
  std::optional<Int<1, 100>> limit;
};
PORTICO_DESCRIBE(OfUser, user_id, page, limit)

// Which messages a user wants to get on one way, by what they are about.
struct Wanted {
  bool account = true;  // the welcome
  bool orders = true;
  bool general = true;
};
PORTICO_DESCRIBE(Wanted, account, orders, general)

// What is not wanted is not sent, but can be read in the list of notifications. Mails that keep an account
// safe (codes) are always sent.
struct Preferences {
  Wanted email;
  Wanted sms;
  Wanted push;
};
PORTICO_DESCRIBE(Preferences, email, sms, push)

struct Count {
  int64_t count = 0;
};
PORTICO_DESCRIBE(Count, count)

enum class SampleMail { basic, welcome, order };
PORTICO_DESCRIBE_ENUM(SampleMail, basic, welcome, order)

struct TestMail {
  Email to;
  std::optional<SampleMail> type;
};
PORTICO_DESCRIBE(TestMail, to, type)

struct MailQuery {
  std::optional<Email> to;
  std::optional<Int<1, 200>> limit;
};
PORTICO_DESCRIBE(MailQuery, to, limit)

// Queue `notification`, job `process-notification`: a notification waits to be sent.
struct NotificationQueued {
  Id<Notification> notification_id;
  Id<User> user_id;
  std::string title;
  std::string description;
  NotificationType notification_type = NotificationType::email;
};
PORTICO_DESCRIBE_EVENT(NotificationQueued, "notification.queued.v1", notification_id, user_id, title,
                       description, notification_type)

struct Api {
  Endpoint<POST, "/api/notifications", Notification(NewNotification)> send{
      "Notify a user", message("Notification created successfully"), allow(admin, internal), created};
  Endpoint<GET, "/api/notifications/user/{userId}", std::vector<Notification>(OfUser)> list{
      "List a user's notifications, newest first", message("Notifications retrieved successfully"),
      allow(signed_in)};
  Endpoint<GET, "/api/notifications/user/{userId}/unread", std::vector<Notification>(OfUser)> list_unread{
      "List a user's unread notifications", message("Notifications retrieved successfully"),
      allow(signed_in)};
  Endpoint<GET, "/api/notifications/user/{userId}/unread/count", Count(OfUser)> count_unread{
      "Count a user's unread notifications", message("Unread notifications counted"), allow(signed_in)};
  Endpoint<PATCH, "/api/notifications/{id}/read", Notification(ById<Notification>)> mark_read{
      "Mark a notification as read", message("Notification marked as read"), allow(signed_in), fails(404)};
  Endpoint<PATCH, "/api/notifications/{id}/unread", Notification(ById<Notification>)> mark_unread{
      "Mark a notification as unread", message("Notification marked as unread"), allow(signed_in),
      fails(404)};
  Endpoint<DELETE, "/api/notifications/{id}", Nothing(ById<Notification>)> remove{
      "Remove a notification", message("Notification removed"), allow(signed_in), fails(404)};
  Endpoint<GET, "/api/notifications/preferences", Preferences(Nothing)> read_preferences{
      "Read which messages one wants", message("Notification preferences retrieved"), allow(signed_in)};
  Endpoint<PUT, "/api/notifications/preferences", Preferences(Preferences)> change_preferences{
      "Say which messages one wants", message("Notification preferences saved"), allow(signed_in),
      idempotent};
  Endpoint<POST, "/api/notifications/test-email", Nothing(TestMail)> test_email{
      "Send a sample mail", message("Test email sent"), allow(admin), development_only, fails(503)};
  Endpoint<GET, "/dev/mail", std::vector<Mail>(MailQuery)> list_mail{
      "List the mails of the development outbox, newest first", named("mails"), allow(anyone),
      development_only};
  Endpoint<GET, "/dev/mail/{id}", Mail(ById<Mail>)> read_mail{
      "Read a mail of the development outbox", named("mail"), allow(anyone), development_only, fails(404)};
};
PORTICO_API(Api, send, list, list_unread, count_unread, mark_read, mark_unread, remove, read_preferences,
            change_preferences, test_email, list_mail, read_mail)

}  // namespace shop::notification
