#include "portico/host/operator.h"

#include <fmt/format.h>

#include "portico/host/keys.h"
#include "portico/host/node.h"

namespace portico {

struct Operator::Impl {
  Impl(Runtime& r, Observer& o, const SystemSpec& s, const Config& c)
      : runtime(r),
        observer(o),
        system(s),
        config(c),
        keys(load_keys(s, c, r, false)),
        client(r, {}),
        bus(r, o),
        verifier(r, {.issuer = s.name, .audience = s.name}),
        passwords(r, {}),
        shared{r,
               o,
               s,
               c,
               bus,
               client,
               verifier,
               *keys.internal,
               passwords,
               keys.service_secret,
               keys.code_key,
               nullptr,
               c.text("mode") != "production"},
        identity(shared, "operator", false, [](std::string_view) -> Front* { return nullptr; }) {}

  Runtime& runtime;
  Observer& observer;
  const SystemSpec& system;
  const Config& config;
  SystemKeys keys;
  net::Client client;
  Bus bus;
  security::Verifier verifier;
  security::PasswordHasher passwords;
  Shared shared;
  Identity identity;
};

Operator::Operator(Runtime& runtime, Observer& observer, const SystemSpec& system, const Config& config)
    : impl_(std::make_unique<Impl>(runtime, observer, system, config)) {}

Operator::~Operator() = default;

Channel& Operator::channel(std::string_view neighbour) { return impl_->identity.channel(neighbour); }

Call Operator::call(Duration limit) const {
  Call call(impl_->runtime, impl_->observer, "operator", impl_->runtime.steady() + limit);
  call.correlation_id = make_uuid7(impl_->runtime, impl_->runtime.random());
  return call;
}

Task<net::Response> Operator::exchange(std::string_view target, net::Request request, bool internal) {
  const ServiceSpec* spec = impl_->system.find(target);
  net::Origin origin =
      spec ? origin_of(impl_->config, *spec)
           : net::Origin{impl_->config.text("host.address"), uint16_t(impl_->config.integer("gateway.port"))};
  Call context = call(std::chrono::seconds(10));
  if (internal) impl_->identity.authenticator().sign(request.headers, context, target);
  auto answer = co_await impl_->client.send(origin, std::move(request), context.deadline());
  if (!answer)
    throw Error(Code::unavailable, "system.down",
                fmt::format("Nothing answers at http://{}:{}. Start the system with: portico up {}",
                            origin.host, origin.port, impl_->system.name));
  co_return std::move(*answer);
}

}  // namespace portico
