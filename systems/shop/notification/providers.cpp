#include "systems/shop/notification/providers.h"

#include "blocks/notification/limits.h"
#include "blocks/notification/smtp_mailer.h"
#include "portico/host/system.h"
#include "systems/shop/notification/notification.h"

namespace shop::notification {
namespace {

std::unique_ptr<mail::Mailer> make_mailer(ServiceParts& parts, mail::Outbox& outbox) {
  const Config& config = parts.config();
  if (config.text("mail.transport") == "smtp") {
    mail::SmtpOptions options{.url = config.text("mail.smtp_url"),
                              .from = config.text("mail.from"),
                              .username = config.text("mail.username"),
                              .password = config.secret("mail.password")};
    mail::MailLimits limits{.per_second = config.integer("mail.rate_per_second"),
                            .per_day = config.integer("mail.per_day")};
    auto smtp = std::make_unique<mail::SmtpMailer>(parts.runtime(), std::move(options));
    return std::make_unique<mail::LimitedMailer>(parts.runtime(), parts.store(), std::move(smtp), limits);
  }
  if (parts.development()) return std::make_unique<mail::OutboxMailer>(outbox, config.text("mail.from"));
  return std::make_unique<mail::MissingMailer>();
}

std::unique_ptr<mail::Sender> make_sender(ServiceParts& parts, mail::Outbox& outbox, std::string channel) {
  if (parts.development()) return std::make_unique<mail::OutboxSender>(outbox, std::move(channel));
  return std::make_unique<mail::MissingSender>(std::move(channel));
}

}  // namespace

Providers::Providers(ServiceParts& parts)
    : outbox(parts.store()),
      mailer(make_mailer(parts, outbox)),
      sms(make_sender(parts, outbox, "sms")),
      push(make_sender(parts, outbox, "push")) {}

std::vector<ConfigKey> notification_keys() {
  using enum ConfigKind;
  return {
      {.name = "mail.transport",
       .value = "outbox",
       .variables = {"MAIL_TRANSPORT"},
       .help = "outbox keeps mails to be read at /dev/mail, in development only; smtp sends them",
       .options = {"outbox", "smtp"}},
      {.name = "mail.smtp_url",
       .variables = {"SMTP_URL"},
       .help = "the mail server: smtp://host:587 (with STARTTLS) or smtps://host:465"},
      {.name = "mail.from",
       .value = "Shop <shop@shop.example>",
       .variables = {"MAIL_FROM"},
       .help = "the sender of all mails"},
      {.name = "mail.admin", .variables = {"MAIL_ADMIN"}, .help = "where alerts go; empty: nowhere"},
      {.name = "mail.login_url",
       .value = "http://localhost:3000/login",
       .variables = {"LOGIN_URL"},
       .help = "the page of signing in, as mails name it"},
      {.name = "mail.username",
       .variables = {"EMAIL_USER", "MAIL_USER"},
       .help = "login at the mail server; empty: none"},
      {.name = "mail.password",
       .kind = secret,
       .variables = {"EMAIL_PASS", "MAIL_PASS"},
       .help = "password of that login"},
      {.name = "mail.rate_per_second",
       .kind = integer,
       .value = "14",
       .help = "most mails a second over SMTP",
       .min = 1,
       .max = 10'000},
      {.name = "mail.per_day",
       .kind = integer,
       .value = "200",
       .help = "most mails a day (UTC) over SMTP, tries included",
       .min = 1,
       .max = 100'000'000},
  };
}

}  // namespace shop::notification
