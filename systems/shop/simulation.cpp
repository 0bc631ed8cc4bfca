#include "systems/shop/simulation.h"

#include <fmt/format.h>

#include "portico/runtime/sim_scheduler.h"
#include "portico/schema/json.h"
#include "systems/shop/simulated_clients.h"

namespace shop {

using namespace portico;
using sim::World;

namespace {

constexpr int stocks[] = {400, 40, 15, 6};  // of the products: some run out, after others were taken

net::Request post(std::string target, std::string body) {
  net::Request request{.verb = POST, .target = std::move(target), .body = std::move(body)};
  request.headers.set("content-type", "application/json");
  return request;
}

// The body of an answer that must be good: nothing fails while the stores are filled.
Task<std::string> must(World& world, std::string port, net::Request request) {
  auto answer = co_await world.ask(port, std::move(request));
  if (!answer || answer->status >= 300)
    throw Error(Code::internal, "sim.prepare", "The shop cannot be filled")
        .with_note(answer ? answer->body : answer.error().note);
  co_return answer->body;
}

Task<std::string> prepare(World& world, int clients) {
  Stage stage;
  for (int i = 0; i < clients; ++i) {
    std::string email = fmt::format("client{}@shop.example", i);
    std::string body = co_await must(
        world, "gateway",
        post("/api/users/register",
             fmt::format(
                 R"({{"firstName":"Client","lastName":"Number","email":"{}","password":"password-{}"}})",
                 email, i)));
    stage.shoppers.push_back(
        {read<std::string>(body, {"data", "user", "id"}), read<std::string>(body, {"data", "token"})});
  }
  auto internal = [](net::Request request) {
    request.headers.set("x-internal-key", simulated_key);
    return request;
  };
  std::string category = read<std::string>(
      co_await must(world, "product", internal(post("/api/categories", R"({"name":"All"})"))),
      {"data", "category", "id"});
  for (int stock : stocks) {
    std::string body = fmt::format(R"({{"name":"Thing of {}","price":{}.25,"stock":{},"categoryId":"{}"}})",
                                   stock, stock % 7 + 1, stock, category);
    std::string answer = co_await must(world, "product", internal(post("/api/products", std::move(body))));
    stage.goods.push_back(
        {read<std::string>(answer, {"data", "product", "id"}), stock, (stock % 7 + 1) * 100 + 25});
  }
  co_await world.runtime().sleep(std::chrono::seconds(20));  // the welcome mails
  co_return schema::to_json(stage);
}

// Half of the runs hold reservations for long, so that no expiry makes up for what was not given back; some
// give up calls early, whose requests then arrive after what undoes them.
sim::Settings knobs(uint64_t seed) {
  SeededRandom random(seed ^ 0x6b6e6f6273);
  static constexpr std::string_view patience[] = {"300ms", "1s", "5s"};
  return {{"order.reservation_hold", random.below(2) == 0 ? "4s" : "15m"},
          {"call.timeout", std::string(patience[random.below(std::size(patience))])}};
}

}  // namespace

sim::Scenario make_scenario(const SystemSpec& system, SimulationOptions options) {
  sim::Scenario scenario{.name = options.canonical ? "one order" : "shoppers", .system = &system};
  scenario.settings = {{"security.internal_key", std::string(simulated_key)},
                       {"gateway.rate_limit", "1000000"},
                       {"saga.lease", "4s"},
                       {"saga.retry_max", "15s"},
                       {"bus.poll", "2s"},
                       {"bus.retention", "30s"}};
  scenario.knobs = knobs;
  scenario.prepare = [options](World& world) { return prepare(world, options.clients); };
  scenario.make = [options](World& world) { return make_shoppers(world, options); };
  scenario.sometimes = {"saga.resumed",        "saga.undone",          "saga.compensated_late",
                        "saga.overtaken",      "saga.waits_for_retry", "reservation.refused_after_release",
                        "reservation.expired", "reservation.repeated", "order.replayed",
                        "order.key_running",   "order.out_of_stock",   "notification.repeated",
                        "store.batch_undone",  "store.commit_failed",  "bus.delivery_failed",
                        "breaker.opened"};
  return scenario;
}

}  // namespace shop
