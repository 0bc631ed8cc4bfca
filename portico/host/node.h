// One service in this process: its store, its bindings, its HTTP front and its own port.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "portico/host/application.h"
#include "portico/host/keys.h"
#include "portico/host/pages.h"
#include "portico/host/system.h"
#include "portico/net/server.h"
#include "portico/security/internal.h"
#include "portico/service/channel.h"
#include "portico/service/front.h"
#include "portico/service/sagas.h"

namespace portico {

// What the services of one process share.
struct Shared {
  // Loads the secrets as load_keys says.
  Shared(Runtime& runtime, Observer& observer, const SystemSpec& system, const Config& config,
         const Placement& placement);

  Runtime& runtime;
  Observer& observer;
  const SystemSpec& system;
  const Config& config;
  const Placement& placement;
  const bool development;
  SystemKeys keys;
  net::Client client;
  net::Sender& sender;  // the client, or what stands in its place
  Bus bus;
  security::Verifier verifier;
  security::PasswordHasher passwords;
};

// Speaks for one service (or the gateway): signs its calls and finds its neighbours.
class Identity : public Neighbours {
 public:
  // Gives the front of a neighbour in this process, or null when it runs elsewhere.
  using FindFront = std::function<Front*(std::string_view neighbour)>;
  Identity(Shared& shared, std::string name, FindFront find_front);

  Channel& channel(std::string_view neighbour) override;
  // Once everything is built: the neighbours that are called, and how the breaker before each stands.
  std::vector<std::pair<std::string, std::string>> neighbours() const;
  const Authenticator& authenticator() const { return *authenticator_; }

 private:
  std::unique_ptr<Channel> make_channel(std::string_view neighbour);

  Shared& shared_;
  std::string name_;
  FindFront find_front_;
  security::ServiceTokens tokens_;
  std::unique_ptr<Authenticator> authenticator_;
  std::map<std::string, std::unique_ptr<Channel>, std::less<>> channels_;
};

// Where a service is called when it does not run in this process.
net::Origin origin_of(const Config& config, const ServiceSpec& spec);

class Node : public ServiceParts {
 public:
  Node(Shared& shared, const ServiceSpec& spec, Identity::FindFront find_front);
  ~Node() override;

  // Builds and binds the service; every contract member must be bound afterwards.
  void build();
  // Makes the pages of the service's own port; from here on it answers.
  void open(PageSources sources);
  bool is_open() const { return open_; }
  // What the service's own port answers: a page, else the front.
  Task<net::Response> answer(net::Request request);
  // Listens on the service's own port, 0 for a free one.
  void listen(uint16_t port);
  // Opens the store and looks whether what it holds can be carried on.
  Task<void> open_store();
  Task<void> rested(Instant deadline);  // no saga runs
  Task<void> drain(Instant deadline);
  Task<void> close_store();

  const ServiceSpec& spec() const { return spec_; }
  Front& front() { return *front_; }
  uint16_t port() const { return port_; }

  Runtime& runtime() override { return shared_.runtime; }
  Observer& observer() override { return shared_.observer; }
  const Config& config() override { return shared_.config; }
  bool development() override { return shared_.development; }
  Service& service() override { return service_; }
  Store& store() override { return *store_; }
  Sagas& sagas() override;
  Channel& channel(std::string_view neighbour) override { return identity_.channel(neighbour); }
  const security::Signer& signer() override;
  security::Verifier& verifier() override { return shared_.verifier; }
  security::PasswordHasher& passwords() override { return shared_.passwords; }
  const Secret& code_key() override { return shared_.keys.code_key; }

 private:
  Shared& shared_;
  const ServiceSpec& spec_;
  std::unique_ptr<Store> store_;
  Service service_;
  std::unique_ptr<Sagas> sagas_;  // where the service has any
  Identity identity_;
  std::unique_ptr<Front> front_;
  std::vector<std::shared_ptr<void>> kept_;  // the service's object and what serves its events
  std::vector<StaticPage> pages_;
  bool open_ = false;
  std::unique_ptr<net::Server> server_;
  uint16_t port_ = 0;
};

net::ServerLimits server_limits(const Config& config);

}  // namespace portico
