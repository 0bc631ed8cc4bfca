// For the simulation of the shop only: its clients, what they remember, and how that is compared with what
// the shop says.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "portico/schema/json.h"
#include "systems/shop/simulation.h"

namespace shop {

inline constexpr std::string_view simulated_key = "simulated-internal-key-0123456789abcdef";

struct Shopper {
  std::string id, token;
};
PORTICO_DESCRIBE(Shopper, id, token)

struct Good {
  std::string id;
  int64_t stock = 0;  // at the beginning
  int64_t price = 0;  // in cents
};
PORTICO_DESCRIBE(Good, id, stock, price)

// What a run begins with.
struct Stage {
  std::vector<Shopper> shoppers;
  std::vector<Good> goods;
};
PORTICO_DESCRIBE(Stage, shoppers, goods)

// The value at `path` of a JSON text, or a default one.
template <class T>
T read(const std::string& body, std::vector<std::string_view> path) {
  T value{};
  portico::schema::read_json_at(body, path, portico::schema::type_of<T>(), &value);
  return value;
}

// An order that a client wants, and what it knows of it.
struct Intent {
  size_t shopper = 0;
  std::string key;  // empty: sent once, without one
  std::map<std::string, int64_t> items;
  std::string order_id;  // of the answer that confirmed it
  bool cancel_asked = false;
  bool cancelled = false;  // acknowledged
};

// Tells the orders of a user apart by what is in them.
std::string signature_of(const std::string& user, const std::map<std::string, int64_t>& items);

class Shoppers : public portico::sim::Workload {
 public:
  Shoppers(portico::sim::World& world, SimulationOptions options);
  portico::Task<void> load(portico::sim::World& world) override;
  portico::Task<void> check(portico::sim::World& world) override;
  portico::Task<void> check_at_rest(portico::sim::World& world) override;

 private:
  using Answer = std::expected<portico::net::Response, portico::net::Failure>;
  struct Client {
    size_t number = 0;
    std::unique_ptr<portico::Random> random;
  };
  // simulated_clients.cpp
  portico::Task<void> shop(Client* client);
  portico::Task<void> order(Client* client, bool with_key);
  portico::Task<void> check_out(Client* client);
  portico::Task<void> cancel(Client* client);
  portico::Task<void> look(Client* client);
  portico::Task<void> restock(Client* client);
  portico::Task<Answer> ask(const Client* client, portico::net::Verb verb, std::string target,
                            std::string body = {}, std::string key = {});
  portico::Task<void> think(Client* client, portico::Duration most);
  std::string count_answer(std::string_view what, const Answer& answer);
  // simulated_checks.cpp
  portico::Task<bool> sagas_open();
  portico::Task<void> check_orders();
  portico::Task<void> check_mails();
  portico::Task<void> compare(portico::Call& call, struct RestingShop& shop);

  portico::sim::World& world_;
  const SimulationOptions options_;
  Stage stage_;
  std::vector<Client> clients_;
  std::vector<std::unique_ptr<Intent>> intents_;
  std::map<std::string, int64_t> restocked_, maybe_restocked_;  // by product
  std::map<std::string, int64_t> maybe_placed_;  // without a key and not refused, by user and items
};

std::unique_ptr<portico::sim::Workload> make_shoppers(portico::sim::World& world, SimulationOptions options);

}  // namespace shop
