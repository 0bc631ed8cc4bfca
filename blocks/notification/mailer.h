// Handing mails over: what services see of it, whichever way the mails go.
#pragma once

#include <string>

#include "blocks/notification/mail.h"
#include "portico/observe/call.h"

namespace portico::mail {

class Mailer {
 public:
  virtual ~Mailer() = default;
  // Hands the mail over and returns the name by which it is known outside. At least once: where the answer of
  // the other side is lost, the mail may have gone, and a further try repeats it under the same name; that is
  // Error(unavailable, "mail.ambiguous"), and counted. Throws Error(invalid, "mail.address") and
  // Error(unavailable or exhausted, "mail.…").
  virtual Task<std::string> send(Call& call, Letter letter) = 0;
  // Throws when mails cannot be handed over, as far as that is known without sending one.
  virtual Task<void> check(Call& call) = 0;
};

// Where no way is configured: every mail fails with the remedy.
class MissingMailer : public Mailer {
 public:
  Task<std::string> send(Call& call, Letter letter) override;
  Task<void> check(Call& call) override;
};

// A short message to a telephone or a device.
struct ShortMessage {
  Id<Mail> id;
  std::string to;  // a number in international form, or a user's id
  std::string title;
  std::string text;
};

// A provider of one channel: "sms", "push".
class Sender {
 public:
  virtual ~Sender() = default;
  // As Mailer::send.
  virtual Task<std::string> send(Call& call, ShortMessage message) = 0;
};

// Where no provider is configured: Error(unavailable, "<channel>.not_configured").
class MissingSender : public Sender {
 public:
  explicit MissingSender(std::string channel) : channel_(std::move(channel)) {}
  Task<std::string> send(Call& call, ShortMessage message) override;

 private:
  std::string channel_;
};

}  // namespace portico::mail
