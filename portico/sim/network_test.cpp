#include "portico/sim/network.h"

#include <gtest/gtest.h>

namespace portico::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What becomes of the next messages, and who is crashed.
struct Script : NetworkWatch {
  Fate request, reply;
  std::function<void()> at_send, after_sent;
  Fate fate(std::string_view, std::string_view, Leg leg) override {
    return leg == Leg::request ? request : reply;
  }
  void before_send(std::string_view, std::string_view) override {
    if (at_send) at_send();
  }
  void after_send(std::string_view, std::string_view) override {
    if (after_sent) after_sent();
  }
};

// A sender "a" and a process "b" that listens on port "b" and takes a second for an answer.
class NetworkTest : public testing::Test {
 protected:
  NetworkTest() {
    network_.set_watch(&script_);
    network_.place("b", "b");
    network_.place("a", "a");
    start_b();
    network_.attach("a", {&a_, [](std::string_view) { return false; }, nullptr});
    sender_ = network_.sender("a");
  }

  void start_b() {
    Runtime& node = sim_->node("b");
    network_.attach("b", {&node, [](std::string_view port) { return port == "b"; },
                          [this, &node](std::string_view, net::Request request) {
                            return handle(this, &node, std::move(request));
                          }});
  }
  void kill(const std::string& name) {
    network_.detach(name);
    sim_->kill(name);
  }
  static Task<net::Response> handle(NetworkTest* self, Runtime* node, net::Request request) {
    ++self->begun;
    EXPECT_EQ(&*node, &self->sim_->node("b"));
    co_await node->sleep(seconds(1));
    ++self->ended;
    if (request.target == "/throws") throw Error(Code::internal, "thrown");
    co_return net::Response{.status = 200, .body = "re: " + request.body};
  }

  // Says what came of it: the status, or "reset never_sent".
  void send(std::string body = "x", std::string target = "/", Duration limit = seconds(5)) {
    outcome.clear();
    a_.spawn("send", send_one(this, std::move(body), std::move(target), limit));
  }
  static Task<void> send_one(NetworkTest* self, std::string body, std::string target, Duration limit) {
    net::Request request{.verb = net::Verb::POST, .target = std::move(target), .body = std::move(body)};
    auto answer =
        co_await self->sender_->send({.host = "b"}, std::move(request), self->sim_->steady() + limit);
    self->took = self->sim_->steady();
    if (answer) {
      self->outcome = std::to_string(answer->status) + " " + answer->body;
    } else {
      static constexpr const char* kinds[] = {"refused", "reset", "timeout", "bad_response", "too_large"};
      self->outcome = kinds[size_t(answer.error().kind)];
      if (answer.error().never_sent) self->outcome += " never_sent";
    }
  }
  static Task<void> send_many(NetworkTest* self, int64_t* slow, int64_t* total) {
    for (int i = 0; i < 3000; ++i) {
      const Instant begun = self->sim_->steady();
      co_await self->sender_->send({.host = "b"}, {}, begun + seconds(30));
      const Duration took = self->sim_->steady() - begun - seconds(1);
      ++*total;
      *slow += took > milliseconds(10);
    }
  }
  void pass(Duration span) { sim_->run_until(sim_->steady() + span); }

  std::unique_ptr<SimRuntime> sim_ = SimRuntime::make(1);
  Runtime& a_ = sim_->node("a");
  Script script_;
  Network network_{*sim_, 1};
  std::unique_ptr<net::Sender> sender_;
  std::string outcome;
  Instant took;
  int begun = 0, ended = 0;
};

TEST_F(NetworkTest, CarriesARequestAndItsAnswer) {
  send("hello");
  pass(seconds(10));
  EXPECT_EQ(outcome, "200 re: hello");
  EXPECT_GT(took.us, 1'000'000);
  EXPECT_LT(took.us, 2'000'000);
}

TEST_F(NetworkTest, AnswersForAHandlerThatThrowsAsAServerDoes) {
  send("", "/throws");
  pass(seconds(10));
  EXPECT_EQ(outcome, "500 ");
}

TEST_F(NetworkTest, ALostRequestIsWaitedForUntilTheDeadline) {
  script_.request = {.lost = true};
  send();
  pass(seconds(60));
  EXPECT_EQ(outcome, "timeout");
  EXPECT_EQ(took.us, 5'000'000);
  EXPECT_EQ(begun, 0);
}

TEST_F(NetworkTest, WithoutAConnectionNothingWasSent) {
  script_.request = {.lost = true, .noticed = true};
  send();
  pass(seconds(60));
  EXPECT_EQ(outcome, "timeout never_sent");
  EXPECT_EQ(took.us, 1'000'000);
  EXPECT_EQ(begun, 0);
}

TEST_F(NetworkTest, ALostAnswerIsAResetAfterTheEffect) {
  script_.reply = {.lost = true, .noticed = true};
  send();
  pass(seconds(60));
  EXPECT_EQ(outcome, "reset");
  EXPECT_EQ(ended, 1);
  script_.reply = {.lost = true};
  send();
  pass(seconds(60));
  EXPECT_EQ(outcome, "timeout");
  EXPECT_EQ(ended, 2);
}

TEST_F(NetworkTest, ADoubledRequestIsHandledTwiceAndAnsweredOnce) {
  script_.request = {.doubled = true, .doubled_after = seconds(3)};
  send();
  pass(seconds(60));
  EXPECT_EQ(outcome, "200 re: x");
  EXPECT_LT(took.us, 2'000'000);
  EXPECT_EQ(ended, 2);
}

TEST_F(NetworkTest, ADelayedRequestComesLaterThanOneSentAfterIt) {
  script_.request = {.delay = seconds(2)};
  send("first");
  pass(milliseconds(1));
  script_.request = {};
  send("second");
  pass(seconds(2));
  EXPECT_EQ(outcome, "200 re: second");
  pass(seconds(60));
  EXPECT_EQ(outcome, "200 re: first");
}

TEST_F(NetworkTest, WhoIsDownRefuses) {
  kill("b");
  send();
  pass(seconds(60));
  EXPECT_EQ(outcome, "refused never_sent");
  start_b();
  send();
  pass(seconds(60));
  EXPECT_EQ(outcome, "200 re: x");
}

TEST_F(NetworkTest, APortThatIsNotOpenRefuses) {
  network_.place("c", "b");
  net::Failure failure;
  struct Send {
    static Task<void> run(net::Sender* sender, Instant deadline, net::Failure* failure) {
      auto answer = co_await sender->send({.host = "c"}, {}, deadline);
      if (!answer) *failure = answer.error();
    }
  };
  a_.spawn("send", Send::run(sender_.get(), Instant{9'000'000}, &failure));
  pass(seconds(10));
  EXPECT_EQ(failure.kind, net::Failure::Kind::refused);
}

TEST_F(NetworkTest, WhoeverWaitsForADeadProcessSeesAReset) {
  send();
  pass(milliseconds(500));
  EXPECT_EQ(begun, 1);
  kill("b");
  start_b();
  pass(seconds(60));
  EXPECT_EQ(outcome, "reset");
  EXPECT_EQ(ended, 0);
  EXPECT_LT(took.us, 2'000'000);
}

TEST_F(NetworkTest, AnAnswerForTheDeadGoesNowhere) {
  send();
  pass(milliseconds(500));
  kill("a");
  pass(seconds(60));
  EXPECT_EQ(outcome, "");
  EXPECT_EQ(ended, 1);
}

TEST_F(NetworkTest, WhoDiesBeforeSendingHasSentNothing) {
  script_.at_send = [this] { kill("a"); };
  send();
  pass(seconds(60));
  EXPECT_EQ(begun, 0);
  EXPECT_EQ(outcome, "");
}

TEST_F(NetworkTest, WhoDiesAfterSendingHasSent) {
  script_.after_sent = [this] { kill("a"); };
  send();
  pass(seconds(60));
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(outcome, "");
}

TEST_F(NetworkTest, WhatAnEarlierLifeHasLeftCannotSend) {
  kill("a");
  Runtime& reborn = sim_->node("a");
  network_.attach("a", {&reborn, [](std::string_view) { return false; }, nullptr});
  reborn.spawn("send", send_one(this, "x", "/", seconds(5)));  // with the sender of the life before
  pass(seconds(60));
  EXPECT_EQ(begun, 0);
}

TEST_F(NetworkTest, MostMessagesAreQuickAndSomeAreSlow) {
  int64_t slow = 0, total = 0;
  a_.spawn("send", send_many(this, &slow, &total));
  pass(std::chrono::hours(2));
  EXPECT_EQ(total, 3000);
  EXPECT_GT(slow, 0);
  EXPECT_LT(slow, 30);
}

}  // namespace
}  // namespace portico::sim
