#include "blocks/notification/outbox.h"

#include <algorithm>

namespace portico::mail {

Outbox::Outbox(Store& store, size_t kept)
    : store_(store),
      kept_(kept),
      mails_(store.collection<Mail>({index(&Mail::sent_at), index(&Mail::to, &Mail::sent_at)})) {}

Task<void> Outbox::put(Call& call, Mail mail) {
  // Skipping what is kept takes time, so a tenth more may gather before it is done.
  const bool crowded = puts_++ % std::max<size_t>(1, kept_ / 10) == 0;
  co_await store_.write(call, [&](Unit& unit) -> Task<void> {
    bool is_new = co_await mails_.insert_once(unit, mail);
    if (is_new && crowded) co_await make_room(unit);
  });
}

Task<void> Outbox::make_room(Unit& unit) {
  Query beyond{.sort = {descending(&Mail::sent_at)}, .limit = 1, .offset = kept_};
  Page<Mail> newest = co_await mails_.list(unit, beyond);
  if (newest.items.empty()) co_return;
  const Mail& last = newest.items.front();
  Filter as_old = where(&Mail::sent_at) == last.sent_at && where(&Mail::id) <= last.id;
  co_await mails_.remove_all(unit, where(&Mail::sent_at) < last.sent_at || std::move(as_old));
}

Task<std::vector<Mail>> Outbox::list(Call& call, std::optional<std::string> to, size_t limit) const {
  Query query{.sort = {descending(&Mail::sent_at)}, .limit = limit};
  if (to) query.filter = where(&Mail::to) == *to;
  Page<Mail> page = co_await mails_.list(call, query);
  co_return std::move(page.items);
}

Task<std::optional<Mail>> Outbox::find(Call& call, Id<Mail> id) const {
  co_return co_await mails_.find(call, std::move(id));
}

Task<std::string> OutboxMailer::send(Call& call, Letter letter) {
  if (!is_address(letter.to)) throw Error(invalid, "mail.address", "The mail has no acceptable address");
  std::string id = "outbox:" + letter.id.value;
  Mail mail{.id = std::move(letter.id),
            .from = from_,
            .to = std::move(letter.to),
            .subject = one_line(letter.subject),
            .text = std::move(letter.text),
            .html = std::move(letter.html),
            .template_name = std::move(letter.template_name),
            .sent_at = call.now()};
  co_await outbox_.put(call, std::move(mail));
  co_return id;
}

Task<void> OutboxMailer::check(Call&) { co_return; }

Task<std::string> OutboxSender::send(Call& call, ShortMessage message) {
  std::string id = "outbox:" + message.id.value;
  Mail mail{.id = std::move(message.id),
            .from = channel_,
            .to = std::move(message.to),
            .subject = one_line(message.title),
            .text = std::move(message.text),
            .template_name = channel_,
            .sent_at = call.now()};
  co_await outbox_.put(call, std::move(mail));
  co_return id;
}

}  // namespace portico::mail
