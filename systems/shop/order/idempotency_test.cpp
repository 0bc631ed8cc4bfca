// The same order asked for again: after it was placed, meanwhile, after a restart, with another body.
#include <gtest/gtest.h>

#include "systems/shop/test_support.h"

namespace shop::order {
namespace {

using namespace std::chrono_literals;

class Idempotency : public testing::Test {
 protected:
  Idempotency() : jane(shop.sign_up("jane@shop.example")) {
    std::string category =
        at<std::string>(shop.ask("product", POST, "/api/categories", R"({"name":"Things"})", internal),
                        {"data", "category", "id"});
    product = at<std::string>(
        shop.ask("product", POST, "/api/products",
                 R"({"name":"Lamp","price":2.5,"stock":10,"categoryId":")" + category + R"("})", internal),
        {"data", "product", "id"});
  }

  // Places an order with the given values of the header.
  net::Request request(std::vector<std::string> keys, int quantity = 1, std::string token = "") {
    net::Request request{.verb = POST,
                         .target = "/api/orders",
                         .body = R"({"items":[{"productId":")" + product + R"(","quantity":)" +
                                 std::to_string(quantity) + "}]}"};
    request.headers.set("content-type", "application/json");
    request.headers.set("authorization", "Bearer " + (token.empty() ? jane.token : token));
    for (const std::string& key : keys) request.headers.add("idempotency-key", key);
    return request;
  }
  net::Response order(std::vector<std::string> keys, int quantity = 1, std::string token = "") {
    std::vector<net::Request> one;
    one.push_back(request(std::move(keys), quantity, std::move(token)));
    return at_once(std::move(one)).at(0);
  }
  // Side by side, each later than the one before by `apart`.
  std::vector<net::Response> at_once(std::vector<net::Request> requests, Duration apart = {}) {
    std::vector<net::Response> answers(requests.size());
    shop.run(send_all(&shop.app(), std::move(requests), apart, &answers));
    return answers;
  }
  int64_t stock() {
    return at<int64_t>(shop.ask("product", GET, "/api/products/" + product), {"data", "product", "stock"});
  }
  static std::string id_of(const net::Response& answer) {
    EXPECT_EQ(answer.status, 201) << answer.body;
    return at<std::string>(answer, {"data", "order", "id"});
  }

  const Ask internal{.internal = true};
  TestShop shop;
  user::SignedIn jane;
  std::string product;

 private:
  static Task<void> send(Front* front, Runtime* runtime, net::Request request, Duration wait,
                         net::Response* answer) {
    co_await runtime->sleep(wait);
    *answer = co_await front->handle(std::move(request));
  }
  Task<void> send_all(Application* app, std::vector<net::Request> requests, Duration apart,
                      std::vector<net::Response>* answers) {
    Call call = shop.call("test");
    std::vector<Task<void>> tasks;
    for (size_t i = 0; i < requests.size(); ++i)
      tasks.push_back(send(app->front("order"), &call.runtime(), std::move(requests[i]), apart * int(i),
                           &answers->at(i)));
    co_await all(std::move(tasks));
  }
};

TEST_F(Idempotency, TheSameKeyIsTheSameOrderWithQuotesAndWithout) {
  const std::string id = id_of(order({"a-click"}));
  EXPECT_EQ(id_of(order({"a-click"})), id);
  EXPECT_EQ(id_of(order({R"("a-click")"})), id);
  EXPECT_NE(id_of(order({R"("a click")"})), id);
  EXPECT_NE(id_of(order({})), id);
  EXPECT_EQ(stock(), 7);
}

TEST_F(Idempotency, AnotherBodyWithTheKeyIsRefused) {
  id_of(order({"k"}));
  net::Response other = order({"k"}, 2);
  EXPECT_EQ(other.status, 422) << other.body;
  EXPECT_EQ(stock(), 9);
}

TEST_F(Idempotency, WhileTheFirstRunsTheSecondIsToldSo) {
  shop.app().service("product")->set_fault([](Call& call, const EndpointInfo& endpoint) -> Task<void> {
    if (endpoint.name == "reserve") co_await call.runtime().sleep(2s);
  });
  std::vector<net::Request> requests;
  for (int i = 0; i < 2; ++i) requests.push_back(request({"k"}));
  auto answers = at_once(std::move(requests), 1s);
  const std::string id = id_of(answers[0]);
  EXPECT_EQ(answers[1].status, 409) << answers[1].body;
  EXPECT_EQ(at<std::string>(answers[1], {"code"}), "idempotency.running");
  shop.app().service("product")->set_fault(nullptr);
  EXPECT_EQ(id_of(order({"k"})), id);
  EXPECT_EQ(stock(), 9);
}

TEST_F(Idempotency, OfManyAtOnceOneIsPlaced) {
  std::vector<net::Request> requests;
  for (int i = 0; i < 8; ++i) requests.push_back(request({"k"}));
  std::set<std::string> ids;
  for (const net::Response& answer : at_once(std::move(requests))) {
    EXPECT_TRUE(answer.status == 201 || answer.status == 409) << answer.body;
    if (answer.status == 201) ids.insert(id_of(answer));
  }
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(stock(), 9);
}

TEST_F(Idempotency, AKeyThatIsNoStringIsRefused) {
  const std::string longest(255, 'k');
  const std::vector<std::vector<std::string>> bad = {{""},
                                                     {"\"\""},
                                                     {"\"open"},
                                                     {"\"a\";b=1"},
                                                     {"\"a\" \"b\""},
                                                     {"half\"quoted"},
                                                     {"two words"},
                                                     {"\"bad \\escape\""},
                                                     {"\"ends in \\"},
                                                     {"caf\xc3\xa9"},
                                                     {"\"caf\xc3\xa9\""},
                                                     {"\"tab\tbed\""},
                                                     {longest + "k"},
                                                     {"\"" + longest + "k\""},
                                                     {"a", "a"}};
  for (const std::vector<std::string>& keys : bad) {
    net::Response answer = order(keys);
    EXPECT_EQ(answer.status, 400) << keys[0];
    EXPECT_EQ(at<std::string>(answer, {"code"}), "idempotency.key");
  }
  EXPECT_EQ(stock(), 10);
  EXPECT_EQ(id_of(order({longest})), id_of(order({"\"" + longest + "\""})));
  EXPECT_EQ(id_of(order({R"("a \"quoted\" \\ key")"})), id_of(order({R"("a \"quoted\" \\ key")"})));
}

TEST_F(Idempotency, AKeyIsOneUsersOwn) {
  user::SignedIn john = shop.sign_up("john@shop.example", "John");
  EXPECT_NE(id_of(order({"k"})), id_of(order({"k"}, 3, john.token)));
  EXPECT_EQ(stock(), 6);
}

TEST_F(Idempotency, AKeyIsKnownAfterARestart) {
  const std::string id = id_of(order({"k"}));
  shop.stop();
  shop.start();
  EXPECT_EQ(id_of(order({"k"})), id);
  EXPECT_EQ(order({"k"}, 2).status, 422);
  EXPECT_EQ(stock(), 9);
}

}  // namespace
}  // namespace shop::order
