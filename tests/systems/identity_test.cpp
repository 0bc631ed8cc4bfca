// Requests of many users at once never answer for one another.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

constexpr int threads = 32, requests = 50, users = 16;

struct Person {
  Account account;
  std::string order_id, product_id;
};

// One round of a user's requests; counts what belongs to somebody else.
void look(Http& http, const Person& person, int round, std::atomic<int>& foreign, std::atomic<int>& failed) {
  const std::string gateway = shop().url("gateway");
  bool direct = round % 2 == 0;
  HeaderLines token = bearer(person.account.token);
  auto get = [&](const char* service, const std::string& path) {
    Reply reply = http.send("GET", (direct ? shop().url(service) : gateway) + path, {}, token);
    if (reply.status != 200) {
      ++failed;
      ADD_FAILURE() << path << ' ' << reply;
    }
    return reply;
  };
  switch (round % 4) {
    case 0: {
      Reply profile = get("user", "/api/users/profile");
      foreign += profile.text("/data/user/id") != person.account.id;
      foreign += profile.text("/data/user/email") != person.account.email;
      break;
    }
    case 1: {
      Reply cart = get("order", "/api/cart");
      foreign += cart.size("/data/cart/items") != 1;
      foreign += cart.text("/data/cart/items/0/productId") != person.product_id;
      break;
    }
    case 2: {
      Reply orders = get("order", "/api/orders");
      foreign += orders.size("/data/orders") != 1;
      foreign += orders.text("/data/orders/0/id") != person.order_id;
      foreign += orders.text("/data/orders/0/userId") != person.account.id;
      break;
    }
    default: {
      Reply order = get("order", "/api/orders/" + person.order_id);
      foreign += order.text("/data/order/userId") != person.account.id;
    }
  }
}

TEST(Identities, NeverMixInParallelRequests) {
  std::vector<Person> people;
  for (int i = 0; i < users; ++i) {
    Person person{
        .account = shop().sign_up("identity." + std::to_string(i)), .order_id = {}, .product_id = {}};
    person.product_id = shop().product("1.00", 100, "Thing of " + std::to_string(i));
    Reply order = shop().order(person.account, {{person.product_id, 1}});
    ASSERT_EQ(order.status, 201) << order;
    person.order_id = order.text("/data/order/id");
    Reply cart =
        shop().post("order", "/api/cart", R"({"productId":")" + person.product_id + R"(","quantity":1})",
                    bearer(person.account.token));
    ASSERT_EQ(cart.status, 201) << cart;
    people.push_back(std::move(person));
  }
  std::atomic<int> foreign{0}, failed{0};
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i)
    running.emplace_back([&, i] {
      Http http;  // one connection for several users: nothing of a request stays on it
      for (int round = 0; round < requests && failed == 0; ++round)
        look(http, people[size_t(i + round) % people.size()], round + i, foreign, failed);
    });
  for (std::thread& thread : running) thread.join();
  EXPECT_EQ(foreign, 0);
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace portico::test
