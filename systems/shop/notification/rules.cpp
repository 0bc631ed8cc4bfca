#include "systems/shop/notification/rules.h"

#include "portico/schema/json.h"
#include "systems/shop/notification/templates.h"

namespace shop::notification {
namespace {

template <class T>
Notification templated(Id<User> user, std::string_view key, const std::string& id, std::string title,
                       std::string description, std::string_view template_name, const T& variables) {
  return {.user_id = std::move(user),
          .title = std::move(title),
          .description = std::move(description),
          .notification_type = NotificationType::email,
          .template_name = Text<1, 60>(template_name),
          .metadata = Json{schema::to_json(variables)},
          .idempotency_key = Text<1, 200>(std::string(key) + ":" + id)};
}

}  // namespace

std::vector<Violation> faults(const NewNotification& input) {
  if (!input.template_name) return {};
  const MailTemplate* chosen = find_template(*input.template_name);
  if (!chosen) return {{"/templateName", "must be one of " + template_names()}};
  return input.data ? faults_of_data(*chosen, *input.data) : std::vector<Violation>{};
}

Notification pending(NewNotification input) {
  return {.user_id = std::move(input.user_id),
          .title = std::move(input.title),
          .description = std::move(input.description),
          .notification_type = input.notification_type,
          .template_name = std::move(input.template_name),
          .metadata = std::move(input.data),
          .idempotency_key = std::move(input.idempotency_key)};
}

Notification welcome(const user::UserRegistered& event, std::string_view login_url) {
  WelcomeMail mail{event.first_name, event.last_name, event.email, std::string(login_url)};
  return templated(event.user_id, "welcome", event.user_id.value, "Welcome",
                   "Welcome, " + event.first_name + ". Your account is ready.", templates::welcome.name,
                   mail);
}

Notification shipped(const order::OrderShipped& event) {
  OrderShippedMail mail{.order_number = event.order_id.value};
  return templated(event.customer_id, "order-shipped", event.order_id.value, "Order shipped",
                   "Your order #" + event.order_id.value + " has been shipped.",
                   templates::order_shipped.name, mail);
}

Notification cancelled(const order::OrderCancelled& event) {
  OrderCancelledMail mail{
      .order_number = event.order_id.value, .reason = event.reason, .refund_amount = event.refund_amount};
  return templated(event.customer_id, "order-cancelled", event.order_id.value, "Order cancelled",
                   "Your order #" + event.order_id.value + " was cancelled. Reason: " + event.reason,
                   templates::order_cancelled.name, mail);
}

bool is_wanted(const Preferences& preferences, const Notification& notification) {
  const MailTemplate* chosen =
      notification.template_name ? find_template(*notification.template_name) : nullptr;
  bool Wanted::* about = chosen ? chosen->about : &Wanted::general;
  switch (notification.notification_type) {
    case NotificationType::email:
      return preferences.email.*about;
    case NotificationType::sms:
      return preferences.sms.*about;
    case NotificationType::push:
      return preferences.push.*about;
    case NotificationType::in_app:
      break;  // nothing leaves
  }
  return true;
}

bool may_read(const Caller& caller, const Id<User>& user) {
  return caller.is_user() && (caller.user_id == user.value || caller.role == admin.name);
}

Error foreign() { return Error(forbidden, "notification.foreign", "These are not your notifications"); }

Error unknown(const Id<Notification>& id) {
  return Error(not_found, "notification.unknown", "Notification " + id.value + " not found");
}

Query query_of(const OfUser& input, bool unread_only) {
  int64_t page = input.page.value_or(1), limit = input.limit.value_or(20);
  Query query{.filter = where(&Notification::user_id) == input.user_id,
              .sort = {descending(&Notification::created_at)},
              .limit = size_t(limit),
              .offset = size_t((page - 1) * limit)};
  if (unread_only) query.filter = std::move(query.filter) && where(&Notification::is_read) == false;
  if (query.offset > Query::offset_max) throw Error::invalid_input({{"/page", "is too far back"}});
  return query;
}

std::string international(const user::Mobile& mobile) {
  std::string number = "+";
  for (char c : mobile.country_code + mobile.number)
    if (c >= '0' && c <= '9') number += c;
  return number;
}

std::string shown(const Error& error) {
  constexpr size_t bytes_max = 500;
  if (error.code() == Code::internal) return "Internal error";
  std::string text = error.message();
  if (text.size() <= bytes_max) return text;
  size_t end = bytes_max;
  while (end > 0 && (uint8_t(text[end]) & 0xc0) == 0x80) --end;  // never within a character
  return text.substr(0, end);
}

}  // namespace shop::notification
