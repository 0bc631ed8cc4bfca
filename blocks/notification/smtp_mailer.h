// Mails over SMTP (RFC 5321), with STARTTLS (RFC 3207) or TLS from the start.
#pragma once

#include <memory>

#include "blocks/notification/mailer.h"
#include "portico/base/secret.h"
#include "portico/runtime/sync.h"

namespace portico::mail {

struct SmtpOptions {
  std::string url;  // smtp://host:587 or smtps://host:465
  std::string from;
  std::string username;  // empty: no login
  Secret password;
  Duration connect_timeout = std::chrono::seconds(3);
  Duration timeout = std::chrono::seconds(10);  // of one mail, connecting included
  // Without TLS nothing is sent, except to this machine and without a login.
  bool allow_plain = false;
};

// Sends one mail at a time over one kept connection, on the runtime's pool: a slow server holds one thread of
// it, never all. Thread-safe.
class SmtpMailer : public Mailer {
 public:
  // Throws Error(invalid, "mail.url") and Error(invalid, "mail.from").
  SmtpMailer(Runtime& runtime, SmtpOptions options);
  ~SmtpMailer() override;
  Task<std::string> send(Call& call, Letter letter) override;
  // Says what came of the last mail; before the first one nothing is known to be wrong.
  Task<void> check(Call& call) override;

 private:
  struct Server;

  Runtime& runtime_;
  const std::shared_ptr<Server> server_;
  AsyncMutex one_at_a_time_;
};

}  // namespace portico::mail
