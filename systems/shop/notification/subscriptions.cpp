#include "systems/shop/notification/subscriptions.h"

#include "portico/security/digest.h"
#include "systems/shop/notification/queue.h"
#include "systems/shop/notification/rules.h"
#include "systems/shop/notification/templates.h"
#include "systems/shop/notification/worker.h"

namespace shop::notification {
namespace {

constexpr size_t id_digits = 40;

mail::Letter letter_of(std::string id, std::string to, mail::Rendered rendered,
                       const mail::Template& source) {
  return {.id = {std::move(id)},
          .to = std::move(to),
          .subject = std::move(rendered.subject),
          .text = std::move(rendered.text),
          .html = std::move(rendered.html),
          .template_name = std::string(source.name)};
}

}  // namespace

void Subscriptions::serve(Service& service) {
  service.on("user", "notification.users", this, &Subscriptions::user_registered);
  service.on("order", "notification.orders", this, &Subscriptions::order_shipped);
  service.on("order", "notification.orders", this, &Subscriptions::order_cancelled);
  service.on_outside("user", "notification.codes", this, &Subscriptions::reset_code_issued,
                     sending_options());
  service.on_outside("product", "notification.alerts", this, &Subscriptions::product_out_of_stock,
                     sending_options());
}

Task<void> Subscriptions::user_registered(Call&, Unit& unit, user::UserRegistered event) {
  co_await enqueue(unit, in_, welcome(event, login_url_));
}

Task<void> Subscriptions::order_shipped(Call&, Unit& unit, order::OrderShipped event) {
  co_await enqueue(unit, in_, shipped(event));
}

Task<void> Subscriptions::order_cancelled(Call&, Unit& unit, order::OrderCancelled event) {
  co_await enqueue(unit, in_, cancelled(event));
}

// The mail's id is the same at every try and says nothing of the code to those who see only the id.
Task<void> Subscriptions::reset_code_issued(Call& call, user::ResetCodeIssued event) {
  std::string digest = security::hex(
      security::hmac_sha256(code_key_.reveal(), "mail|" + event.user_id.value + "|" + event.code));
  PasswordResetMail variables{event.first_name, event.code, event.minutes};
  co_await providers_.mailer->send(
      call, letter_of("reset:" + digest.substr(0, id_digits), event.email,
                      mail::render(templates::password_reset, variables), templates::password_reset));
}

// One alert each time: the correlation id tells the time a product ran out from the next.
Task<void> Subscriptions::product_out_of_stock(Call& call, product::ProductOutOfStock event) {
  if (admin_address_.empty()) co_return;
  std::string digest = security::hex(security::sha256(event.product_id.value + "|" + call.correlation_id));
  OutOfStockMail variables{event.product_id.value, event.product_name};
  co_await providers_.mailer->send(
      call, letter_of("stock:" + digest.substr(0, id_digits), admin_address_,
                      mail::render(templates::out_of_stock, variables), templates::out_of_stock));
}

}  // namespace shop::notification
