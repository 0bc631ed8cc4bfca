#include "portico/host/application.h"

#include <algorithm>

#include "portico/host/backup_schedule.h"
#include "portico/host/events_api.h"
#include "portico/host/jobs.h"
#include "portico/host/node.h"
#include "portico/runtime/sync.h"

namespace portico {

struct Application::Impl {
  Impl(Runtime& runtime, Observer& observer, const SystemSpec& system, const Config& config, Placement p)
      : runtime(runtime),
        observer(observer),
        system(system),
        config(config),
        placement(std::move(p)),
        shared(runtime, observer, system, config, placement),
        idle(runtime) {}

  bool runs_here(std::string_view name) const {
    return std::find(placement.services.begin(), placement.services.end(), name) != placement.services.end();
  }
  Node* node(std::string_view name) {
    for (auto& node : nodes)
      if (node->spec().name == name) return node.get();
    return nullptr;
  }
  PageSources sources() {
    return {.shared = &shared, .started = started, .ready = [this] { return ready.load(); }};
  }

  void build_nodes();
  void connect_publishers();
  void build_gateway();
  Task<void> fetch_keys();
  Task<void> keep_keys_fresh();
  Task<std::vector<ServiceHealth>> board();
  Task<ServiceHealth> health_of(const ServiceSpec* spec);

  Runtime& runtime;
  Observer& observer;
  const SystemSpec& system;
  const Config& config;
  Placement placement;
  Shared shared;
  std::unique_ptr<BackupSchedule> backups;  // in the process of the first service
  std::unique_ptr<Identity> gateway_identity;
  std::vector<std::unique_ptr<Node>> nodes;
  std::unique_ptr<Gateway> gateway;
  std::unique_ptr<net::Server> gateway_server;
  uint16_t gateway_port = 0;
  Instant started{};
  std::atomic<bool> ready{false};
  std::atomic<bool> stopping{false};
  bool gateway_open = false;
  size_t answering = 0;  // requests that answer() has taken
  Signal idle;           // there are none left
};

void Application::Impl::build_nodes() {
  auto find_front = [this](std::string_view name) -> Front* {
    Node* found = node(name);
    return found ? &found->front() : nullptr;
  };
  for (const ServiceSpec& spec : system.services)
    if (runs_here(spec.name)) nodes.push_back(std::make_unique<Node>(shared, spec, find_front));
  gateway_identity = std::make_unique<Identity>(shared, "gateway", find_front);
  connect_publishers();
  for (auto& node : nodes) node->build();
}

// Events of services that run elsewhere, for those that subscribe here.
void Application::Impl::connect_publishers() {
  std::vector<std::string> remote;
  for (auto& node : nodes)
    for (const std::string& publisher : node->spec().publishers) {
      if (runs_here(publisher) || std::find(remote.begin(), remote.end(), publisher) != remote.end())
        continue;
      remote.push_back(publisher);
      shared.bus.add_remote(
          publisher, make_remote_source(runtime, observer, node->channel(publisher), node->spec().name));
    }
}

Task<ServiceHealth> Application::Impl::health_of(const ServiceSpec* spec) {
  if (Node* here = node(spec->name)) {
    ServiceHealth health = co_await check_service(runtime, observer, here->service());
    co_return health;
  }
  net::Request request{.target = "/health"};
  auto answer = co_await shared.sender.send(origin_of(config, *spec), std::move(request),
                                            runtime.steady() + std::chrono::seconds(5));
  ServiceHealth health{.name = spec->name};
  if (!answer) co_return health;
  health.healthy = answer->status == 200;
  health.checks.emplace_back("service", health.healthy ? "healthy" : "unhealthy");
  co_return health;
}

Task<std::vector<ServiceHealth>> Application::Impl::board() {
  std::vector<Task<ServiceHealth>> tasks;
  for (const ServiceSpec& spec : system.services) tasks.push_back(health_of(&spec));
  co_return co_await all(std::move(tasks));
}

void Application::Impl::build_gateway() {
  std::vector<Upstream> upstreams;
  for (const ServiceSpec& spec : system.services) {
    Node* here = node(spec.name);
    upstreams.push_back({.service = spec.name,
                         .prefixes = spec.prefixes,
                         .front = here ? &here->front() : nullptr,
                         .origin = here ? net::Origin{} : origin_of(config, spec),
                         .endpoints = spec.endpoints});
  }
  PageSources from = sources();
  from.board = [this] { return board(); };
  GatewayOptions options{.cors_origins = config.list("gateway.cors_origins"),
                         .rate_limit = int(config.integer("gateway.rate_limit")),
                         .rate_window = config.duration("gateway.rate_window"),
                         .trusted_proxies = config.list("gateway.trusted_proxies"),
                         .development = shared.development};
  gateway = std::make_unique<Gateway>(runtime, observer, *system.presenter, gateway_identity->authenticator(),
                                      shared.sender, std::move(options), std::move(upstreams),
                                      pages_of(std::move(from)));
}

// The public keys of the issuing service, where it runs elsewhere. Waits until it answers, at most half a
// minute.
Task<void> Application::Impl::fetch_keys() {
  if (shared.keys.signer) {
    shared.verifier.add_key(shared.keys.signer->named_key());
    co_return;
  }
  const ServiceSpec* issuer = system.issuer();
  if (!issuer) co_return;
  Instant deadline = runtime.steady() + std::chrono::seconds(30);
  for (;;) {
    net::Request request{.target = std::string(jwks_path)};
    auto answer = co_await shared.sender.send(origin_of(config, *issuer), std::move(request), deadline);
    if (answer && answer->status == 200) {
      auto set = security::parse_jwks(answer->body);
      if (!set) throw std::move(set.error());
      shared.verifier.replace_keys(std::move(set->keys));
      co_return;
    }
    if (runtime.steady() > deadline)
      throw Error(
          Code::unavailable, "keys.unreachable",
          "The " + issuer->name + " service does not answer; its keys are needed to check user tokens");
    co_await runtime.sleep(std::chrono::milliseconds(100));
  }
}

Task<void> Application::Impl::keep_keys_fresh() {
  while (!stopping) {
    co_await runtime.sleep(std::chrono::minutes(5));
    try {
      co_await fetch_keys();
    } catch (const Error& error) {
      observer.log.write(Level::warn, system.name, "keys were not refreshed", {{"error", error.message()}});
    }
  }
}

Application::Application(Runtime& runtime, Observer& observer, const SystemSpec& system, const Config& config,
                         Placement placement)
    : impl_(std::make_unique<Impl>(runtime, observer, system, config, std::move(placement))) {
  impl_->started = runtime.steady();
  impl_->build_nodes();
  if (impl_->placement.gateway) impl_->build_gateway();
}

Application::~Application() = default;

Task<void> Application::start() {
  Impl& impl = *impl_;
  for (auto& node : impl.nodes) co_await node->open_store();
  if (impl.placement.own_ports)
    for (auto& node : impl.nodes) {
      node->open(impl.sources());
      if (impl.placement.listen) node->listen(uint16_t(impl.config.integer(node->spec().name + ".port")));
    }
  co_await impl.fetch_keys();
  impl.gateway_open = impl.gateway != nullptr;
  if (impl.gateway && impl.placement.listen) {
    Gateway* gateway = impl.gateway.get();
    const Presenter* presenter = impl.system.presenter.get();
    impl.gateway_server = std::make_unique<net::Server>(
        impl.runtime, server_limits(impl.config),
        [gateway](net::Request request) { return gateway->handle(std::move(request)); },
        [presenter](int status, std::string_view reason, std::string_view message) {
          Error error =
              Error(code_of_status(status), std::string(reason), std::string(message)).with_status(status);
          return presenter->present(error, "");
        });
    impl.gateway_port = impl.gateway_server->listen(impl.config.text("host.address"),
                                                    uint16_t(impl.config.integer("gateway.port")));
  }
  impl.shared.bus.start();
  if (!impl.shared.keys.signer) impl.runtime.spawn("keys", impl.keep_keys_fresh());
  if (BackupSchedule::wanted(impl.config) && impl.runs_here(impl.system.services.front().name)) {
    impl.backups = std::make_unique<BackupSchedule>(impl.runtime, impl.observer, impl.system, impl.config);
    impl.runtime.spawn("backup", impl.backups->run(&impl.stopping));
  }
  for (auto& node : impl.nodes)
    for (const Service::Job& job : node->service().jobs())
      if (!node->service().is_quarantined())
        impl.runtime.spawn(job.name,
                           run_job(&impl.runtime, &impl.observer, &impl.stopping, &node->service(), &job));
  impl.ready = true;
}

Task<void> Application::stop(Instant deadline) {
  Impl& impl = *impl_;
  impl.ready = false;
  impl.stopping = true;
  impl.gateway_open = false;
  if (impl.gateway_server) co_await impl.gateway_server->drain(deadline);
  for (auto& node : impl.nodes) co_await node->drain(deadline);
  while (impl.answering > 0 && impl.runtime.steady() < deadline)
    co_await impl.idle.wait_for(deadline - impl.runtime.steady());
  co_await impl.shared.bus.stop(deadline);
  for (auto& node : impl.nodes) co_await node->close_store();
}

void Application::on_store_failure(const std::function<void(const std::string& service)>& failed) {
  for (auto& node : impl_->nodes)
    node->store().on_failure([failed, name = node->spec().name] { failed(name); });
}

Task<void> Application::settled(Instant deadline, bool parked_ok) {
  for (auto& node : impl_->nodes) co_await node->rested(deadline);
  co_await impl_->shared.bus.settled(deadline, parked_ok);
}

bool Application::answers(std::string_view port) const {
  if (port == "gateway") return impl_->gateway_open;
  Node* node = impl_->node(port);
  return node && node->is_open();
}

Task<net::Response> Application::answer(std::string_view port, net::Request request) {
  if (!answers(port)) throw Error(Code::unavailable, "port.closed", "Nothing listens here");
  // Counted as long as its coroutine lives.
  struct Counted {
    explicit Counted(Impl* impl) : impl(impl) { ++impl->answering; }
    ~Counted() {
      if (--impl->answering == 0) impl->idle.notify();
    }
    Counted(const Counted&) = delete;
    Impl* impl;
  };
  const Counted counted(impl_.get());
  if (port == "gateway") co_return co_await impl_->gateway->handle(std::move(request));
  co_return co_await impl_->node(port)->answer(std::move(request));
}

std::vector<Application::Address> Application::addresses() const {
  std::vector<Address> found;
  const std::string host =
      impl_->config.text("host.address") == "0.0.0.0" ? "localhost" : impl_->config.text("host.address");
  auto url = [&](uint16_t port) {
    return "http://" + (host == "127.0.0.1" ? "localhost" : host) + ":" + std::to_string(port);
  };
  if (impl_->gateway_port)
    found.push_back({"gateway", url(impl_->gateway_port), url(impl_->gateway_port) + "/docs"});
  for (auto& node : impl_->nodes)
    if (node->port())
      found.push_back({node->spec().name, url(node->port()), url(node->port()) + node->spec().docs_path});
  return found;
}

uint16_t Application::port(std::string_view name) const {
  if (name == "gateway") return impl_->gateway_port;
  Node* node = impl_->node(name);
  return node ? node->port() : 0;
}

Service* Application::service(std::string_view name) {
  Node* node = impl_->node(name);
  return node ? &node->service() : nullptr;
}

Front* Application::front(std::string_view name) {
  Node* node = impl_->node(name);
  return node ? &node->front() : nullptr;
}

Gateway* Application::gateway() { return impl_->gateway.get(); }
Bus& Application::bus() { return impl_->shared.bus; }
bool Application::ready() const { return impl_->ready; }

}  // namespace portico
