#include "systems/shop/simulated_clients.h"

#include <fmt/format.h>

#include "portico/runtime/sync.h"

namespace shop {

using namespace portico;
using sim::World;

namespace {

constexpr int tries_max = 6;
constexpr int64_t first_stream = 1'000'000;  // of random numbers, far from those of faults

// Whether the same request may still succeed.
bool worth_repeating(const std::expected<net::Response, net::Failure>& answer) {
  if (!answer) return true;
  return answer->status >= 500 || answer->status == 429 || answer->status == 401 ||
         read<std::string>(answer->body, {"code"}) == "idempotency.running";
}

}  // namespace

std::unique_ptr<sim::Workload> make_shoppers(World& world, SimulationOptions options) {
  return std::make_unique<Shoppers>(world, options);
}

Shoppers::Shoppers(World& world, SimulationOptions options)
    : world_(world), options_(options), stage_(*schema::from_json<Stage>(world.notes())) {
  // Each client draws from a stream of its own, so that what happens to one does not change the others.
  for (size_t i = 0; i < stage_.shoppers.size(); ++i) {
    sim::Fault stream{.id = first_stream + int64_t(i)};
    clients_.push_back({i, sim::random_of(world.options().seed, stream)});
  }
}

Task<void> Shoppers::load(World&) {
  if (options_.canonical) {
    co_await order(&clients_.front(), true);
    co_await world_.client().sleep(std::chrono::seconds(5));
    co_return;
  }
  std::vector<Task<void>> shopping;
  for (Client& client : clients_) shopping.push_back(shop(&client));
  co_await all(std::move(shopping));
}

Task<void> Shoppers::shop(Client* client) {
  co_await order(client, false);
  for (int i = 0; i < options_.operations; ++i) {
    // Often at once, so that they meet.
    const bool at_once = client->random->below(100) < 40;
    co_await think(client, at_once ? std::chrono::milliseconds(5) : std::chrono::seconds(3));
    const uint64_t lot = client->random->below(100);
    if (lot < 60) {
      co_await order(client, lot < 50);
    } else if (lot < 70) {
      co_await check_out(client);
    } else if (lot < 80) {
      co_await cancel(client);
    } else if (lot < 92) {
      co_await look(client);
    } else {
      co_await restock(client);
    }
  }
}

Task<void> Shoppers::think(Client* client, Duration most) {
  co_await world_.client().sleep(Duration(int64_t(client->random->below(uint64_t(most.count())))));
}

Task<Shoppers::Answer> Shoppers::ask(const Client* client, net::Verb verb, std::string target,
                                     std::string body, std::string key) {
  net::Request request{.verb = verb, .target = std::move(target), .body = std::move(body)};
  if (!request.body.empty()) request.headers.set("content-type", "application/json");
  request.headers.set("authorization", "Bearer " + stage_.shoppers[client->number].token);
  if (!key.empty()) request.headers.set("idempotency-key", key);
  co_return co_await world_.ask("gateway", std::move(request), std::chrono::seconds(15));
}

std::string Shoppers::count_answer(std::string_view what, const Answer& answer) {
  std::string outcome = answer ? std::to_string(answer->status) : "no answer";
  world_.count(fmt::format("{} {}", what, outcome));
  return outcome;
}

std::string signature_of(const std::string& user, const std::map<std::string, int64_t>& items) {
  std::string text = user;
  for (const auto& [product, quantity] : items) text += fmt::format(" {}x{}", quantity, product);
  return text;
}

// With a key it is asked for again until the outcome is known; without one, once.
Task<void> Shoppers::order(Client* client, bool with_key) {
  intents_.push_back(std::make_unique<Intent>());
  Intent* intent = intents_.back().get();
  intent->shopper = client->number;
  if (with_key) intent->key = fmt::format("key-{}-{}", client->number, intents_.size());
  const uint64_t lines = options_.canonical ? 2 : 1 + client->random->below(3);
  for (uint64_t i = 0; i < lines; ++i) {
    const size_t good = options_.canonical ? 2 + i : client->random->below(stage_.goods.size());
    intent->items[stage_.goods[good].id] += 1 + int64_t(client->random->below(3));
  }
  std::string items;
  for (const auto& [product, quantity] : intent->items)
    items +=
        fmt::format(R"({}{{"productId":"{}","quantity":{}}})", items.empty() ? "" : ",", product, quantity);
  const std::string body = R"({"items":[)" + items + "]}";
  for (int tries = 0; tries < (with_key ? tries_max : 1); ++tries) {
    if (tries > 0) co_await think(client, std::chrono::seconds(4));
    Answer answer = co_await ask(client, POST, "/api/orders", body, intent->key);
    count_answer("order", answer);
    if (!with_key && ((answer && answer->status == 201) || worth_repeating(answer)))
      ++maybe_placed_[signature_of(stage_.shoppers[client->number].id, intent->items)];
    if (answer && answer->status == 422)
      world_.violate("order.key_body", "the same request was told to be another: " + answer->body);
    if (answer && answer->status == 201) {
      std::string id = read<std::string>(answer->body, {"data", "order", "id"});
      intent->order_id = id;
      co_return;
    }
    if (!worth_repeating(answer)) co_return;
  }
}

Task<void> Shoppers::check_out(Client* client) {
  const std::string& product = stage_.goods[client->random->below(stage_.goods.size())].id;
  std::string item = fmt::format(R"({{"productId":"{}","quantity":1}})", product);
  Answer added = co_await ask(client, POST, "/api/cart", std::move(item));
  count_answer("cart", added);
  for (int tries = 0; tries < 3; ++tries) {
    Answer answer = co_await ask(client, POST, "/api/cart/checkout", "{}");
    count_answer("checkout", answer);
    if (answer && answer->status == 201) {
      intents_.push_back(std::make_unique<Intent>());
      Intent& intent = *intents_.back();
      intent.shopper = client->number;
      intent.order_id = read<std::string>(answer->body, {"data", "order", "id"});
    }
    if (!worth_repeating(answer)) co_return;
    co_await think(client, std::chrono::seconds(4));
  }
}

Task<void> Shoppers::cancel(Client* client) {
  Intent* chosen = nullptr;
  for (auto& intent : intents_)
    if (intent->shopper == client->number && !intent->order_id.empty() && !intent->cancel_asked)
      chosen = intent.get();
  if (!chosen) co_return;
  chosen->cancel_asked = true;
  for (int tries = 0; tries < 3; ++tries) {
    Answer answer = co_await ask(client, POST, "/api/orders/" + chosen->order_id + "/cancel", "{}");
    count_answer("cancel", answer);
    if (answer && answer->status == 200) chosen->cancelled = true;
    if (!worth_repeating(answer)) co_return;
    co_await think(client, std::chrono::seconds(4));
  }
}

// What was acknowledged is there whenever it can be read.
Task<void> Shoppers::look(Client* client) {
  for (size_t i = intents_.size(); i-- > 0;) {
    Intent* intent = intents_[i].get();
    if (intent->shopper != client->number || intent->order_id.empty()) continue;
    Answer answer = co_await ask(client, GET, "/api/orders/" + intent->order_id);
    count_answer("read", answer);
    if (answer && answer->status == 404)
      world_.violate("order.acknowledged", "order " + intent->order_id + " was confirmed and is not there");
    co_return;
  }
}

Task<void> Shoppers::restock(Client* client) {
  const std::string& product = stage_.goods[client->random->below(stage_.goods.size())].id;
  const int64_t pieces = 1 + int64_t(client->random->below(5));
  net::Request request{.verb = PUT,
                       .target = "/api/products/" + product + "/stock",
                       .body = fmt::format(R"({{"quantity":{}}})", pieces)};
  request.headers.set("content-type", "application/json");
  request.headers.set("x-internal-key", simulated_key);
  Answer answer = co_await world_.ask("product", std::move(request), std::chrono::seconds(15));
  count_answer("restock", answer);
  (answer && answer->status == 200 ? restocked_ : maybe_restocked_)[product] += pieces;
}

}  // namespace shop
