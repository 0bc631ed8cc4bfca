// The mails of the shop: each template with the struct of its variables.
#pragma once

#include <string_view>

#include "blocks/notification/template.h"
#include "systems/shop/notification/api.h"
#include "systems/shop/order/api.h"

namespace shop::notification {

// Members that are optional here are filled in from the user when the mail is made.
struct GenericMail {
  std::string title;
  std::string description;
};
PORTICO_DESCRIBE(GenericMail, title, description)

struct WelcomeMail {
  std::string first_name;
  std::string last_name;
  std::string email;
  std::string login_url;
};
PORTICO_DESCRIBE(WelcomeMail, first_name, last_name, email, login_url)

struct PasswordResetMail {
  std::string first_name;
  std::string code;
  int64_t minutes = 0;
};
PORTICO_DESCRIBE(PasswordResetMail, first_name, code, minutes)

struct OrderShippedMail {
  std::optional<std::string> customer_name;
  std::string order_number;
};
PORTICO_DESCRIBE(OrderShippedMail, customer_name, order_number)

struct OrderCancelledMail {
  std::optional<std::string> customer_name;
  std::string order_number;
  std::string reason;
  Money refund_amount;
};
PORTICO_DESCRIBE(OrderCancelledMail, customer_name, order_number, reason, refund_amount)

struct OutOfStockMail {
  std::string product_id;
  std::string product_name;
};
PORTICO_DESCRIBE(OutOfStockMail, product_id, product_name)

namespace templates {
extern const mail::Template generic, welcome, password_reset, order_confirmation, order_shipped,
    order_cancelled, out_of_stock;
}

// A template that notifications may name.
struct MailTemplate {
  const mail::Template* source;
  bool Wanted::* about;  // which of a user's preferences it falls under
  const schema::Type* variables;
  // Nothing where the JSON does not fit the variables.
  std::optional<mail::Rendered> (*render)(const mail::Template& source, std::string_view variables,
                                          const User& user);
};
// By its name ("order-confirmation"); null when there is none.
const MailTemplate* find_template(std::string_view name);
// Their names, for the refusal of another: "generic, welcome, …".
std::string template_names();

// What is wrong with the variables that a notification brings, with pointers below `/data`.
std::vector<Violation> faults_of_data(const MailTemplate& chosen, const Json& data);

// The mail of a notification: by its template where its variables are there, else by its title and
// description.
mail::Rendered render_mail(const Notification& notification, const User& user);

}  // namespace shop::notification
