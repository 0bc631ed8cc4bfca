#include "systems/shop/notification/templates.h"

#include <algorithm>
#include <array>

#include "portico/schema/json.h"

namespace shop::notification {
namespace {

template <class T>
std::optional<mail::Rendered> render_as(const mail::Template& source, std::string_view variables,
                                        const User& user) {
  auto read = schema::from_json<T>(variables);
  if (!read) return std::nullopt;
  if constexpr (requires { read->customer_name; })
    if (!read->customer_name) read->customer_name = user.first_name + " " + user.last_name;
  return mail::render(source, *read);
}

template <class T>
MailTemplate entry(const mail::Template& source, bool Wanted::* about) {
  return {&source, about, &schema::type_of<T>(), &render_as<T>};
}

// Mails with codes are not among them: a notification is readable, its code must not be.
const std::array<MailTemplate, 5>& all_templates() {
  static const std::array<MailTemplate, 5> entries = {
      entry<GenericMail>(templates::generic, &Wanted::general),
      entry<WelcomeMail>(templates::welcome, &Wanted::account),
      entry<OrderConfirmation>(templates::order_confirmation, &Wanted::orders),
      entry<OrderShippedMail>(templates::order_shipped, &Wanted::orders),
      entry<OrderCancelledMail>(templates::order_cancelled, &Wanted::orders)};
  return entries;
}

}  // namespace

const MailTemplate* find_template(std::string_view name) {
  for (const MailTemplate& entry : all_templates())
    if (entry.source->name == name) return &entry;
  return nullptr;
}

std::string template_names() {
  std::string names;
  for (const MailTemplate& entry : all_templates()) {
    if (!names.empty()) names += ", ";
    names += entry.source->name;
  }
  return names;
}

std::vector<Violation> faults_of_data(const MailTemplate& chosen, const Json& data) {
  struct Destroy {
    const schema::Type* type;
    void operator()(void* object) const { type->destroy(object); }
  };
  std::unique_ptr<void, Destroy> object(chosen.variables->create(), Destroy{chosen.variables});
  std::vector<Violation> faults = schema::read_json(data.text, *chosen.variables, object.get());
  for (Violation& fault : faults) fault.pointer = "/data" + fault.pointer;
  return faults;
}

mail::Rendered render_mail(const Notification& notification, const User& user) {
  if (notification.template_name && notification.metadata) {
    const MailTemplate* chosen = find_template(*notification.template_name);
    if (chosen)
      if (auto rendered = chosen->render(*chosen->source, notification.metadata->text, user))
        return *rendered;
  }
  GenericMail variables{notification.title, notification.description};
  return mail::render(templates::generic, variables);
}

}  // namespace shop::notification
