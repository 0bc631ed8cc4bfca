#include "tests/systems/test_system.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "tests/systems/placements.h"

namespace portico::test {
namespace {

std::unique_ptr<Shop>& shared() {
  static std::unique_ptr<Shop> shop;
  return shop;
}

// Stops the shared shop while everything it needs is still there.
class SharedShop : public ::testing::Environment {
 public:
  void TearDown() override { shared().reset(); }
};

[[maybe_unused]] const auto* environment =
    ::testing::AddGlobalTestEnvironment(std::make_unique<SharedShop>().release());

Reply expect(Reply reply, int status, const char* what) {
  if (reply.status == status) return reply;
  std::string text =
      std::string(what) + " answered " + std::to_string(reply.status) + " " + reply.body + reply.failure;
  throw std::runtime_error(text);
}

}  // namespace

Mode mode() {
  const char* text = std::getenv("PORTICO_MODE");
  std::string name = text ? text : "wire";
  if (name == "direct") return Mode::direct;
  if (name == "wire") return Mode::wire;
  if (name == "split") return Mode::split;
  throw std::runtime_error("PORTICO_MODE must be direct, wire or split, not " + name);
}

HeaderLines internal_key() { return {std::string("X-Internal-Key: ") + internal_key_of_samples}; }

std::unique_ptr<Shop> Shop::start(const Settings& settings) {
  return mode() == Mode::split ? start_program(true, settings) : start_in_process(mode(), settings);
}

std::unique_ptr<Shop> Shop::start_mortal(const Settings& settings) {
  return start_program(mode() == Mode::split, settings);
}

Settings Shop::complete(const Settings& settings, const std::string& data) const {
  Settings all{{"host.data", data},
               {"host.reactors", "2"},
               {"host.drain", "2s"},
               {"gateway.rate_limit", "0"},
               {"call.timeout", "15s"},
               {"http.request_timeout", "30s"},
               {"security.internal_key", internal_key_of_samples},
               {"log.format", "json"}};
  for (const auto& [key, value] : settings) all[key] = value;
  return all;
}

Reply Shop::ask(const std::string& where, const std::string& verb, const std::string& path,
                const std::string& body, const HeaderLines& headers) {
  return http_.send(verb, url(where) + path, body, headers);
}
Reply Shop::get(const std::string& where, const std::string& path, const HeaderLines& headers) {
  return ask(where, "GET", path, {}, headers);
}
Reply Shop::post(const std::string& where, const std::string& path, const std::string& body,
                 const HeaderLines& headers) {
  return ask(where, "POST", path, body, headers);
}
Reply Shop::put(const std::string& where, const std::string& path, const std::string& body,
                const HeaderLines& headers) {
  return ask(where, "PUT", path, body, headers);
}
Reply Shop::remove(const std::string& where, const std::string& path, const HeaderLines& headers) {
  return ask(where, "DELETE", path, {}, headers);
}

Account Shop::sign_up(const std::string& name) {
  Account account{.email = name + "." + std::to_string(++signed_up_) + "@shop.test",
                  .password = "correct horse battery"};
  std::string body = R"({"firstName":"Test","lastName":"Person","email":")" + account.email +
                     R"(","password":")" + account.password + R"("})";
  Reply reply = expect(post("user", "/api/users/register", body), 201, "register");
  account.id = reply.text("/data/user/id");
  account.token = reply.text("/data/token");
  return account;
}

const Account& Shop::user(const std::string& name) {
  auto found = users_.find(name);
  if (found == users_.end()) found = users_.emplace(name, sign_up(name)).first;
  return found->second;
}

const Account& Shop::admin() {
  auto found = users_.find("admin");
  if (found != users_.end()) return found->second;
  Account account = sign_up("admin");
  expect(put("user", "/api/users/internal/" + account.id + "/role", R"({"role":"admin"})", internal_key()),
         200, "change role");
  // The role stands in the token, so it takes a new one.
  std::string body = R"({"email":")" + account.email + R"(","password":")" + account.password + R"("})";
  account.token = expect(post("user", "/api/users/login", body), 200, "login").text("/data/token");
  return users_.emplace("admin", account).first->second;
}

std::string Shop::category() {
  if (category_.empty())
    category_ = expect(post("product", "/api/categories", R"({"name":"Things of tests"})", internal_key()),
                       201, "create category")
                    .text("/data/category/id");
  return category_;
}

std::string Shop::product(const std::string& price, int stock, const std::string& name) {
  std::string body = R"({"name":)" + json_text(name) + R"(,"price":)" + price + R"(,"stock":)" +
                     std::to_string(stock) + R"(,"categoryId":")" + category() + R"("})";
  return expect(post("product", "/api/products", body, internal_key()), 201, "create product")
      .text("/data/product/id");
}

int64_t Shop::stock(const std::string& product_id) {
  return expect(get("product", "/api/products/" + product_id), 200, "read product")
      .number("/data/product/stock");
}

size_t Shop::orders_of(const Account& account) {
  Reply reply = expect(get("order", "/api/orders?limit=100", bearer(account.token)), 200, "list orders");
  return size_t(reply.number("/data/pagination/total"));
}

Reply Shop::order(const Account& account, const std::vector<std::pair<std::string, int>>& items,
                  HeaderLines headers) {
  headers.push_back(bearer(account.token).at(0));
  return post("order", "/api/orders", order_body(items), headers);
}

Reply Shop::mails_to(const std::string& email) {
  return get("notification", "/dev/mail?to=" + escaped(email));
}

Shop& shop() {
  if (!shared()) shared() = Shop::start();
  return *shared();
}

std::vector<std::string> places_of(const Shop& shop) {
  std::vector<std::string> arguments = {"--data", shop.data()};
  for (const char* place : {"gateway", "user", "product", "order", "notification"}) {
    std::string url = shop.url(place);
    arguments.push_back("--set");
    arguments.push_back(std::string(place) + ".port=" + url.substr(url.rfind(':') + 1));
  }
  return arguments;
}

std::string order_body(const std::vector<std::pair<std::string, int>>& items) {
  std::string body = R"({"items":[)";
  for (const auto& [product, quantity] : items) {
    if (body.back() != '[') body += ',';
    body += R"({"productId":)" + json_text(product) + R"(,"quantity":)" + std::to_string(quantity) + "}";
  }
  return body + "]}";
}

}  // namespace portico::test
