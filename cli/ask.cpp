#include "cli/ask.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "cli/one_shot.h"
#include "portico/schema/json.h"
#include "systems/shop/notification/api.h"

namespace portico::cli {
namespace {

using shop::notification::Mail;

void put(const std::string& text) { std::fputs(text.c_str(), stdout); }

struct BoardService {
  std::string status;
};
PORTICO_DESCRIBE(BoardService, status)

// The part of a health board that is printed; its services are read one by one.
struct Board {
  std::string status;
  std::string system;
  int64_t uptime = 0;
  Json services;
};
PORTICO_DESCRIBE(Board, status, system, uptime, services)

Task<int> status(Operator& op, const SystemSpec* system, bool json) {
  net::Request request{.target = "/health"};
  net::Response answer = co_await op.exchange("gateway", std::move(request), false);
  if (json) {
    put(answer.body + "\n");
  } else {
    auto board = schema::from_json<Board>(answer.body);
    if (!board)
      throw Error(Code::unavailable, "status.unreadable", "The gateway's answer is not a health board");
    put(fmt::format("{}  {} (up {} s)\n", board->system, board->status, board->uptime));
    for (const ServiceSpec& service : system->services) {
      BoardService part;
      std::string_view path[] = {service.name};
      bool known =
          schema::read_json_at(board->services.text, path, schema::type_of<BoardService>(), &part).empty();
      put(fmt::format("  {:<14} {}\n", service.name, known ? part.status : "unknown"));
    }
  }
  co_return answer.body.find(R"("status":"healthy","service":"gateway")") != std::string::npos ? done
                                                                                               : not_ready;
}

const EndpointInfo& endpoint_of(const SystemSpec& system, const std::string& name, std::string& service) {
  size_t dot = name.find('.');
  service = name.substr(0, dot);
  const ServiceSpec* spec = system.find(service);
  std::vector<std::string> qualified;
  for (const ServiceSpec& candidate : system.services)
    for (const EndpointInfo& endpoint : candidate.endpoints)
      qualified.push_back(candidate.name + "." + std::string(endpoint.name));
  if (spec && dot != name.npos)
    for (const EndpointInfo& endpoint : spec->endpoints)
      if (endpoint.name == name.substr(dot + 1)) return endpoint;
  std::string_view meant = nearest(name, std::vector<std::string_view>(qualified.begin(), qualified.end()));
  throw Error(Code::invalid, "usage.endpoint",
              fmt::format("There is no endpoint \"{}\"{}; see: portico routes {}", name,
                          meant.empty() ? "" : fmt::format(" (did you mean {}?)", meant), system.name));
}

std::string read_token(const std::string& path) {
  std::ifstream file(path);
  std::string token;
  if (!std::getline(file, token))
    throw Error(Code::invalid, "usage.token", "No token can be read from " + path);
  return token;
}

// Arguments go where the endpoint wants them: into the path, the query or the body.
net::Request compose(const EndpointInfo& endpoint, const CallOptions& options) {
  net::Request request{.verb = endpoint.verb, .target = std::string(endpoint.path)};
  bool has_body = endpoint.verb != GET && endpoint.verb != DELETE;
  std::string query, body = "{";
  for (const std::string& argument : options.arguments) {
    size_t equals = argument.find('=');
    if (equals == argument.npos)
      throw Error(Code::invalid, "usage.argument", "Arguments are written as name=value, not " + argument);
    std::string name = argument.substr(0, equals), value = argument.substr(equals + 1);
    std::string slot = "{" + name + "}";
    if (size_t at = request.target.find(slot); at != request.target.npos) {
      request.target.replace(at, slot.size(), net::percent_encode(value));
    } else if (!has_body) {
      query += (query.empty() ? "?" : "&") + net::percent_encode(name) + "=" + net::percent_encode(value);
    } else {
      if (body.size() > 1) body += ',';
      schema::write_json_text(body, name);
      body += ':';
      auto raw = schema::from_json<Json>(value);  // 5, true, {"a":1}; anything else is text
      if (raw)
        body += raw->text;
      else
        schema::write_json_text(body, value);
    }
  }
  request.target += query;
  if (has_body) {
    request.body = options.body.empty() ? body + "}" : options.body;
    request.headers.add("content-type", "application/json");
  }
  return request;
}

Task<int> send(Operator& op, std::string service, net::Request request, bool internal) {
  net::Response answer = co_await op.exchange(service, std::move(request), internal);
  if (!answer.body.empty()) put(answer.body + "\n");
  if (answer.status >= 200 && answer.status < 300) co_return done;
  std::fprintf(stderr, "portico: the answer is %d %s\n", answer.status,
               std::string(net::reason_phrase(answer.status)).c_str());
  co_return failed;
}

Task<int> seed(Operator& op, const SystemSpec* system) {
  Call call = op.call(std::chrono::seconds(60));
  co_await system->seed(call, op);
  put(fmt::format("{} has its demo data. Accounts:\n", system->title));
  for (const DemoAccount& account : system->demo_accounts)
    put(fmt::format("  {:<22} {:<16} {}\n", account.email, account.password, account.role));
  co_return done;
}

Task<int> list_mail(Operator& op, std::string to, int limit, bool json) {
  Call call = op.call(std::chrono::seconds(10));
  auto notifications = op.client<shop::notification::Api>("notification");
  shop::notification::MailQuery query{.limit = Int<1, 200>(limit)};
  if (!to.empty()) query.to = Email(to);
  std::vector<Mail> mails = co_await notifications.list_mail(call, std::move(query));
  if (json) {
    put(schema::to_json(mails) + "\n");
    co_return done;
  }
  for (const Mail& mail : mails)
    put(fmt::format("{}  {}  {:<28} {}\n", mail.id.value, to_string(mail.sent_at), mail.to, mail.subject));
  if (mails.empty()) std::fputs("No mail has been sent.\n", stderr);
  co_return done;
}

Task<int> show_mail(Operator& op, std::string id, bool json) {
  Call call = op.call(std::chrono::seconds(10));
  auto notifications = op.client<shop::notification::Api>("notification");
  Mail mail = co_await notifications.read_mail(call, {{id}});
  put(json ? schema::to_json(mail) + "\n"
           : fmt::format("From: {}\nTo: {}\nSubject: {}\nDate: {}\n\n{}\n", mail.from, mail.to, mail.subject,
                         to_string(mail.sent_at), mail.text));
  co_return done;
}

}  // namespace

int ask_status(const CommonOptions& options) {
  const SystemSpec& system = find_system(options.system);
  int code = with_operator(options, [&](Operator& op) { return status(op, &system, options.json); });
  return code == try_again ? int(not_ready) : code;
}

int ask_call(const CommonOptions& options, const CallOptions& call) {
  const SystemSpec& system = find_system(options.system);
  std::string service;
  const EndpointInfo& endpoint = endpoint_of(system, call.endpoint, service);
  net::Request request = compose(endpoint, call);
  bool internal = call.token_file.empty();
  if (!internal) request.headers.set("authorization", "Bearer " + read_token(call.token_file));
  return with_operator(options, [&](Operator& op) { return send(op, service, request, internal); });
}

int ask_seed(const CommonOptions& options) {
  const SystemSpec& system = find_system(options.system);
  return with_operator(options, [&](Operator& op) { return seed(op, &system); });
}

int ask_mail_list(const CommonOptions& options, const std::string& to, int limit) {
  return with_operator(options, [&](Operator& op) { return list_mail(op, to, limit, options.json); });
}

int ask_mail_show(const CommonOptions& options, const std::string& id) {
  return with_operator(options, [&](Operator& op) { return show_mail(op, id, options.json); });
}

}  // namespace portico::cli
