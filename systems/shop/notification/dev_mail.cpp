#include "systems/shop/notification/dev_mail.h"

#include "systems/shop/notification/templates.h"

namespace shop::notification {

void DevMail::serve(Service& service) {
  service.bind(&Api::test_email, this, &DevMail::test_email);
  service.bind(&Api::list_mail, this, &DevMail::list_mail);
  service.bind(&Api::read_mail, this, &DevMail::read_mail);
}

mail::Rendered DevMail::sample(Call& call, const TestMail& input) const {
  switch (input.type.value_or(SampleMail::basic)) {
    case SampleMail::welcome:
      return mail::render(templates::welcome, WelcomeMail{"Jane", "Doe", input.to, login_url_});
    case SampleMail::order:
      return mail::render(templates::order_confirmation,
                          OrderConfirmation{.customer_name = "Jane Doe",
                                            .order_number = "1001",
                                            .order_date = call.now(),
                                            .items = {{"Desk Lamp", 2, Money{4599}, Money{9198}}},
                                            .total_amount = Money{9198},
                                            .currency = "USD"});
    case SampleMail::basic:
      break;
  }
  return mail::render(templates::generic, GenericMail{"Test mail", "Mails of the shop arrive."});
}

Task<Nothing> DevMail::test_email(Call& call, TestMail input) {
  mail::Rendered rendered = sample(call, input);
  mail::Letter letter{.id = call.new_id<Mail>(),
                      .to = input.to,
                      .subject = std::move(rendered.subject),
                      .text = std::move(rendered.text),
                      .html = std::move(rendered.html),
                      .template_name = "test"};
  co_await providers_.mailer->send(call, std::move(letter));
  co_return Nothing{};
}

Task<std::vector<Mail>> DevMail::list_mail(Call& call, MailQuery input) {
  std::optional<std::string> to;
  if (input.to) to = *input.to;
  co_return co_await providers_.outbox.list(call, std::move(to), size_t(input.limit.value_or(50)));
}

Task<Mail> DevMail::read_mail(Call& call, ById<Mail> input) {
  std::optional<Mail> mail = co_await providers_.outbox.find(call, input.id);
  if (!mail) throw Error(not_found, "mail.unknown", "Mail " + input.id.value + " not found");
  co_return *mail;
}

}  // namespace shop::notification
