#include "portico/host/dead_letters_api.h"

#include "portico/runtime/sync.h"

namespace portico {

PORTICO_API_DEFINITION(DeadLettersApi)

namespace {

constexpr int64_t page_default = 50;

Error unknown(const Id<ParkedDelivery>& id) {
  return Error(not_found, "dead_letter.unknown", "There is no dead letter " + id.value);
}

DeadLetter listed(const ParkedDelivery& row, const std::string& service) {
  return {.id = row.id,
          .service = service,
          .group = row.group,
          .source = row.source,
          .type = row.type,
          .key = row.key,
          .reason = row.reason,
          .attempts = row.attempts,
          .replays = row.replays,
          .first_failed_at = row.first_failed_at,
          .last_failed_at = row.last_failed_at,
          .due_at = row.due_at};
}

// What is done on the bus, which is used on reactor 0 only; with a call of its own, for it may outlive that
// of a caller who goes away.
Task<Page<ParkedDelivery>> page_of(Bus* bus, Call call, std::string service, ParkedQuery query) {
  co_return co_await bus->parked(call, std::move(service), std::move(query));
}
Task<std::optional<ParkedDelivery>> row_of(Bus* bus, Call call, std::string service, Id<ParkedDelivery> id) {
  co_return co_await bus->find_parked(call, std::move(service), std::move(id));
}
Task<bool> replayed(Bus* bus, Call call, std::string service, Id<ParkedDelivery> id) {
  co_return co_await bus->replay(call, std::move(service), std::move(id));
}
Task<bool> dropped(Bus* bus, Call call, std::string service, Id<ParkedDelivery> id) {
  co_return co_await bus->drop(call, std::move(service), std::move(id));
}

class DeadLettersService {
 public:
  DeadLettersService(Service& service, Bus* bus) : name_(service.name()), bus_(bus) {
    service.bind(&DeadLettersApi::list_dead_letters, this, &DeadLettersService::list);
    service.bind(&DeadLettersApi::read_dead_letter, this, &DeadLettersService::read);
    service.bind(&DeadLettersApi::replay_dead_letter, this, &DeadLettersService::replay);
    service.bind(&DeadLettersApi::drop_dead_letter, this, &DeadLettersService::drop);
  }

 private:
  Task<DeadLetterPage> list(Call& call, DeadLettersWanted wanted) {
    DeadLetterPage result;
    if (!bus_) co_return result;
    ParkedQuery query{.state = wanted.waiting.value_or(false) ? DeliveryState::waiting : DeliveryState::dead,
                      .group = wanted.group.value_or(""),
                      .reason = wanted.reason.value_or(""),
                      .limit = size_t(int64_t(wanted.limit.value_or(page_default))),
                      .after = wanted.after.value_or("")};
    Page<ParkedDelivery> page =
        co_await on_reactor(call.runtime(), 0, page_of(bus_, call, name_, std::move(query)));
    for (const ParkedDelivery& row : page.items) result.dead_letters.push_back(listed(row, name_));
    result.next = std::move(page.next);
    co_return result;
  }
  Task<ParkedDelivery> read(Call& call, ById<ParkedDelivery> wanted) {
    std::optional<ParkedDelivery> found;
    if (bus_) found = co_await on_reactor(call.runtime(), 0, row_of(bus_, call, name_, wanted.id));
    if (!found) throw unknown(wanted.id);
    co_return std::move(*found);
  }
  Task<void> replay(Call& call, ById<ParkedDelivery> wanted) {
    if (!bus_ || !co_await on_reactor(call.runtime(), 0, replayed(bus_, call, name_, wanted.id)))
      throw unknown(wanted.id);
    call.log().write(Level::info, call, "dead letter to be handled again", {{"id", wanted.id.value}});
  }
  Task<void> drop(Call& call, DropDeadLetter wanted) {
    const ParkedDelivery row = co_await read(call, {wanted.id});
    if (!co_await on_reactor(call.runtime(), 0, dropped(bus_, call, name_, wanted.id)))
      throw unknown(wanted.id);
    call.log().write(Level::warn, call, "dead letter dropped by an operator",
                     {{"id", row.id.value},
                      {"type", row.type},
                      {"event_id", row.event_id},
                      {"reason", row.reason},
                      {"because", std::string(wanted.because)}});
  }

  const std::string name_;
  Bus* bus_;
};

}  // namespace

std::shared_ptr<void> serve_dead_letters(Service& service, Bus* bus) {
  return std::make_shared<DeadLettersService>(service, bus);
}

}  // namespace portico
