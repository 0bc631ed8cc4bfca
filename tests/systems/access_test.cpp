// Who may use what: every endpoint by role, and every thing with an owner by who asks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/systems/contract.h"

namespace portico::test {
namespace {

struct Caller {
  const char* name;
  HeaderLines headers;
  std::string id;  // of the user, where it is one
  bool user = false, admin = false, internal = false;
};

std::vector<Caller> callers() {
  const Account& user = shop().user("plain");
  const Account& admin = shop().admin();
  return {{.name = "anonymous", .headers = {}, .id = "nobody"},
          {.name = "user", .headers = bearer(user.token), .id = user.id, .user = true},
          {.name = "admin", .headers = bearer(admin.token), .id = admin.id, .user = true, .admin = true},
          {.name = "internal", .headers = internal_key(), .id = user.id, .internal = true}};
}

// What the endpoint table demands: 0 where the caller may go on.
int refusal(const Access& access, const Caller& caller) {
  if (access.anyone || (access.signed_in && caller.user) || (access.internal && caller.internal)) return 0;
  for (size_t i = 0; i < access.role_count; ++i)
    if (caller.admin && access.roles[i] == "admin") return 0;
  if (access.only_internal()) return 401;
  return caller.user ? 403 : 401;
}

Reply use(const std::string& where, const ContractEndpoint& endpoint, const Caller& caller) {
  std::string verb(net::name_of(endpoint.info.verb));
  return shop().ask(where, verb, path_of(endpoint.info, "no-such-id", caller.id),
                    endpoint.takes_body() ? "{}" : "", caller.headers);
}

// An empty cart of the user is what DELETE leaves and checkout refuses, so all may be called.
TEST(Access, EveryEndpointRefusesWhomItsTableRefusesOnItsOwnPort) {
  for (const ContractEndpoint& endpoint : contract())
    for (const Caller& caller : callers()) {
      SCOPED_TRACE(endpoint.name() + " as " + caller.name);
      Reply reply = use(endpoint.service, endpoint, caller);
      int expected = refusal(endpoint.info.access, caller);
      if (expected == 0) {
        EXPECT_NE(reply.status, 401) << reply;
        EXPECT_NE(reply.status, 403) << reply;
        EXPECT_LT(reply.status, 500) << reply;
      } else {
        EXPECT_EQ(reply.status, expected) << reply;
        EXPECT_EQ(reply.text("/success"), "false");
        EXPECT_TRUE(reply.fields_at_fault().empty()) << "whom it refuses learns of the input: " << reply;
      }
    }
}

TEST(Access, ThroughTheGatewayTheInternalKeyGivesNoRightsAndInsideEndpointsAreNotThere) {
  for (const ContractEndpoint& endpoint : contract())
    for (Caller caller : callers()) {
      SCOPED_TRACE(endpoint.name() + " as " + caller.name);
      caller.internal = false;
      Reply reply = use("gateway", endpoint, caller);
      if (endpoint.info.inside) {
        EXPECT_EQ(reply.status, 404) << reply;
        continue;
      }
      int expected = refusal(endpoint.info.access, caller);
      if (expected == 0)
        EXPECT_TRUE(reply.status != 401 && reply.status != 403 && reply.status < 500) << reply;
      else
        EXPECT_EQ(reply.status, expected) << reply;
    }
}

TEST(Access, InsideEndpointsStayHiddenHoweverTheirPathIsWritten) {
  const Account& user = shop().user("plain");
  std::string paths[] = {"/api/users/internal/" + user.id,       "/api/users//internal/" + user.id,
                         "/api/users/./internal/" + user.id,     "/api/users/x/../internal/" + user.id,
                         "/api/users/%69nternal/" + user.id,     "/api/users%2Finternal/" + user.id,
                         "/api/users/internal/" + user.id + "/", "/api/users/internal/" + user.id + "?x=1",
                         "/api/users\\internal/" + user.id,      "/api/Users/internal/" + user.id};
  for (const std::string& path : paths) {
    Reply reply = shop().get("gateway", path, every_right());
    EXPECT_TRUE(reply.status == 404 || reply.status == 400) << path << ' ' << reply;
  }
}

// Who asks for somebody's thing.
struct Statuses {
  int owner, other, anonymous, admin;
};

struct OwnedCase {
  const char* name;  // of the endpoint in the contract
  std::string body;
  Statuses expected;
};

class Owned : public ::testing::Test {
 protected:
  // Things of the owner, new for every question: an order, a row in the cart, a notification.
  std::string path_for(const ContractEndpoint& endpoint) {
    std::string id = "none";
    if (endpoint.service == "order" && endpoint.info.path.starts_with("/api/orders/"))
      id = shop().order(owner_, {{product_, 1}}).text("/data/order/id");
    if (endpoint.info.path.starts_with("/api/cart/")) {
      Reply row = shop().post("order", "/api/cart", R"({"productId":")" + product_ + R"(","quantity":1})",
                              bearer(owner_.token));
      id = endpoint.info.path == "/api/cart/{id}" ? row.text("/data/item/id") : product_;
    }
    if (endpoint.service == "notification")
      id = shop()
               .post("notification", "/api/notifications",
                     R"({"userId":")" + owner_.id +
                         R"(","title":"t","description":"d","notificationType":"in_app"})",
                     internal_key())
               .text("/data/id");
    return path_of(endpoint.info, id, owner_.id);
  }

  const Account& owner_ = shop().user("matrix.owner");
  const Account& other_ = shop().user("matrix.other");
  std::string product_ = shop().product("1.00", 1000);
};

TEST_F(Owned, ThingsAnswerTheirOwnerAndNobodyElse) {
  const OwnedCase cases[] = {
      {"order.read", "", {200, 403, 401, 200}},
      {"order.cancel", "{}", {200, 403, 401, 200}},
      {"order.changeQuantity", R"({"quantity":3})", {200, 403, 401, 403}},
      {"order.removeFromCart", "", {200, 404, 401, 404}},  // looks into the asker's own cart only
      {"notification.list", "", {200, 403, 401, 200}},
      {"notification.listUnread", "", {200, 403, 401, 200}},
      {"notification.countUnread", "", {200, 403, 401, 200}},
      {"notification.markRead", "", {200, 403, 401, 403}},
      {"notification.markUnread", "", {200, 403, 401, 403}},
      {"notification.remove", "", {200, 403, 401, 403}},
  };
  std::set<std::string> covered, with_owner;
  for (const ContractEndpoint& endpoint : contract())
    if (endpoint.info.access.signed_in && endpoint.info.path.find('{') != std::string_view::npos)
      with_owner.insert(endpoint.name());
  for (const OwnedCase& one : cases) {
    covered.insert(one.name);
    for (const ContractEndpoint& endpoint : contract()) {
      if (endpoint.name() != one.name) continue;
      std::string verb(net::name_of(endpoint.info.verb));
      auto ask = [&](const HeaderLines& headers) {
        return shop().ask(endpoint.service, verb, path_for(endpoint), one.body, headers).status;
      };
      SCOPED_TRACE(one.name);
      EXPECT_EQ(ask(bearer(owner_.token)), one.expected.owner);
      EXPECT_EQ(ask(bearer(other_.token)), one.expected.other);
      EXPECT_EQ(ask({}), one.expected.anonymous);
      EXPECT_EQ(ask(bearer(shop().admin().token)), one.expected.admin);
    }
  }
  EXPECT_EQ(covered, with_owner) << "a route with an id is missing in the matrix";
}

TEST_F(Owned, ListsHoldOnlyTheAskersOwn) {
  ASSERT_EQ(shop().order(owner_, {{product_, 1}}).status, 201);
  Reply list = shop().get("order", "/api/orders?limit=100&userId=" + owner_.id, bearer(other_.token));
  ASSERT_EQ(list.status, 200) << list;
  for (size_t i = 0; i < list.size("/data/orders"); ++i)
    EXPECT_EQ(list.text("/data/orders/" + std::to_string(i) + "/userId"), other_.id);
}

}  // namespace
}  // namespace portico::test
