// The outbox as people see it while developing, and sample mails.
#pragma once

#include "blocks/notification/template.h"
#include "portico/service/service.h"
#include "systems/shop/notification/api.h"
#include "systems/shop/notification/providers.h"

namespace shop::notification {

class DevMail {
 public:
  DevMail(const Providers& providers, std::string login_url)
      : providers_(providers), login_url_(std::move(login_url)) {}
  void serve(Service& service);

 private:
  Task<Nothing> test_email(Call& call, TestMail input);
  Task<std::vector<Mail>> list_mail(Call& call, MailQuery input);
  Task<Mail> read_mail(Call& call, ById<Mail> input);

  mail::Rendered sample(Call& call, const TestMail& input) const;

  const Providers& providers_;
  const std::string login_url_;
};

}  // namespace shop::notification
