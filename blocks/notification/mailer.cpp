#include "blocks/notification/mailer.h"

namespace portico::mail {
namespace {

Error not_configured() {
  return Error(unavailable, "mail.not_configured",
               "No mail server is configured: set mail.transport to smtp and SMTP_URL");
}

}  // namespace

Task<std::string> MissingMailer::send(Call&, Letter) {
  throw not_configured();
  co_return "";
}

Task<void> MissingMailer::check(Call&) {
  throw not_configured();
  co_return;
}

Task<std::string> MissingSender::send(Call&, ShortMessage) {
  throw Error(unavailable, channel_ + ".not_configured", "No provider is configured for " + channel_);
  co_return "";
}

}  // namespace portico::mail
