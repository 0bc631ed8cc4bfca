// The contract of a service: a struct of endpoints. Walking its described members yields the routes, the
// client, the OpenAPI document.
//
//   struct Api {
//     Endpoint<POST, "/api/products", Product(NewProduct)> create{"Add a product", named("product"),
//                                                                allow(admin, internal), created};
//     Endpoint<GET, "/api/products/{id}", Product(ById<Product>)> read{"Read one product", named("product"),
//                                                                     allow(anyone)};
//   };
//   PORTICO_API(Api, create, read)
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <vector>

#include "portico/base/time.h"
#include "portico/net/message.h"
#include "portico/observe/call.h"
#include "portico/schema/describe.h"

namespace portico {

inline constexpr net::Verb GET = net::Verb::GET;
inline constexpr net::Verb POST = net::Verb::POST;
inline constexpr net::Verb PUT = net::Verb::PUT;
inline constexpr net::Verb PATCH = net::Verb::PATCH;
inline constexpr net::Verb DELETE = net::Verb::DELETE;

// Who may use an endpoint. Without a rule nobody may.
struct Role {
  std::string_view name;
};
inline constexpr Role admin{"admin"};
inline constexpr struct AnyoneRule {
} anyone;  // also without credentials
inline constexpr struct SignedInRule {
} signed_in;  // every user
inline constexpr struct InternalRule {
} internal;  // services and holders of the internal key

struct Access {
  static constexpr size_t roles_max = 4;
  bool anyone = false, signed_in = false, internal = false;
  std::array<std::string_view, roles_max> roles{};
  size_t role_count = 0;

  constexpr void add(AnyoneRule) { anyone = true; }
  constexpr void add(SignedInRule) { signed_in = true; }
  constexpr void add(InternalRule) { internal = true; }
  constexpr void add(Role role) { roles[role_count++] = role.name; }
  constexpr bool only_internal() const { return internal && !anyone && !signed_in && role_count == 0; }
};
template <class... Rules>
constexpr Access allow(Rules... rules) {
  Access access;
  (access.add(rules), ...);
  return access;
}

// How often a client address may use an endpoint from outside, in a fixed window; stricter than the gateway's
// own limit.
struct RateLimit {
  int requests = 0;  // 0: only the gateway's limit
  int window_seconds = 60;
};

// Everything about an endpoint but its types; options are set by the constructors below.
struct EndpointInfo {
  net::Verb verb = net::Verb::GET;
  std::string_view path;  // "/api/products/{id}"
  std::string_view name;  // the member's name in the Api: "create"
  std::string_view summary;
  const schema::Type* request = nullptr;
  const schema::Type* response = nullptr;  // nullptr: nothing is answered
  Access access;
  std::string_view wrapped_as;  // under which name the result travels where the system wraps it
  std::string_view message;     // of success, where the system has one; else the summary
  int status = 200;
  bool idempotent = false;        // may be sent twice: GET, and what says so
  bool inside = false;            // never reachable through the gateway
  bool development_only = false;  // absent in production
  RateLimit limit;
  std::vector<int> failures;  // statuses it answers besides those that follow from access and input
};

struct Named {
  std::string_view name;
};
struct Message {
  std::string_view text;
};
struct Fails {
  std::vector<int> statuses;
};
struct StatusOption {
  int status;
};
constexpr Named named(std::string_view name) { return {name}; }
constexpr Message message(std::string_view text) { return {text}; }
constexpr RateLimit at_most(int requests, int window_seconds) { return {requests, window_seconds}; }
template <std::same_as<int>... S>
Fails fails(S... statuses) {
  return {{statuses...}};
}
inline constexpr StatusOption created{201};
inline constexpr StatusOption no_content{204};
inline constexpr struct IdempotentOption {
} idempotent;
inline constexpr struct InsideOption {
} inside;
inline constexpr struct DevelopmentOnlyOption {
} development_only;

using schema::FixedText;

// How a call reaches the service that owns an endpoint: in this process, or over HTTP. `request` is consumed,
// `response` is a value-initialised object of the response type, or null. Throws Error.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual Task<void> send(Call& call, const EndpointInfo& endpoint, void* request, void* response) = 0;
  // Of its circuit breaker: "closed", "half_open", "open".
  virtual std::string_view state() const { return "closed"; }
};

// What all endpoints share. `channel` is set in the copies that a Client holds.
struct EndpointBase {
  EndpointInfo info;
  Channel* channel = nullptr;

 protected:
  void set(Access access) { info.access = access; }
  void set(Named option) { info.wrapped_as = option.name; }
  void set(Message option) { info.message = option.text; }
  void set(StatusOption option) { info.status = option.status; }
  void set(Fails option) { info.failures = std::move(option.statuses); }
  void set(RateLimit limit) { info.limit = limit; }
  void set(IdempotentOption) { info.idempotent = true; }
  void set(InsideOption) { info.inside = true; }
  void set(DevelopmentOnlyOption) { info.development_only = true; }
};

// The request of an endpoint that takes nothing, and common requests.
struct Nothing {};
PORTICO_DESCRIBE(Nothing)

template <class T>
struct ById {
  Id<T> id;
};
template <class T>
constexpr std::string_view portico_name(std::type_identity<ById<T>>) {
  return "ById";
}
template <class T>
constexpr auto portico_members(std::type_identity<ById<T>>) {
  return schema::Fields<&ById<T>::id>{{"id"}};
}

namespace detail {

// Whether each {parameter} of a path is a member of the request.
template <class Request>
constexpr bool path_fits(std::string_view path) {
  for (size_t open = path.find('{'); open != path.npos; open = path.find('{', open)) {
    size_t close = path.find('}', open);
    if (close == path.npos) return false;
    std::string_view name = path.substr(open + 1, close - open - 1);
    if (std::ranges::find(schema::field_names<Request>, name) == schema::field_names<Request>.end())
      return false;
    open = close;
  }
  return true;
}

}  // namespace detail

template <net::Verb V, FixedText Path, class Signature>
struct Endpoint;

template <net::Verb V, FixedText Path, class Res, class Req>
struct Endpoint<V, Path, Res(Req)> : EndpointBase {
  static_assert(detail::path_fits<Req>(Path.view()),
                "every {parameter} of the path must be a member of the request");
  using Request = Req;
  using Response = Res;

  template <class... Options>
  explicit(false) Endpoint(std::string_view summary, Options... options) {
    info.verb = V;
    info.path = Path.view();
    info.summary = summary;
    info.request = &schema::type_of<Req>();
    if constexpr (!std::is_void_v<Res>) info.response = &schema::type_of<Res>();
    info.idempotent = V == net::Verb::GET;
    if constexpr (std::is_void_v<Res>) info.status = 204;
    (set(std::move(options)), ...);
  }

  // Calls the endpoint as a client; the handler may be in this process or far away.
  Task<Res> operator()(Call& call, Req request) const {
    if constexpr (std::is_void_v<Res>) {
      co_await channel->send(call, info, &request, nullptr);
    } else {
      Res response{};
      co_await channel->send(call, info, &request, &response);
      co_return response;
    }
  }
};

template <net::Verb V, FixedText Path, class Res>
struct Endpoint<V, Path, Res()> : Endpoint<V, Path, Res(Nothing)> {
  using Endpoint<V, Path, Res(Nothing)>::Endpoint;
  Task<Res> operator()(Call& call) const {
    return Endpoint<V, Path, Res(Nothing)>::operator()(call, Nothing{});
  }
};

// The contract with the names of its members filled in.
template <class Api>
Api make_api() {
  Api api{};
  schema::for_each_field<Api>([&]<auto P>(schema::Field<P> field) { (api.*P).info.name = field.name; });
  return api;
}
template <class Api>
const Api& api_of() {
  return portico_api(std::type_identity<Api>{});
}

// A neighbour: the contract, each endpoint of which can be called. Cheap to copy; holds no state of a
// request.
template <class Api>
class Client : public Api {
 public:
  explicit Client(Channel& channel) : Api(api_of<Api>()) {
    schema::for_each_field<Api>([&]<auto P>(schema::Field<P>) { (this->*P).channel = &channel; });
  }
};

}  // namespace portico

// Describes a contract. Beside the contract stands a declaration only, for building one is slow to compile:
// PORTICO_API_DEFINITION(Api) belongs into one source of the service.
#define PORTICO_API(T, ...)        \
  PORTICO_DESCRIBE(T, __VA_ARGS__) \
  const T& portico_api(std::type_identity<T>);
#define PORTICO_API_DEFINITION(T)                  \
  const T& portico_api(std::type_identity<T>) {    \
    static const T api = ::portico::make_api<T>(); \
    return api;                                    \
  }
