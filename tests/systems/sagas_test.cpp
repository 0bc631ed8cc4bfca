// The sagas of a running shop, seen and operated from the command line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "tests/systems/process.h"
#include "tests/systems/test_system.h"

namespace portico::test {
namespace {

using ::testing::HasSubstr;

class SagaCommands : public ::testing::Test {
 protected:
  SagaCommands() : own_(Shop::start({{"call.timeout", "1s"}})) {}

  Outcome sagas(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "sagas");
    arguments.insert(arguments.end(), {"--data", own_->data(), "--set", "call.timeout=2s"});
    for (const char* place : {"gateway", "user", "product", "order", "notification"}) {
      std::string url = own_->url(place);
      arguments.push_back("--set");
      arguments.push_back(std::string(place) + ".port=" + url.substr(url.rfind(':') + 1));
    }
    return portico(std::move(arguments));
  }
  // What is open in the order service.
  boost::json::array open() {
    Outcome outcome = sagas({"ls", "--service", "order", "--json"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return boost::json::parse(outcome.out).as_array();
  }

  std::unique_ptr<Shop> own_;
};

TEST_F(SagaCommands, AnOrderWhoseMessageCannotBeSentIsListedShownAndRetried) {
  Account buyer = own_->sign_up("no.message");
  std::string product = own_->product("12.50", 5);
  own_->stop_service("notification");
  Reply order = own_->order(buyer, {{product, 1}});
  ASSERT_EQ(order.status, 201) << order;
  const std::string id = "order.place:" + order.text("/data/order/id");
  auto failures = [&]() -> int64_t {
    boost::json::array all = open();
    return all.empty() ? -1 : all[0].at("saga").at("attempts").as_int64();
  };
  ASSERT_TRUE(wait_until([&] { return failures() >= 1; }));
  const boost::json::value saga = open().at(0);
  EXPECT_EQ(saga.at("service").as_string(), "order");
  EXPECT_EQ(saga.at("saga").at("id").as_string(), id.c_str());
  EXPECT_EQ(saga.at("saga").at("step").as_string(), "notify");

  Outcome listed = sagas({"ls"});
  EXPECT_EQ(listed.code, 75) << "one service does not answer";
  EXPECT_THAT(listed.err, HasSubstr("the notification service does not answer"));
  EXPECT_THAT(listed.out, HasSubstr(id));
  EXPECT_THAT(listed.out, HasSubstr(std::string(saga.at("saga").at("reason").as_string())));
  Outcome shown = sagas({"show", id});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("Step: notify, forward"));
  EXPECT_THAT(shown.out, HasSubstr("Reason: " + std::string(saga.at("saga").at("reason").as_string())));
  Outcome refused = sagas({"compensate", id, "--service", "order"});
  EXPECT_EQ(refused.code, 6) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("can only go forward"));

  const int64_t before = failures();
  Outcome retried = sagas({"retry", id, "--service", "order"});
  EXPECT_EQ(retried.code, 0) << retried.err;
  EXPECT_TRUE(wait_until([&] { return failures() > before; })) << "it was tried again";
  EXPECT_EQ(sagas({"show", "order.place:none", "--service", "order"}).code, 1);
  EXPECT_EQ(sagas({"ls", "--stuck", "--service", "order"}).out, "");

  own_->start_service("notification");
  Outcome last = sagas({"retry", id, "--service", "order"});
  EXPECT_TRUE(last.code == 0 || last.err.find("no open saga") != last.err.npos) << last.err;
  EXPECT_TRUE(wait_until([&] { return open().empty(); }));
  EXPECT_TRUE(wait_until([&] { return own_->mails_to(buyer.email).size("/data/mails") >= 2; }));
  Outcome none = sagas({"ls"});
  EXPECT_EQ(none.code, 0);
  EXPECT_EQ(none.out, "");
  EXPECT_THAT(none.err, HasSubstr("No saga is open."));
}

TEST_F(SagaCommands, WhatIsWrittenWronglyIsSaidSo) {
  EXPECT_EQ(sagas({"ls", "--service", "oder"}).code, 2);
  EXPECT_EQ(sagas({"ls", "--limit", "0"}).code, 2);
  EXPECT_EQ(sagas({"show"}).code, 2);
  EXPECT_EQ(sagas({"undo", "order.place:1"}).code, 2);
  Outcome nobody = portico({"sagas", "ls", "--set", "order.port=" + std::to_string(free_ports(1).at(0)),
                            "--service", "order", "--data", own_->data()});
  EXPECT_EQ(nobody.code, 75);
  EXPECT_THAT(nobody.err, HasSubstr("portico up shop"));
}

}  // namespace
}  // namespace portico::test
