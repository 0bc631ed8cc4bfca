#include "portico/gateway/gateway.h"

#include <algorithm>
#include <optional>

#include "portico/base/planted.h"
#include "portico/gateway/rate_limiter.h"

namespace portico {
namespace {

// Headers by which a client could pretend to be somebody: taken off at the door.
bool is_identity_header(std::string_view name) {
  static constexpr std::string_view refused[] = {"x-internal-key", "x-service-token",     "x-service-name",
                                                 "x-user-id",      "x-user-role",         "x-user-email",
                                                 "gatewaytoken",   "x-request-timeout-ms"};
  return std::any_of(std::begin(refused), std::end(refused),
                     [&](std::string_view other) { return net::same_name(name, other); });
}

// Headers that belong to one connection only (RFC 9110 section 7.6.1), and framing, which is written anew.
bool is_hop_header(std::string_view name) {
  static constexpr std::string_view hops[] = {
      "connection", "keep-alive",        "proxy-connection", "te",  "trailer",
      "upgrade",    "transfer-encoding", "content-length",   "host"};
  return std::any_of(std::begin(hops), std::end(hops),
                     [&](std::string_view other) { return net::same_name(name, other); });
}

// "/api/orders" covers itself and "/api/orders/…", not "/api/ordersX".
bool covers(std::string_view prefix, std::string_view path) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

}  // namespace

struct Gateway::Impl {
  struct Door {
    Upstream upstream;
    std::unique_ptr<Service> shape;  // matches paths of a service that runs elsewhere
  };
  // One request on its way through the filters.
  struct Passage {
    net::Request request;
    std::string path;  // canonical
    Known known;
    const Upstream* upstream = nullptr;
    const EndpointInfo* endpoint = nullptr;
    std::optional<RateLimiter::Verdict> limit;
  };

  Task<net::Response> handle(net::Request request);
  Task<net::Response> pass(Passage& passage);
  Task<net::Response> proxy(Passage& passage);
  std::optional<net::Response> preflight(const net::Request& request) const;
  void allow_origin(const net::Request& request, net::Response& response) const;
  bool origin_allowed(std::string_view origin) const;
  void limit_rate(Passage& passage);
  void count(Passage& passage, std::string_view what, int requests, Duration window);
  void authenticate(Passage& passage) const;
  void route(Passage& passage) const;
  std::string client_of(const net::Request& request) const;
  static void describe_limit(const RateLimiter::Verdict& verdict, net::Response& response);

  Runtime& runtime;
  Observer& observer;
  const Presenter& presenter;
  const Authenticator& authenticator;
  net::Sender& sender;
  GatewayOptions options;
  std::vector<Upstream> upstreams;
  std::vector<StaticPage> pages;
  RateLimiter limiter;
  std::map<int, Counter*> answered;  // by hundred of the status
  Histogram& seconds;
  Counter& limited;
};

bool Gateway::Impl::origin_allowed(std::string_view origin) const {
  return std::find(options.cors_origins.begin(), options.cors_origins.end(), origin) !=
         options.cors_origins.end();
}

// Answers a CORS preflight (Fetch standard, section 4.8) before any credentials are looked at.
std::optional<net::Response> Gateway::Impl::preflight(const net::Request& request) const {
  if (request.verb != net::Verb::OPTIONS || !request.headers.has("access-control-request-method"))
    return std::nullopt;
  net::Response response{.status = 204};
  std::string_view origin = request.headers.get("origin");
  response.headers.add("vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
  if (!origin_allowed(origin)) return response;
  response.headers.add("access-control-allow-origin", std::string(origin));
  response.headers.add("access-control-allow-credentials", "true");
  response.headers.add("access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
  response.headers.add("access-control-allow-headers",
                       "authorization, content-type, idempotency-key, if-match, x-correlation-id");
  response.headers.add("access-control-max-age", "600");
  return response;
}

void Gateway::Impl::allow_origin(const net::Request& request, net::Response& response) const {
  std::string_view origin = request.headers.get("origin");
  if (options.cors_origins.empty()) return;
  response.headers.add("vary", "Origin");
  if (origin.empty() || !origin_allowed(origin)) return;
  response.headers.set("access-control-allow-origin", std::string(origin));
  response.headers.set("access-control-allow-credentials", "true");
  response.headers.set("access-control-expose-headers",
                       "x-correlation-id, etag, link, location, retry-after, ratelimit, ratelimit-policy");
}

// The client's address: of the connection, or behind proxies that are known.
std::string Gateway::Impl::client_of(const net::Request& request) const {
  auto trusted = [&](std::string_view address) {
    return std::find(options.trusted_proxies.begin(), options.trusted_proxies.end(), address) !=
           options.trusted_proxies.end();
  };
  std::string address = request.peer;
  std::string_view chain = request.headers.get("x-forwarded-for");
  while (trusted(address) && !chain.empty()) {
    size_t comma = chain.rfind(',');
    std::string_view last = comma == chain.npos ? chain : chain.substr(comma + 1);
    while (last.starts_with(' ')) last.remove_prefix(1);
    while (last.ends_with(' ')) last.remove_suffix(1);
    if (last.empty() || last.size() > 45) break;
    address = last;
    chain = comma == chain.npos ? std::string_view() : chain.substr(0, comma);
  }
  return address;
}

void Gateway::Impl::count(Passage& passage, std::string_view what, int requests, Duration window) {
  RateLimiter::Verdict verdict =
      limiter.count(passage.request.peer + "|" + std::string(what), requests, window);
  if (!passage.limit || verdict.remaining < passage.limit->remaining || !verdict.allowed)
    passage.limit = verdict;
  if (verdict.allowed) return;
  limited.add();
  throw Error(Code::exhausted, "rate.limited", "Too many requests; try again later")
      .with_retry_after(verdict.reset_seconds);
}

void Gateway::Impl::limit_rate(Passage& passage) {
  if (options.rate_limit > 0) count(passage, "", options.rate_limit, options.rate_window);
}

void Gateway::Impl::route(Passage& passage) const {
  size_t best = 0;
  for (const Upstream& upstream : upstreams)
    for (const std::string& prefix : upstream.prefixes)
      if (prefix.size() > best && covers(prefix, passage.path)) {
        best = prefix.size();
        passage.upstream = &upstream;
      }
  if (!passage.upstream) {
    std::string known;
    for (const Upstream& upstream : upstreams)
      for (const std::string& prefix : upstream.prefixes) known += (known.empty() ? "" : ", ") + prefix;
    throw Error(Code::not_found, "route.unknown", "There is nothing at this address; known are " + known);
  }
  passage.endpoint = match_endpoint(passage.upstream->endpoints, passage.request.verb, passage.path);
  bool hidden = passage.endpoint &&
                (passage.endpoint->inside || (passage.endpoint->development_only && !options.development));
  if (hidden) throw Error(Code::not_found, "route.unknown", "There is nothing at this address");
}

void Gateway::Impl::authenticate(Passage& passage) const {
  auto caller = authenticator.authenticate(passage.request.headers, passage.upstream->service);
  if (!caller) throw std::move(caller.error());
  passage.known.caller = std::move(*caller);
  if (!passage.endpoint) return;
  if (std::optional<Error> refusal = refused(*passage.endpoint, passage.known.caller))
    throw std::move(*refusal);
}

Task<net::Response> Gateway::Impl::pass(Passage& passage) {
  passage.request.headers.remove_if(is_identity_header);
  limit_rate(passage);
  if (const StaticPage* page = find_page(pages, passage.request)) {
    net::Response response = co_await page->answer(std::move(passage.request));
    co_return response;
  }
  passage.path = route_path(passage.request.path());
  route(passage);
  if (passage.endpoint && passage.endpoint->limit.requests > 0)
    count(passage, passage.endpoint->path, passage.endpoint->limit.requests,
          std::chrono::seconds(passage.endpoint->limit.window_seconds));
  authenticate(passage);
  if (passage.upstream->front) {
    net::Response response =
        co_await passage.upstream->front->handle(std::move(passage.request), &passage.known);
    co_return response;
  }
  co_return co_await proxy(passage);
}

Task<net::Response> Gateway::Impl::proxy(Passage& passage) {
  Instant deadline = runtime.steady() + options.proxy_timeout;
  Call call(runtime, observer, "gateway", deadline);
  call.correlation_id = passage.known.correlation_id;
  call.trace = passage.known.trace;
  call.set_caller(passage.known.caller);
  net::Request& request = passage.request;
  std::string forwarded = std::string(request.headers.get("x-forwarded-for"));
  std::string host = std::string(request.headers.get("host"));
  request.headers.remove_if(is_hop_header);
  authenticator.sign(request.headers, call, passage.upstream->service);
  request.headers.set("x-forwarded-for", forwarded.empty() ? request.peer : forwarded + ", " + request.peer);
  request.headers.set("x-forwarded-host", host);
  request.headers.set("x-forwarded-proto", "http");
  request.headers.set(header::correlation_id, call.correlation_id);
  request.headers.set(header::traceparent, to_traceparent(call.trace));
  std::optional<net::Request> again;
  if (planted(Plant::unsafe_call_repeated)) again = request;
  auto answer = co_await sender.send(passage.upstream->origin, std::move(request), deadline);
  if (!answer && again) answer = co_await sender.send(passage.upstream->origin, std::move(*again), deadline);
  if (!answer) {
    bool late = answer.error().kind == net::Failure::Kind::timeout && !answer.error().never_sent;
    throw Error(late ? Code::too_late : Code::unavailable, late ? "upstream.timeout" : "upstream.unavailable",
                "The " + passage.upstream->service + " service is unavailable")
        .with_note(answer.error().note);
  }
  answer->headers.remove_if(is_hop_header);
  co_return std::move(*answer);
}

// RateLimit fields as the IETF draft (httpapi-ratelimit-headers) writes them.
void Gateway::Impl::describe_limit(const RateLimiter::Verdict& verdict, net::Response& response) {
  response.headers.set("ratelimit-policy", "\"default\";q=" + std::to_string(verdict.limit));
  response.headers.set("ratelimit", "\"default\";r=" + std::to_string(verdict.remaining) +
                                        ";t=" + std::to_string(verdict.reset_seconds));
}

Task<net::Response> Gateway::Impl::handle(net::Request request) {
  Instant started = runtime.steady();
  Passage passage{.request = std::move(request)};
  passage.known.correlation_id = correlation_id_of(passage.request.headers, runtime);
  passage.request.peer = client_of(passage.request);
  // Kept for the log and for CORS, because the request moves on.
  net::Verb verb = passage.request.verb;
  std::string path(passage.request.path());
  net::Request asked{.verb = verb};
  if (std::string_view origin = passage.request.headers.get("origin"); !origin.empty())
    asked.headers.add("origin", std::string(origin));

  Call call(runtime, observer, "gateway", started + options.proxy_timeout);
  call.correlation_id = passage.known.correlation_id;
  call.peer = passage.request.peer;
  if (auto trace = parse_traceparent(passage.request.headers.get(header::traceparent))) call.trace = *trace;
  net::Response response;
  {
    Span span(call, net::name_of(verb));
    passage.known.trace = call.trace;
    std::optional<Error> failure;
    try {
      std::optional<net::Response> early = preflight(passage.request);
      if (early)
        response = std::move(*early);
      else
        response = co_await pass(passage);
    } catch (const Error& error) {
      failure = error;
    } catch (const std::exception& error) {
      failure = Error(Code::internal, "internal").with_note(error.what());
    }
    if (failure) {
      response = presenter.present(*failure, passage.known.correlation_id);
      span.fail(failure->reason());
      if (failure->code() == Code::internal) call.log().failure(call, "request failed", *failure);
    }
  }
  if (verb == net::Verb::HEAD) response.body.clear();
  allow_origin(asked, response);
  if (passage.limit) describe_limit(*passage.limit, response);
  response.headers.set(header::correlation_id, passage.known.correlation_id);
  response.headers.set("x-content-type-options", "nosniff");
  double took = double((runtime.steady() - started).count());
  seconds.observe(took / 1e6);
  answered[std::clamp(response.status / 100, 1, 5)]->add();
  call.set_caller(std::move(passage.known.caller));
  call.log().write(
      response.status >= 500 ? Level::error : Level::info, call, "request",
      {{"method", net::name_of(verb)},
       {"url", path},
       {"route", passage.endpoint ? passage.endpoint->path : std::string_view("-")},
       {"upstream", passage.upstream ? std::string_view(passage.upstream->service) : std::string_view("-")},
       {"statusCode", response.status},
       {"duration", took / 1000}});
  co_return response;
}

Gateway::Gateway(Runtime& runtime, Observer& observer, const Presenter& presenter,
                 const Authenticator& authenticator, net::Sender& sender, GatewayOptions options,
                 std::vector<Upstream> upstreams, std::vector<StaticPage> pages) {
  size_t addresses_max = options.rate_addresses_max;
  impl_.reset(new Impl{
      .runtime = runtime,
      .observer = observer,
      .presenter = presenter,
      .authenticator = authenticator,
      .sender = sender,
      .options = std::move(options),
      .upstreams = std::move(upstreams),
      .pages = std::move(pages),
      .limiter = RateLimiter(runtime, addresses_max),
      .answered = {},
      .seconds =
          observer.metrics.histogram("http_server_request_duration_seconds", "Time from request to answer"),
      .limited = observer.metrics.counter("gateway_rate_limited_total", "Requests refused by a rate limit")});
  static constexpr std::string_view classes[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
  for (int i = 1; i <= 5; ++i)
    impl_->answered[i] = &observer.metrics.counter(
        "gateway_requests_total", "Requests answered, by class of status", {{"status", classes[i - 1]}});
}

Gateway::~Gateway() = default;

Task<net::Response> Gateway::handle(net::Request request) { return impl_->handle(std::move(request)); }

}  // namespace portico
