#include "portico/host/operator.h"

#include <fmt/format.h>

#include "portico/host/node.h"

namespace portico {

struct Operator::Impl {
  Impl(Runtime& runtime, Observer& observer, const SystemSpec& system, const Config& config,
       net::Sender* sender)
      : placement{.sender = sender},
        shared(runtime, observer, system, config, placement),
        identity(shared, "operator", [](std::string_view) -> Front* { return nullptr; }) {}

  const Placement placement;  // nothing runs here
  Shared shared;
  Identity identity;
};

Operator::Operator(Runtime& runtime, Observer& observer, const SystemSpec& system, const Config& config,
                   net::Sender* sender)
    : impl_(std::make_unique<Impl>(runtime, observer, system, config, sender)) {}

Operator::~Operator() = default;

Channel& Operator::channel(std::string_view neighbour) { return impl_->identity.channel(neighbour); }

Call Operator::call(Duration limit) const {
  Call call(impl_->shared.runtime, impl_->shared.observer, "operator",
            impl_->shared.runtime.steady() + limit);
  call.correlation_id = make_uuid7(impl_->shared.runtime, impl_->shared.runtime.random());
  return call;
}

Task<net::Response> Operator::exchange(std::string_view target, net::Request request, bool internal) {
  const ServiceSpec* spec = impl_->shared.system.find(target);
  net::Origin origin = spec ? origin_of(impl_->shared.config, *spec)
                            : net::Origin{impl_->shared.config.text("host.address"),
                                          uint16_t(impl_->shared.config.integer("gateway.port"))};
  Call context = call(std::chrono::seconds(10));
  if (internal) impl_->identity.authenticator().sign(request.headers, context, target);
  auto answer = co_await impl_->shared.sender.send(origin, std::move(request), context.deadline());
  if (!answer)
    throw Error(Code::unavailable, "system.down",
                fmt::format("Nothing answers at http://{}:{}. Start the system with: portico up {}",
                            origin.host, origin.port, impl_->shared.system.name));
  co_return std::move(*answer);
}

}  // namespace portico
