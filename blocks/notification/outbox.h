// The development outbox: mails are kept as rows in the service's store, where people and tests read them.
#pragma once

#include <atomic>
#include <vector>

#include "blocks/notification/mailer.h"
#include "portico/store/store.h"

namespace portico::mail {

class Outbox {
 public:
  static constexpr size_t kept_max = 1000;  // the newest; beyond a tenth more, older ones make room

  // Declares the collection `mails`: before Store::open.
  explicit Outbox(Store& store, size_t kept = kept_max);
  // Once: a mail whose id is there already is left as it is.
  Task<void> put(Call& call, Mail mail);
  // The newest first.
  Task<std::vector<Mail>> list(Call& call, std::optional<std::string> to, size_t limit) const;
  Task<std::optional<Mail>> find(Call& call, Id<Mail> id) const;

 private:
  Task<void> make_room(Unit& unit);

  Store& store_;
  const size_t kept_;
  std::atomic<size_t> puts_ = 0;
  Collection<Mail> mails_;
};

class OutboxMailer : public Mailer {
 public:
  OutboxMailer(Outbox& outbox, std::string from) : outbox_(outbox), from_(std::move(from)) {}
  Task<std::string> send(Call& call, Letter letter) override;
  Task<void> check(Call& call) override;

 private:
  Outbox& outbox_;
  std::string from_;
};

// Records a channel's messages as rows like mails, from "sms" or "push".
class OutboxSender : public Sender {
 public:
  OutboxSender(Outbox& outbox, std::string channel) : outbox_(outbox), channel_(std::move(channel)) {}
  Task<std::string> send(Call& call, ShortMessage message) override;

 private:
  Outbox& outbox_;
  std::string channel_;
};

}  // namespace portico::mail
