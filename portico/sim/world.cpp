#include "portico/sim/world.h"

#include <algorithm>

#include "portico/sim/injector.h"
#include "portico/sim/world_process.h"

namespace portico::sim {
namespace {

constexpr std::string_view inspector_name = "inspector";

// What a simulation decides otherwise than a real process: no idle turns, and signatures that repeat
// themselves.
const Settings simulated_settings = {
    {"bus.poll", "2s"}, {"gateway.rate_limit", "0"}, {"security.jwt_algorithm", "EdDSA"}};

}  // namespace

World::World(const SystemSpec& system, WorldOptions options)
    : system_(system),
      options_(std::move(options)),
      runtime_(
          SimRuntime::make(options_.seed, options_.snapshot ? options_.snapshot->time : SimRuntime::epoch)),
      control_(runtime_->node("world")),
      random_(make_seeded_random(options_.seed ^ 0x776f726b6c6f6164)),
      disk_(*runtime_, options_.seed, options_.snapshot ? options_.snapshot->disk : Disk::Image{}),
      network_(*runtime_, options_.seed),
      client_(runtime_->node(std::string(client_name))),
      injector_(std::make_unique<Injector>(*this)),
      progress_(*runtime_) {
  auto deaf = [](std::string_view) { return false; };
  network_.attach(std::string(client_name), {&client_, deaf, nullptr});
  network_.attach(std::string(inspector_name), {&control_, deaf, nullptr});
  sender_ = network_.sender(std::string(client_name));
  inspector_ = network_.sender(std::string(inspector_name));
  runtime_->on_task_failure([this](std::string_view name, std::string_view what) {
    violate("no_task_fails", std::string(name) + ": " + std::string(what));
  });
  const bool split = options_.topology == Topology::split;
  auto add = [&](std::string name, std::vector<std::string> services, bool gateway) {
    auto process = std::make_unique<Process>();
    process->name = name;
    process->placement = {.services = services, .gateway = gateway, .listen = false, .mode = CallMode::wire};
    process->placement.file_system = disk_.file_system();
    process->placement.store_folder = name;
    process->placement.passwords = security::PasswordOptions::fast();
    if (gateway) services.emplace_back("gateway");
    for (std::string& port : services) {
      network_.place(port, name);
      ports_[std::move(port)] = name;
    }
    names_.push_back(std::move(name));
    processes_.push_back(std::move(process));
  };
  const Placement all = all_of(system_);
  if (!split) add(system_.name, all.services, true);
  if (split) {
    for (const std::string& service : all.services) add(service, {service}, false);
    add("gateway", {}, true);
  }
}

World::~World() {
  restarting_ = false;
  runtime_->kill("world");
  runtime_->kill(client_name);
  for (auto& process : processes_) {
    network_.detach(process->name);
    runtime_->kill(process->name);
    disk_.crash(process->name, PowerCut::keep_all, *random_);
    process->life.reset();
    process->corpse.reset();
  }
  runtime_->kill("network");
}

Config World::make_config() const {
  Config config(config_keys(system_));
  for (const ServiceSpec& service : system_.services)
    config.set(service.name + ".url", "http://" + service.name + ":" + std::to_string(service.port), "world");
  config.set("host.data", options_.keys, "world");
  config.set("host.address", "gateway", "world");  // nothing listens: the name of a port
  for (const Settings* settings : {&simulated_settings, &options_.settings})
    for (const auto& [key, value] : *settings) config.set(key, value, "world");
  return config;
}

const std::string& World::notes() const {
  static const std::string none;
  return options_.snapshot ? options_.snapshot->notes : none;
}

const World::Process* World::find(std::string_view name) const {
  auto found = std::ranges::find(processes_, name,
                                 [](const auto& process) { return std::string_view(process->name); });
  return found == processes_.end() ? nullptr : found->get();
}

World::Process& World::process(std::string_view name) {
  const Process* found = find(name);
  PORTICO_CHECK(found != nullptr);
  return const_cast<Process&>(*found);
}

const std::string& World::process_of(std::string_view port) const {
  auto found = ports_.find(port);
  PORTICO_CHECK(found != ports_.end());
  return found->second;
}

Application* World::application(std::string_view name) {
  const Process* found = find(name);
  return found && found->life ? found->life->application.get() : nullptr;
}

std::string World::store_path(std::string_view service) const {
  return process_of(service) + "/" + std::string(service) + ".db";
}

Task<std::expected<net::Response, net::Failure>> World::ask(std::string port, net::Request request,
                                                            Duration limit) {
  if (request.peer.empty()) request.peer = "192.0.2.1";  // an address for documentation (RFC 5737)
  const Instant deadline = runtime_->steady() + limit;
  co_return co_await sender_->send({.host = std::move(port)}, std::move(request), deadline);
}

void World::violate(std::string invariant, std::string text) {
  violations_.push_back(
      {std::move(invariant), std::move(text), int64_t(runtime_->event_count()), runtime_->steady().us});
}

std::map<std::string, uint64_t> World::faults_applied() const {
  std::map<std::string, uint64_t> counts;
  for (size_t i = 0; i < fault_kinds; ++i)
    if (uint64_t count = injector_->applied(FaultKind(i))) counts[std::string(name_of(FaultKind(i)))] = count;
  return counts;
}

void World::inject(std::vector<Fault> faults) {
  disk_.set_watch(injector_.get());
  network_.set_watch(injector_.get());
  injector_->start(std::move(faults));
}

void World::heal() {
  injector_->stop();
  disk_.set_watch(nullptr);
  network_.set_watch(nullptr);
  for (const std::string& name : names_) inspect_later(name);
}

Operator& World::services() {
  if (!services_) {
    config_ = std::make_unique<const Config>(make_config());
    services_ = std::make_unique<Operator>(client_, observer_, system_, *config_, sender_.get());
  }
  return *services_;
}

std::string World::log() {
  for (auto& process : processes_)
    for (auto* life : {process->life.get(), process->corpse.get()})
      if (life) life->log.flush();
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < lines_.size();) {
    const size_t end = std::min(lines_.find('\n', begin), lines_.size() - 1);
    lines.push_back(lines_.substr(begin, end + 1 - begin));
    begin = end + 1;
  }
  std::ranges::sort(lines);  // each begins with its time
  std::string sorted;
  for (const std::string& line : lines) sorted += line;
  return sorted;
}

}  // namespace portico::sim
