// What a system is made of: its services, their ports and how each is built. Written once in
// systems/<name>/system.cpp, the composition root; which of the services run in which process is the
// topology's business.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "portico/host/config.h"
#include "portico/host/invariant.h"
#include "portico/security/one_time_code.h"
#include "portico/security/password.h"
#include "portico/security/token.h"
#include "portico/service/presenter.h"
#include "portico/service/sagas.h"
#include "portico/service/service.h"

namespace portico {

class StoppedSystem;

// The services of a system as seen by one of them: by name, wherever they run.
class Neighbours {
 public:
  virtual ~Neighbours() = default;
  virtual Channel& channel(std::string_view neighbour) = 0;
  // A neighbour by its contract: no address, no topology.
  template <class Api>
  Client<Api> client(std::string_view neighbour) {
    return Client<Api>(channel(neighbour));
  }
};

// What a service is built from. Everything lives longer than the service.
class ServiceParts : public Neighbours {
 public:
  virtual Runtime& runtime() = 0;
  virtual Observer& observer() = 0;
  virtual const Config& config() = 0;
  virtual bool development() = 0;
  virtual Service& service() = 0;  // to bind to
  virtual Store& store() = 0;      // its own; open only after every service is built
  virtual Sagas& sagas() = 0;      // its own, in that store
  // Of the service that issues the system's user tokens; others get Error(internal).
  virtual const security::Signer& signer() = 0;
  virtual security::Verifier& verifier() = 0;
  virtual security::PasswordHasher& passwords() = 0;
  virtual const Secret& code_key() = 0;  // for one-time codes
};

struct ServiceSpec {
  std::string name;                     // "order"
  std::string title;                    // "Order service"
  uint16_t port = 0;                    // its own, in development and split topologies
  std::string docs_path;                // "/api/docs"
  std::vector<std::string> prefixes;    // what the gateway sends to it: "/api/orders"
  std::string url_variable;             // "ORDER_SERVICE_URL"
  std::vector<std::string> publishers;  // services whose events it handles
  std::vector<EndpointInfo> endpoints;  // its contract: endpoints_of<Api>()
  // Builds the service's object and binds every endpoint; the result is kept until the end.
  std::function<std::shared_ptr<void>(ServiceParts& parts)> build;
  bool issues_tokens = false;  // this service signs the system's user tokens
};

// The endpoints of a contract, in its order.
template <class Api>
std::vector<EndpointInfo> endpoints_of() {
  std::vector<EndpointInfo> endpoints;
  schema::for_each_field<Api>(
      [&]<auto P>(schema::Field<P>) { endpoints.push_back((api_of<Api>().*P).info); });
  return endpoints;
}

struct DemoAccount {
  std::string email, password, role;
};

struct SystemSpec {
  std::string name;  // "shop"
  std::string title;
  uint16_t gateway_port = 0;
  std::vector<ServiceSpec> services;
  std::vector<ConfigKey> keys;  // of its own, besides the platform's
  std::string built_in_toml;    // systems/<name>/system.toml
  std::shared_ptr<const Presenter> presenter;
  std::vector<DemoAccount> demo_accounts;
  // Lines printed at the start: where mail goes, how to get demo data.
  std::function<std::vector<std::string>(const Config& config)> start_notes;
  // Fills a running system with demo data through its own API, with internal rights; safe to repeat.
  std::function<Task<void>(Call& call, Neighbours& neighbours)> seed;
  // What must hold of the data of all services together. Is called before the stores are opened and declares
  // the collections of every service, which its functions read once they are open.
  std::function<std::vector<Invariant>(StoppedSystem& stores)> invariants;

  const ServiceSpec* find(std::string_view service) const;
  const ServiceSpec* issuer() const;  // of the user tokens; null when there is none
};

}  // namespace portico
