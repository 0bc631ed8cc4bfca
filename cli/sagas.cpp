#include "cli/sagas.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/one_shot.h"
#include "portico/host/sagas_api.h"
#include "portico/runtime/sync.h"
#include "portico/schema/json.h"

namespace portico::cli {
namespace {

constexpr Duration answer_time = std::chrono::seconds(10);

void put(const std::string& text) { std::fputs(text.c_str(), stdout); }
void say(const std::string& text) { std::fputs(("portico: " + text + "\n").c_str(), stderr); }

struct OpenSaga {
  std::string service;
  SagaRecord saga;
};
PORTICO_DESCRIBE(OpenSaga, service, saga)

// What one service has said.
struct Answer {
  std::string service;
  std::vector<SagaRecord> sagas;
  bool more = false;  // than were asked for
  std::optional<Error> failure;
};

Task<Answer> ask_list(Operator* op, std::string service, SagasOptions wanted) {
  Answer answer{.service = service};
  try {
    Call call = op->call(answer_time);
    auto api = op->client<SagasApi>(service);
    SagaPage page = co_await api.list(call, {.stuck = wanted.only_stuck, .limit = Int<1, 200>(wanted.limit)});
    answer.sagas = std::move(page.sagas);
    answer.more = !page.next.empty();
  } catch (const Error& error) {
    answer.failure = error;
  }
  co_return answer;
}

Task<Answer> ask_read(Operator* op, std::string service, SagasOptions wanted) {
  Answer answer{.service = service};
  try {
    Call call = op->call(answer_time);
    auto api = op->client<SagasApi>(service);
    answer.sagas.push_back(co_await api.read(call, {{wanted.id}}));
  } catch (const Error& error) {
    if (error.code() != not_found) answer.failure = error;
  }
  co_return answer;
}

// Asks the services that are meant, side by side. Throws where none of them answers.
Task<std::vector<Answer>> ask_all(Operator& op, const SystemSpec* system, SagasOptions wanted,
                                  Task<Answer> (*ask)(Operator*, std::string, SagasOptions)) {
  std::vector<Task<Answer>> tasks;
  for (const ServiceSpec& service : system->services)
    if (wanted.service.empty() || service.name == wanted.service)
      tasks.push_back(ask(&op, service.name, wanted));
  std::vector<Answer> answers = co_await all(std::move(tasks));
  for (const Answer& answer : answers)
    if (answer.failure && answer.failure->code() != unavailable && answer.failure->code() != too_late)
      throw *answer.failure;
  if (std::ranges::all_of(answers, [](const Answer& answer) { return answer.failure.has_value(); }))
    throw Error(Code::unavailable, "system.down",
                (wanted.service.empty() ? "No service answers"
                                        : "The " + wanted.service + " service does not answer") +
                    ". Start the system with: portico up " + system->name);
  for (const Answer& answer : answers)
    if (answer.failure) say("the " + answer.service + " service does not answer");
  co_return answers;
}

std::string line_of(const OpenSaga& open) {
  const SagaRecord& saga = open.saga;
  return fmt::format("{:<14} {:<52} {:<10} {:<8} {:>3} {} {}{}\n", open.service, saga.id.value, saga.step,
                     schema::label_of(saga.phase), saga.attempts, to_string(saga.due_at),
                     saga.stuck ? "stuck " : "", saga.reason);
}

Task<int> list(Operator& op, const SystemSpec* system, SagasOptions wanted, bool json) {
  std::vector<OpenSaga> open;
  bool all_answered = true;
  for (Answer& answer : co_await ask_all(op, system, wanted, ask_list)) {
    all_answered = all_answered && !answer.failure;
    if (answer.more) say("the " + answer.service + " service has more; see --limit and --stuck");
    for (SagaRecord& saga : answer.sagas) open.push_back({answer.service, std::move(saga)});
  }
  if (json) {
    put(schema::to_json(open) + "\n");
  } else {
    for (const OpenSaga& one : open) put(line_of(one));
    if (open.empty() && all_answered) std::fputs("No saga is open.\n", stderr);
  }
  co_return all_answered ? done : try_again;
}

// The saga and the service that has it.
Task<OpenSaga> found(Operator& op, const SystemSpec* system, SagasOptions wanted) {
  std::string silent;
  for (Answer& answer : co_await ask_all(op, system, wanted, ask_read)) {
    if (!answer.sagas.empty()) co_return OpenSaga{answer.service, std::move(answer.sagas.front())};
    if (answer.failure) silent = answer.service;
  }
  if (!silent.empty())
    throw Error(Code::unavailable, "saga.unknown",
                "No service that answers has an open saga " + wanted.id + "; it may be one of " + silent);
  throw Error(not_found, "saga.unknown", "There is no open saga " + wanted.id);
}

Task<int> show(Operator& op, const SystemSpec* system, SagasOptions wanted, bool json) {
  OpenSaga open = co_await found(op, system, wanted);
  const SagaRecord& saga = open.saga;
  if (json) {
    put(schema::to_json(open) + "\n");
    co_return done;
  }
  put(fmt::format("Saga: {} (version {})\nService: {}\nStep: {}, {}\nBegun: {}\n", saga.id.value,
                  saga.version, open.service, saga.step, schema::label_of(saga.phase),
                  to_string(saga.started_at)));
  put(fmt::format("Attempts that failed: {}{}\nNext try: {}\nUndone unless past its pivot by: {}\n",
                  saga.attempts, saga.stuck ? " (stuck)" : "", to_string(saga.due_at),
                  to_string(saga.deadline)));
  put(fmt::format("Reason: {}\nNote: {}\nCorrelation id: {}\n", saga.reason.empty() ? "-" : saga.reason,
                  saga.note.empty() ? "-" : saga.note, saga.correlation_id));
  co_return done;
}

Task<int> retry(Operator& op, const SystemSpec* system, SagasOptions wanted) {
  OpenSaga open = co_await found(op, system, wanted);
  Call call = op.call(answer_time);
  auto api = op.client<SagasApi>(open.service);
  co_await api.retry(call, {{wanted.id}});
  put(fmt::format("{} of the {} service is tried again now.\n", wanted.id, open.service));
  co_return done;
}

Task<int> compensate(Operator& op, const SystemSpec* system, SagasOptions wanted) {
  OpenSaga open = co_await found(op, system, wanted);
  Call call = op.call(answer_time);
  auto api = op.client<SagasApi>(open.service);
  co_await api.compensate(call, {{wanted.id}});
  put(fmt::format("{} of the {} service is being undone.\n", wanted.id, open.service));
  co_return done;
}

const SystemSpec& system_of(const CommonOptions& options, const SagasOptions& wanted) {
  const SystemSpec& system = find_system(options.system);
  if (!wanted.service.empty() && !system.find(wanted.service))
    throw Error(Code::invalid, "usage.service",
                fmt::format("{} has no service \"{}\"", system.name, wanted.service));
  return system;
}

}  // namespace

int list_sagas(const CommonOptions& options, const SagasOptions& wanted) {
  const SystemSpec& system = system_of(options, wanted);
  return with_operator(options, [&](Operator& op) { return list(op, &system, wanted, options.json); });
}

int show_saga(const CommonOptions& options, const SagasOptions& wanted) {
  const SystemSpec& system = system_of(options, wanted);
  return with_operator(options, [&](Operator& op) { return show(op, &system, wanted, options.json); });
}

int retry_saga(const CommonOptions& options, const SagasOptions& wanted) {
  const SystemSpec& system = system_of(options, wanted);
  return with_operator(options, [&](Operator& op) { return retry(op, &system, wanted); });
}

int compensate_saga(const CommonOptions& options, const SagasOptions& wanted) {
  const SystemSpec& system = system_of(options, wanted);
  return with_operator(options, [&](Operator& op) { return compensate(op, &system, wanted); });
}

}  // namespace portico::cli
