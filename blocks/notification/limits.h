// What a provider allows: so many mails a second, so many a day.
#pragma once

#include <memory>
#include <mutex>

#include "blocks/notification/mailer.h"
#include "portico/store/store.h"

namespace portico::mail {

struct MailLimits {
  int64_t per_second = 14;
  int64_t per_day = 200;                        // days in UTC; tries count, for the provider counts them too
  Duration wait_max = std::chrono::seconds(5);  // for a place in the second; longer: Error(exhausted)
};

// How many mails were handed over on a day.
struct MailDay {
  Id<MailDay> id;  // "2026-11-21"
  int64_t mails = 0;
};
PORTICO_DESCRIBE(MailDay, id, mails)

// Spreads mails evenly over the second and counts the day's in the store. Throws Error(exhausted,
// "mail.rate") and Error(exhausted, "mail.daily_limit").
class LimitedMailer : public Mailer {
 public:
  // Declares the collection `mail_days`: before Store::open.
  LimitedMailer(Runtime& runtime, Store& store, std::unique_ptr<Mailer> mailer, MailLimits limits);
  Task<std::string> send(Call& call, Letter letter) override;
  Task<void> check(Call& call) override { return mailer_->check(call); }

 private:
  // How long to wait for the next place, which is taken then.
  Duration reserve(Instant now);
  Task<void> count_today(Call& call);

  Runtime& runtime_;
  Store& store_;
  std::unique_ptr<Mailer> mailer_;
  const MailLimits limits_;
  Collection<MailDay> days_;
  std::mutex mutex_;
  Instant next_{INT64_MIN};
};

}  // namespace portico::mail
