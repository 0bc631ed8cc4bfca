#include "blocks/notification/limits.h"

#include <algorithm>

namespace portico::mail {

LimitedMailer::LimitedMailer(Runtime& runtime, Store& store, std::unique_ptr<Mailer> mailer,
                             MailLimits limits)
    : runtime_(runtime),
      store_(store),
      mailer_(std::move(mailer)),
      limits_(limits),
      days_(store.collection<MailDay>()) {
  PORTICO_CHECK(limits_.per_second > 0 && limits_.per_day > 0);
}

Duration LimitedMailer::reserve(Instant now) {
  std::lock_guard lock(mutex_);
  Instant place = std::max(now, next_);
  Duration wait = place - now;
  if (wait > limits_.wait_max)
    throw Error(exhausted, "mail.rate", "Too many mails are waiting to be sent").with_retry_after(1);
  next_ = place + Duration(1'000'000 / limits_.per_second);
  return wait;
}

Task<void> LimitedMailer::count_today(Call& call) {
  Id<MailDay> today{to_string(Date{int32_t(call.now().ms / 86'400'000)})};
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    std::optional<MailDay> day = co_await days_.find(unit, today);
    if (!day) {
      co_await days_.remove_all(unit, {});
      co_await days_.insert(unit, {.id = today, .mails = 1});
    } else if (day->mails < limits_.per_day) {
      co_await days_.change(unit, today, add(&MailDay::mails, 1));
    } else {
      throw Error(exhausted, "mail.daily_limit", "The mails of the day are used up");
    }
  });
}

Task<std::string> LimitedMailer::send(Call& call, Letter letter) {
  co_await count_today(call);
  Duration wait = reserve(runtime_.steady());
  if (wait > Duration::zero()) co_await runtime_.sleep(wait);
  co_return co_await mailer_->send(call, std::move(letter));
}

}  // namespace portico::mail
