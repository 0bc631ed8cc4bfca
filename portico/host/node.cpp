#include "portico/host/node.h"

#include <algorithm>

#include "portico/host/dead_letters_api.h"
#include "portico/host/events_api.h"
#include "portico/host/quarantine.h"
#include "portico/host/sagas_api.h"
#include "portico/store/sqlite/sqlite_store.h"

namespace portico {
namespace {

bool issuer_is_here(const SystemSpec& system, const Placement& placement) {
  const ServiceSpec* issuer = system.issuer();
  return issuer && std::ranges::find(placement.services, issuer->name) != placement.services.end();
}

// Readiness of a service without checks of its own is that of its store.
Task<void> check_store(Store* store, Call* call) { co_await store->check(*call); }

}  // namespace

net::Origin origin_of(const Config& config, const ServiceSpec& spec) {
  if (config.has(spec.name + ".url")) {
    std::optional<net::Origin> origin = net::parse_origin(config.text(spec.name + ".url"));
    if (!origin)
      throw Error(
          Code::invalid, "config.invalid",
          spec.url_variable + " must be an address such as http://localhost:" + std::to_string(spec.port));
    return *origin;
  }
  return {config.text("host.address"), uint16_t(config.integer(spec.name + ".port"))};
}

net::ServerLimits server_limits(const Config& config) {
  net::ServerLimits limits;
  limits.body_bytes_max = size_t(config.integer("http.body_bytes_max"));
  limits.connections_max = size_t(config.integer("http.connections_max"));
  return limits;
}

Shared::Shared(Runtime& runtime, Observer& observer, const SystemSpec& system, const Config& config,
               const Placement& placement)
    : runtime(runtime),
      observer(observer),
      system(system),
      config(config),
      placement(placement),
      development(config.text("mode") != "production"),
      keys(load_keys(system, config, runtime, issuer_is_here(system, placement))),
      client(runtime, {}),
      sender(placement.sender ? *placement.sender : client),
      bus(runtime, observer,
          {.retention = config.duration("bus.retention"), .poll = config.duration("bus.poll")}),
      verifier(runtime, {.issuer = system.name, .audience = system.name}),
      passwords(runtime, placement.passwords) {}

Identity::Identity(Shared& shared, std::string name, FindFront find_front)
    : shared_(shared),
      name_(std::move(name)),
      find_front_(std::move(find_front)),
      tokens_(shared.runtime, shared.keys.service_secret, {.system = shared.system.name, .service = name_}),
      authenticator_(make_authenticator(shared.verifier, *shared.keys.internal, tokens_)) {}

Channel& Identity::channel(std::string_view neighbour) {
  auto found = channels_.find(neighbour);
  if (found == channels_.end()) found = channels_.emplace(neighbour, make_channel(neighbour)).first;
  return *found->second;
}

std::vector<std::pair<std::string, std::string>> Identity::neighbours() const {
  std::vector<std::pair<std::string, std::string>> states;
  for (const auto& [name, channel] : channels_) states.emplace_back(name, channel->state());
  return states;
}

std::unique_ptr<Channel> Identity::make_channel(std::string_view neighbour) {
  const ServiceSpec* spec = shared_.system.find(neighbour);
  if (!spec)
    throw Error(Code::internal, "neighbour.unknown").with_note(name_ + " calls " + std::string(neighbour));
  ChannelOptions options{.caller = name_, .timeout = shared_.config.duration("call.timeout")};
  Front* front = find_front_(neighbour);
  if (front && shared_.placement.mode == CallMode::direct)
    return make_direct_channel(shared_.runtime, shared_.observer, front->service(), options);
  Exchange exchange =
      front ? wire_exchange(*front) : network_exchange(shared_.sender, origin_of(shared_.config, *spec));
  return make_http_channel(std::string(neighbour), std::move(exchange), *shared_.system.presenter,
                           *authenticator_, shared_.runtime, shared_.observer, options);
}

Node::Node(Shared& shared, const ServiceSpec& spec, Identity::FindFront find_front)
    : shared_(shared),
      spec_(spec),
      service_(spec.name, shared.observer, shared.bus),
      identity_(shared, spec.name, std::move(find_front)) {
  const Placement& placement = shared.placement;
  const std::string& folder =
      placement.store_folder.empty() ? shared.config.text("host.data") : placement.store_folder;
  if (placement.file_system.empty()) prepare_folder(folder);
  store_ =
      sqlite::make_store(shared.runtime, shared.observer,
                         {.path = folder + "/" + spec.name + ".db", .file_system = placement.file_system});
  FrontOptions options{.timeout = shared.config.duration("http.request_timeout"),
                       .development = shared.development,
                       .direct = shared.development};
  front_ = std::make_unique<Front>(shared.runtime, shared.observer, service_, *shared.system.presenter,
                                   identity_.authenticator(), options);
}

Node::~Node() = default;

const security::Signer& Node::signer() {
  if (!spec_.issues_tokens || !shared_.keys.signer)
    throw Error(Code::internal, "signer.foreign").with_note(spec_.name + " does not issue tokens");
  return *shared_.keys.signer;
}

void Node::build() {
  shared_.bus.add_publisher(spec_.name, *store_);
  if (!spec_.publishers.empty()) shared_.bus.add_subscriber(spec_.name, *store_);
  Store* store = store_.get();
  if (read_quarantine(shared_.config.text("host.data"), spec_.name)) {
    service_.quarantine();
    shared_.bus.hold_back(spec_.name);
  }
  service_.check({"database", [store](Call& call) { return check_store(store, &call); }});
  kept_.push_back(spec_.build(*this));
  kept_.push_back(serve_events(service_, *shared_.bus.local_source(spec_.name)));
  kept_.push_back(serve_sagas(service_, sagas_.get()));
  kept_.push_back(serve_dead_letters(service_, spec_.publishers.empty() ? nullptr : &shared_.bus));
  if (sagas_)
    service_.every({"sagas.resume", Sagas::resume_period,
                    [sagas = sagas_.get()](Call& call) { return sagas->resume(call); }});
  for (const EndpointInfo& endpoint : spec_.endpoints)
    if (!service_.find(endpoint.name))
      throw Error(Code::internal, "endpoint.unbound")
          .with_note("nothing is bound to " + spec_.name + "." + std::string(endpoint.name));
}

void Node::open(PageSources sources) {
  sources.spec = &spec_;
  sources.service = &service_;
  sources.neighbours = [this] { return identity_.neighbours(); };
  pages_ = pages_of(std::move(sources));
  open_ = true;
}

// What another process of the system passes on is meant for an endpoint: a page of the same address must not
// answer it, for in one process it would not either.
Task<net::Response> Node::answer(net::Request request) {
  const bool passed_on = !request.headers.get(header::service_token).empty();
  if (const StaticPage* page = passed_on ? nullptr : find_page(pages_, request)) {
    net::Response response = co_await page->answer(std::move(request));
    co_return response;
  }
  co_return co_await front_->handle(std::move(request));
}

void Node::listen(uint16_t port) {
  const Presenter* presenter = shared_.system.presenter.get();
  server_ = std::make_unique<net::Server>(
      shared_.runtime, server_limits(shared_.config),
      [this](net::Request request) { return answer(std::move(request)); },
      [presenter](int status, std::string_view reason, std::string_view message) {
        Error error =
            Error(code_of_status(status), std::string(reason), std::string(message)).with_status(status);
        return presenter->present(error, "");
      });
  port_ = server_->listen(shared_.config.text("host.address"), port);
}

Sagas& Node::sagas() {
  if (sagas_) return *sagas_;
  SagaOptions options{.lease = shared_.config.duration("saga.lease")};
  options.retry.cap = shared_.config.duration("saga.retry_max");
  sagas_ = std::make_unique<Sagas>(shared_.runtime, shared_.observer, spec_.name, *store_, options);
  return *sagas_;
}

Task<void> Node::open_store() {
  co_await store_->open();
  if (sagas_) co_await sagas_->open();
}

Task<void> Node::rested(Instant deadline) {
  if (sagas_) co_await sagas_->rested(deadline);
}

Task<void> Node::drain(Instant deadline) {
  open_ = false;
  if (server_) co_await server_->drain(deadline);
  if (!sagas_) co_return;
  std::optional<Error> failure;
  try {
    co_await sagas_->stop(deadline);
  } catch (const Error& error) {
    failure = error;
  }
  // As on a disk that has failed; the next start takes on what is left.
  if (failure)
    shared_.observer.log.write(Level::warn, spec_.name, "sagas were left as they are",
                               {{"reason", failure->reason()}});
}

Task<void> Node::close_store() { co_await store_->close(); }

}  // namespace portico
