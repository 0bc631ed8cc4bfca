// One process of a system: the services that run here, the gateway if it runs here, and how they reach the
// others.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "portico/gateway/gateway.h"
#include "portico/host/system.h"
#include "portico/security/password.h"

namespace portico {

// How calls between services of one process travel: as function calls, or serialised and parsed back (the
// default of tests, because it finds what a split would break).
enum class CallMode { direct, wire };

struct Placement {
  std::vector<std::string> services;  // that run in this process; the others are called at their addresses
  bool gateway = true;
  bool own_ports = true;  // each service also answers on its own port
  bool listen = true;     // false: nothing listens, requests come through answer(), front() and gateway()
  CallMode mode = CallMode::direct;
  // What a simulation puts in the place of the real thing. All must outlive the application.
  net::Sender* sender = nullptr;  // to other processes; null: HTTP over sockets
  std::string file_system;        // SQLite's name of the one that the stores lie on; empty: the system's
  std::string store_folder;       // where the stores lie; empty: host.data
  security::PasswordOptions passwords;
};

// Everything in one process.
Placement all_of(const SystemSpec& system);

// The keys that every system understands, and those of this one.
std::vector<ConfigKey> config_keys(const SystemSpec& system);

class Application {
 public:
  // The configuration is complete and checked. Throws Error for what must not start: in production a missing
  // or sample secret (Error(invalid, "secret.…")), a folder that cannot be written.
  Application(Runtime& runtime, Observer& observer, const SystemSpec& system, const Config& config,
              Placement placement);
  ~Application();

  // Opens the stores, listens, starts the bus and the jobs. Ready when it returns.
  Task<void> start();
  // Ready no longer; drains connections, the bus and running requests until `deadline`, closes the stores.
  Task<void> stop(Instant deadline);

  // Before `start`: called on any thread when the store of a service here takes no changes any more until it
  // is opened anew, by another process as a rule.
  void on_store_failure(const std::function<void(const std::string& service)>& failed);

  // Returns when no saga runs and the bus has handled everything; see Bus::settled.
  Task<void> settled(Instant deadline, bool parked_ok);

  struct Address {
    std::string name, url, docs;
  };
  std::vector<Address> addresses() const;
  // What the port of "gateway" or of a service answers: its pages, else the gateway or the service. Throws
  // Error(unavailable, "port.closed") where `answers` says no.
  Task<net::Response> answer(std::string_view port, net::Request request);
  // Whether that port is open: from the moment of `start` at which it would listen, until `stop`.
  bool answers(std::string_view port) const;
  // The port that is listened on: of "gateway" or of a service; 0 when there is none.
  uint16_t port(std::string_view name) const;

  Service* service(std::string_view name);
  Front* front(std::string_view name);
  Gateway* gateway();
  Bus& bus();
  bool ready() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The OpenAPI document of one service ("order"), or of all behind the gateway (""), without starting
// anything.
std::string openapi_of(const SystemSpec& system, std::string_view service, bool development);

}  // namespace portico
