#include "portico/service/front.h"

#include <algorithm>
#include <charconv>

#include "portico/schema/json.h"

namespace portico {
namespace {

bool acceptable(std::string_view id) {
  if (id.empty() || id.size() > 128) return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

// What a caller says is left of its deadline, when it is less than `limit`.
Duration time_left(const net::Headers& headers, Duration limit) {
  std::string_view text = headers.get(header::timeout_ms);
  int64_t ms = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || ms < 0) return limit;
  return std::min<Duration>(limit, std::chrono::milliseconds(std::min<int64_t>(ms, 1'000'000)));
}

// What stands between the quotes of a structured-field string (RFC 8941 section 4.2.5) that begins with one;
// nothing where it is none.
std::optional<std::string> unquoted(std::string_view text) {
  std::string content;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] < ' ' || text[i] > '~') return std::nullopt;
    if (text[i] == '"') return i + 1 == text.size() ? std::optional(content) : std::nullopt;
    if (text[i] == '\\' && (++i == text.size() || (text[i] != '"' && text[i] != '\\'))) return std::nullopt;
    content += text[i];
  }
  return std::nullopt;
}

// Idempotency-Key is a structured-field string (draft-ietf-httpapi-idempotency-key-header section 2.1). Many
// clients leave out the quotes, which makes the same key. Empty: none given. Throws Error(invalid).
std::string idempotency_key_of(const net::Headers& headers) {
  constexpr size_t bytes_max = 255;
  if (!headers.has(header::idempotency_key)) return {};
  int given = 0;
  for (const auto& [name, value] : headers) given += net::same_name(name, header::idempotency_key);
  std::string_view text = headers.get(header::idempotency_key);
  std::optional<std::string> key;
  if (text.starts_with('"'))
    key = unquoted(text);
  else if (std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != '"'; }))
    key = std::string(text);
  if (given > 1 || !key || key->empty() || key->size() > bytes_max)
    throw Error(Code::invalid, "idempotency.key",
                "Idempotency-Key must be one string of 1 to 255 printable ASCII characters");
  return *key;
}

bool is_json(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (net::same_name(type, "application/json")) return true;
  return type.size() > 5 && net::same_name(type.substr(type.size() - 5), "+json");
}

std::string allow_list(const std::vector<net::Verb>& verbs) {
  std::string list;
  for (net::Verb verb : verbs) {
    if (!list.empty()) list += ", ";
    list += net::name_of(verb);
    if (verb == net::Verb::GET) list += ", HEAD";
  }
  return list;
}

// A heap object of a described type, deleted with its scope.
struct Object {
  const schema::Type* type;
  void* object;
  explicit Object(const schema::Type* t) : type(t), object(t ? t->create() : nullptr) {}
  ~Object() {
    if (object) type->destroy(object);
  }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
};

}  // namespace

std::string correlation_id_of(const net::Headers& headers, Runtime& runtime) {
  std::string_view given = headers.get(header::correlation_id);
  return acceptable(given) ? std::string(given) : make_uuid7(runtime, runtime.random());
}

Front::Front(Runtime& runtime, Observer& observer, Service& service, const Presenter& presenter,
             const Authenticator& authenticator, FrontOptions options)
    : runtime_(runtime),
      observer_(observer),
      service_(service),
      presenter_(presenter),
      authenticator_(authenticator),
      options_(options) {}

Task<net::Response> Front::handle(net::Request request, const Known* known) {
  Instant started = runtime_.steady();
  Call call(runtime_, observer_, service_.name(), started + time_left(request.headers, options_.timeout));
  call.correlation_id = known ? known->correlation_id : correlation_id_of(request.headers, runtime_);
  call.peer = request.peer;
  if (known)
    call.trace = known->trace;
  else if (auto trace = parse_traceparent(request.headers.get(header::traceparent)))
    call.trace = *trace;

  net::Response response;
  std::optional<Error> failure;
  Service::Match match;
  try {
    call.idempotency_key = idempotency_key_of(request.headers);
    match = service_.match(request.verb, route_path(request.path()));
    if (known) {
      call.set_caller(known->caller);
    } else {
      auto caller = authenticator_.authenticate(request.headers, service_.name());
      if (!caller) throw std::move(caller.error());
      if (!options_.direct && !caller->is_internal() && !caller->via_gateway)
        throw Error(Code::unauthenticated, "direct.refused", "This service is reached through the gateway");
      call.set_caller(std::move(*caller));
    }
    response = co_await answer(request, call, match);
  } catch (const Error& error) {
    failure = error;
  } catch (const std::exception& error) {
    failure = Error(Code::internal, "internal").with_note(error.what());
  }
  if (failure) {
    response = presenter_.present(*failure, call.correlation_id);
    if (!match.route && !match.allowed.empty()) response.headers.set("allow", allow_list(match.allowed));
    if (failure->code() == Code::internal) call.log().failure(call, "request failed", *failure);
  }
  if (request.verb == net::Verb::HEAD) response.body.clear();
  if (!known) {
    response.headers.set(header::correlation_id, call.correlation_id);
    double ms = double((runtime_.steady() - started).count()) / 1000;
    Level level = response.status >= 500 ? Level::error : Level::info;
    if (call.log().enabled(level))
      call.log().write(level, call, "request",
                       {{"method", net::name_of(request.verb)},
                        {"url", request.path()},
                        {"route", match.route ? match.route->info.path : std::string_view("-")},
                        {"statusCode", response.status},
                        {"duration", ms}});
  }
  co_return response;
}

Task<net::Response> Front::answer(net::Request& request, Call& call, const Service::Match& match) {
  if (!match.route && !match.allowed.empty())
    throw Error(Code::invalid, "method.not_allowed", "This method is not allowed here").with_status(405);
  if (!match.route || (match.route->info.development_only && !options_.development))
    throw Error(Code::not_found, "route.unknown", "There is nothing at this address");
  const EndpointInfo& endpoint = match.route->info;
  // Before the body is looked at: who may not use the endpoint learns nothing about its input.
  if (std::optional<Error> refusal = refused(endpoint, call.caller())) throw *refusal;

  std::vector<schema::Parameter> parameters = match.parameters;
  bool takes_body = endpoint.verb != GET && endpoint.verb != DELETE;
  std::optional<std::vector<std::pair<std::string, std::string>>> query;
  if (!takes_body) {
    query = net::parse_query(request.query());
    if (!query) throw Error(Code::invalid, "query.malformed", "The query is malformed");
    for (auto& [name, value] : *query) {
      bool in_path = std::any_of(match.parameters.begin(), match.parameters.end(),
                                 [&](const schema::Parameter& parameter) { return parameter.name == name; });
      if (!in_path) parameters.push_back({name, std::move(value)});
    }
  } else if (!request.body.empty() && !is_json(request.headers.get("content-type"))) {
    throw Error(Code::invalid, "content_type.unsupported", "The body must be application/json")
        .with_status(415);
  }
  Object input(endpoint.request);
  Object output(endpoint.response);
  std::string_view body = request.body;
  schema::Violations violations =
      schema::bind(*endpoint.request, input.object, parameters, takes_body ? &body : nullptr);
  if (!violations.empty()) throw Error::invalid_input(std::move(violations));
  co_await service_.invoke(call, *match.route, input.object, output.object);
  co_return presenter_.present(endpoint, output.object);
}

}  // namespace portico
