// The ways by which messages leave: chosen by configuration.
#pragma once

#include <memory>

#include "blocks/notification/outbox.h"
#include "portico/service/endpoint.h"

namespace portico {
class ServiceParts;
}

namespace shop::notification {

using namespace portico;

// Development without a mail server keeps everything in the outbox. In production mails need SMTP, and SMS
// and push have no provider: what is sent there fails and says so.
struct Providers {
  explicit Providers(ServiceParts& parts);

  mail::Outbox outbox;
  std::unique_ptr<mail::Mailer> mailer;
  std::unique_ptr<mail::Sender> sms, push;
};

}  // namespace shop::notification
