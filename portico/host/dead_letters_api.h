// Operating dead letters: the events that a service has given up on, and those that wait for another try.
#pragma once

#include "portico/bus/bus.h"
#include "portico/service/service.h"

namespace portico {

struct DeadLettersWanted {
  std::optional<Text<1, 200>> group;
  std::optional<Text<1, 200>> reason;  // of the last error: "sms.no_number"
  std::optional<bool> waiting;         // instead those that wait for another try
  std::optional<Int<1, 200>> limit;
  std::optional<Text<0, 4000>> after;  // the `next` of the page before
};
PORTICO_DESCRIBE(DeadLettersWanted, group, reason, waiting, limit, after)

// Without its contents: what people have written need not pass by whoever looks through a list.
struct DeadLetter {
  Id<ParkedDelivery> id;
  std::string service;  // that has not handled it
  std::string group;
  std::string source;
  std::string type;
  std::string key;
  std::string reason;
  int attempts = 0;
  int replays = 0;
  Time first_failed_at;
  Time last_failed_at;
  Time due_at;  // of one that waits
};
PORTICO_DESCRIBE(DeadLetter, id, service, group, source, type, key, reason, attempts, replays,
                 first_failed_at, last_failed_at, due_at)

struct DeadLetterPage {
  std::vector<DeadLetter> dead_letters;
  std::string next;  // empty: there are no more
};
PORTICO_DESCRIBE(DeadLetterPage, dead_letters, next)

struct DropDeadLetter {
  Id<ParkedDelivery> id;
  Text<1, 500> because;  // for the log
};
PORTICO_DESCRIBE(DropDeadLetter, id, because)

struct DeadLettersApi {
  Endpoint<GET, "/internal/dead-letters", DeadLetterPage(DeadLettersWanted)> list_dead_letters{
      "List the events that could not be handled", allow(internal), inside};
  Endpoint<GET, "/internal/dead-letters/{id}", ParkedDelivery(ById<ParkedDelivery>)> read_dead_letter{
      "Read an event that could not be handled", allow(internal), inside, fails(404)};
  Endpoint<POST, "/internal/dead-letters/{id}/replay", void(ById<ParkedDelivery>)> replay_dead_letter{
      "Handle a dead letter again now", allow(internal), inside, fails(404, 409)};
  Endpoint<POST, "/internal/dead-letters/{id}/drop", void(DropDeadLetter)> drop_dead_letter{
      "Forget an event that could not be handled", allow(internal), inside, fails(404)};
};
PORTICO_API(DeadLettersApi, list_dead_letters, read_dead_letter, replay_dead_letter, drop_dead_letter)

// Serves them on `service`; `bus` is null where it subscribes to nothing. The result must live as long as the
// service.
std::shared_ptr<void> serve_dead_letters(Service& service, Bus* bus);

}  // namespace portico
