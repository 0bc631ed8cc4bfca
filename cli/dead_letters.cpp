#include "cli/dead_letters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <functional>

#include "cli/one_shot.h"
#include "portico/host/dead_letters_api.h"
#include "portico/schema/json.h"

namespace portico::cli {
namespace {

constexpr Duration patience = std::chrono::seconds(10);

// What replay and drop have done, for --json.
struct Handled {
  int64_t done = 0;
  int64_t gone = 0;  // were not there any more
};
PORTICO_DESCRIBE(Handled, done, gone)

void put(const std::string& text) { std::fputs(text.c_str(), stdout); }

// The services that can have dead letters, of those that are asked for.
std::vector<std::string> services_of(const SystemSpec& system, const std::string& only) {
  if (!only.empty() && !system.find(only))
    throw Error(Code::invalid, "usage.service", "There is no service " + only);
  std::vector<std::string> names;
  for (const ServiceSpec& service : system.services)
    if (!service.publishers.empty() && (only.empty() || service.name == only)) names.push_back(service.name);
  return names;
}

// Adds the service's letters until there are `limit`; says whether there are more.
Task<bool> collect(Operator& op, std::string service, DeadLetterArguments wanted,
                   std::vector<DeadLetter>* found) {
  constexpr size_t page_max = 200;
  auto letters = op.client<DeadLettersApi>(service);
  DeadLettersWanted query{.waiting = wanted.waiting};
  if (!wanted.group.empty()) query.group = Text<1, 200>(wanted.group);
  if (!wanted.reason.empty()) query.reason = Text<1, 200>(wanted.reason);
  do {
    const size_t room = size_t(wanted.limit) - found->size();
    if (room == 0) co_return true;
    query.limit = int64_t(std::min(room, page_max));
    Call call = op.call(patience);
    DeadLetterPage page = co_await letters.list_dead_letters(call, query);
    std::ranges::move(page.dead_letters, std::back_inserter(*found));
    query.after = Text<0, 4000>(page.next);
  } while (!query.after->empty());
  co_return false;
}

// From every service that answers; a service that does not is named on standard error.
struct Found {
  std::vector<DeadLetter> letters;
  bool more = false;
  std::optional<Error> failure;
};
Task<Found> collect_all(Operator& op, std::vector<std::string> services, DeadLetterArguments wanted) {
  Found found;
  for (const std::string& service : services) {
    try {
      if (co_await collect(op, service, wanted, &found.letters)) found.more = true;
    } catch (const Error& error) {
      found.failure = error;
      std::fprintf(stderr, "portico: the %s service was not asked: %s\n", service.c_str(),
                   error.message().c_str());
    }
  }
  co_return found;
}

Task<int> list(Operator& op, std::vector<std::string> services, DeadLetterArguments wanted, bool json) {
  const Found found = co_await collect_all(op, std::move(services), std::move(wanted));
  if (json) {
    put(schema::to_json(found.letters) + "\n");
  } else {
    for (const DeadLetter& letter : found.letters)
      put(fmt::format("{}  {:<44} {:<28} {:>3} tries  {}\n", to_string(letter.last_failed_at),
                      letter.id.value, letter.type, letter.attempts, letter.reason));
    if (found.letters.empty()) std::fputs("There are none.\n", stderr);
  }
  if (found.more) std::fputs("There are more: --limit shows them.\n", stderr);
  if (found.failure) throw Error(*found.failure);
  co_return done;
}

// Tries the services until one knows the letter. Where none does: not_found, or the failure of one that does
// not answer and may have it.
Task<ParkedDelivery> find(Operator& op, std::vector<std::string> services, std::string id,
                          std::string* service) {
  std::optional<Error> silent;
  for (const std::string& name : services) {
    auto letters = op.client<DeadLettersApi>(name);
    try {
      Call call = op.call(patience);
      ParkedDelivery letter = co_await letters.read_dead_letter(call, {{id}});
      *service = name;
      co_return letter;
    } catch (const Error& error) {
      const bool away = error.code() == Code::unavailable || error.code() == Code::too_late;
      if (error.code() != Code::not_found && !away) throw;
      if (away) silent = error;
    }
  }
  if (silent) throw std::move(*silent);
  throw Error(Code::not_found, "dead_letter.unknown", "There is no dead letter " + id);
}

Task<int> show(Operator& op, std::vector<std::string> services, std::string id, bool json) {
  std::string service;
  const ParkedDelivery letter = co_await find(op, std::move(services), std::move(id), &service);
  if (json) {
    put(schema::to_json(letter) + "\n");
    co_return done;
  }
  put(fmt::format("Service: {}\nGroup: {}\nEvent: {} {} of {}, published {}\nKey: {}\n", service,
                  letter.group, letter.type, letter.event_id, letter.source, to_string(letter.published_at),
                  letter.key));
  put(fmt::format("State: {}, {} tries, {} replays, {} to {}\nCorrelation: {}\nReason: {}\n{}\n\n{}\n",
                  letter.state == DeliveryState::dead ? "dead" : "waiting", letter.attempts, letter.replays,
                  to_string(letter.first_failed_at), to_string(letter.last_failed_at), letter.correlation_id,
                  letter.reason, letter.note, letter.body));
  co_return done;
}

// Replays the letter, or drops it where a reason is given. False: it is not there any more.
Task<bool> handle(Operator& op, std::string service, Id<ParkedDelivery> id, std::string because) {
  auto letters = op.client<DeadLettersApi>(service);
  Call call = op.call(patience);
  try {
    if (because.empty())
      co_await letters.replay_dead_letter(call, {id});
    else
      co_await letters.drop_dead_letter(call, {.id = id, .because = Text<1, 500>(because)});
  } catch (const Error& error) {
    if (error.code() != Code::not_found) throw;
    co_return false;
  }
  co_return true;
}

// Collects first and handles then: a letter that dies again is not taken twice.
Task<int> handle_all(Operator& op, std::vector<std::string> services, DeadLetterArguments wanted, bool json) {
  Found found;
  if (wanted.all) {
    found = co_await collect_all(op, services, wanted);
  } else {
    for (const std::string& id : wanted.ids) {
      DeadLetter letter;
      letter.id = (co_await find(op, services, id, &letter.service)).id;
      found.letters.push_back(std::move(letter));
    }
  }
  Handled result;
  for (const DeadLetter& letter : found.letters)
    ++(co_await handle(op, letter.service, letter.id, wanted.because) ? result.done : result.gone);
  if (json) put(schema::to_json(result) + "\n");
  std::fputs(
      fmt::format("{} {}{}{}\n", result.done, wanted.because.empty() ? "to be handled again" : "dropped",
                  result.gone ? fmt::format(", {} not there any more", result.gone) : "",
                  found.more ? "; there are more, do it again" : "")
          .c_str(),
      stderr);
  if (found.failure) throw Error(*found.failure);
  co_return result.gone == 0 ? done : failed;
}

int run(const CommonOptions& options, const DeadLetterArguments& arguments) {
  if (arguments.all != arguments.ids.empty())
    throw Error(Code::invalid, "usage.dead_letters", "Name dead letters by their ids, or say --all");
  const auto services = services_of(find_system(options.system), arguments.service);
  return with_operator(options,
                       [&](Operator& op) { return handle_all(op, services, arguments, options.json); });
}

}  // namespace

int list_dead_letters(const CommonOptions& options, const DeadLetterArguments& arguments) {
  const auto services = services_of(find_system(options.system), arguments.service);
  return with_operator(options, [&](Operator& op) { return list(op, services, arguments, options.json); });
}

int show_dead_letter(const CommonOptions& options, const DeadLetterArguments& arguments) {
  const auto services = services_of(find_system(options.system), arguments.service);
  return with_operator(options,
                       [&](Operator& op) { return show(op, services, arguments.ids.at(0), options.json); });
}

int replay_dead_letters(const CommonOptions& options, const DeadLetterArguments& arguments) {
  return run(options, arguments);
}

int drop_dead_letters(const CommonOptions& options, const DeadLetterArguments& arguments) {
  return run(options, arguments);
}

}  // namespace portico::cli
