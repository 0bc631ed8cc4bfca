#include "portico/sim/world.h"

#include <gtest/gtest.h>

#include "portico/sim/bank_test_support.h"

namespace portico::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class WorldTest : public testing::Test {
 protected:
  WorldTest() { begin(); }

  void begin(const Snapshot* snapshot = nullptr) {
    world_.reset();
    world_ = std::make_unique<World>(
        system_,
        WorldOptions{
            .settings = scenario_.settings, .keys = keys_.path(), .snapshot = snapshot, .keep_log = true});
    world_->start();
    world_->pass(seconds(2));
    ASSERT_TRUE(world_->ready()) << world_->log();
  }

  // The status of the answer, 0 where there was none.
  int ask(std::string port, std::string target, std::string body = "", std::string* text = nullptr) {
    int status = 0;
    world_->run(ask_one(world_.get(), std::move(port), std::move(target), std::move(body), &status, text));
    return status;
  }
  static Task<void> ask_one(World* world, std::string port, std::string target, std::string body, int* status,
                            std::string* text) {
    net::Request request{.target = std::move(target), .body = std::move(body)};
    if (!request.body.empty()) {
      request.verb = POST;
      request.headers.set("content-type", "application/json");
    }
    auto answer = co_await world->ask(std::move(port), std::move(request), seconds(3));
    if (!answer) co_return;
    *status = answer->status;
    if (text) *text = answer->body;
  }
  static Task<void> ask_forever(World* world, int number) {
    for (int i = 0;; ++i) {
      net::Request request{.verb = POST, .target = "/api/accounts/bookings"};
      request.body = R"({"id":"f)" + std::to_string(number) + "-" + std::to_string(i) + R"(","amount":5})";
      request.headers.set("content-type", "application/json");
      co_await world->ask("gateway", std::move(request), seconds(3));
    }
  }
  int book(int number) {
    return ask("gateway", "/api/accounts/bookings",
               R"({"id":"n)" + std::to_string(number) + R"(","amount":5})");
  }

  const TemporaryFolder keys_;
  const SystemSpec system_ = make_bank();
  const Scenario scenario_ = bank_scenario(system_);
  std::unique_ptr<Random> random_ = make_seeded_random(1);
  std::unique_ptr<World> world_;
};

TEST_F(WorldTest, EveryServiceAnswersOnItsPortAndBehindTheGateway) {
  EXPECT_EQ(world_->processes(), (std::vector<std::string>{"account", "audit", "gateway"}));
  EXPECT_EQ(book(1), 200);
  EXPECT_EQ(ask("account", "/api/accounts/total"), 200);
  EXPECT_EQ(ask("audit", "/health"), 200);
  EXPECT_EQ(ask("gateway", "/health"), 200);
  EXPECT_EQ(ask("audit", "/api/accounts/total"), 404);
}

TEST_F(WorldTest, AKilledProcessIsDownAndComesBack) {
  EXPECT_EQ(book(1), 200);
  world_->kill("audit", PowerCut::lose_all, *random_);
  EXPECT_EQ(world_->application("audit"), nullptr);
  EXPECT_EQ(ask("audit", "/health"), 0);
  EXPECT_NE(book(2), 200);
  EXPECT_EQ(ask("gateway", "/health"), 200);  // degraded, but it answers
  world_->pass(seconds(3));
  EXPECT_TRUE(world_->ready());
  EXPECT_EQ(book(2), 200);
  EXPECT_EQ(world_->crashes(), 1u);
}

// The canary: destroying a process that was killed closes stores, drops requests and ends coroutines, and
// none of it may reach the disk or the network.
TEST_F(WorldTest, DestroyingAKilledProcessChangesNothing) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(book(i), 200);
  const std::string name = "account";
  world_->hold_restarts();
  // In the middle of requests.
  for (int i = 0; i < 5; ++i) world_->client().spawn("ask", ask_forever(world_.get(), 100 + i));
  world_->pass(milliseconds(3));
  world_->kill(name, PowerCut::keep_all, *random_);
  const Disk::Image at_death = world_->disk().image();
  const uint64_t writes = world_->disk().counts().syncs, sent = world_->network().sent();
  bool log = false;
  for (const auto& [path, bytes] : at_death) log = log || path == "account/account.db-wal";
  EXPECT_TRUE(log);  // an orderly end would have copied it into the file and deleted it
  world_->kill("audit", PowerCut::keep_all, *random_);
  world_->kill("gateway", PowerCut::keep_all, *random_);
  const Disk::Image all_dead = world_->disk().image();
  world_->stop();  // buries the dead
  EXPECT_EQ(world_->disk().image(), all_dead);
  EXPECT_EQ(world_->disk().counts().syncs, writes);
  EXPECT_EQ(world_->network().sent(), sent);
  for (const auto& [path, bytes] : at_death)
    if (path.starts_with(name)) EXPECT_EQ(all_dead.at(path), bytes);
}

TEST_F(WorldTest, APausedProcessAnswersWhenItGoesOn) {
  world_->pause("account");
  EXPECT_EQ(ask("account", "/api/accounts/total"), 0);
  world_->resume("account");
  EXPECT_EQ(ask("account", "/api/accounts/total"), 200);
}

TEST_F(WorldTest, AClockThatIsOffOutlivesItsProcess) {
  auto clock_of = [this](const std::string& process) {
    std::string text;
    EXPECT_EQ(ask(process, "/health", "", &text), 200);
    std::string time;
    const std::vector<std::string_view> path = {"timestamp"};
    EXPECT_TRUE(schema::read_json_at(text, path, schema::type_of<std::string>(), &time).empty()) << text;
    return *parse_time(time) - world_->runtime().now();
  };
  EXPECT_LT(clock_of("audit"), seconds(1));
  world_->set_clock_offset("audit", minutes(10));
  EXPECT_GT(clock_of("audit"), minutes(9));
  EXPECT_LT(clock_of("account"), seconds(1));
  world_->kill("audit", PowerCut::keep_all, *random_);
  world_->pass(seconds(3));
  EXPECT_GT(clock_of("audit"), minutes(9));
}

TEST_F(WorldTest, AProcessWhoseStoreHasFailedIsRestarted) {
  world_->inject({{.id = 1, .kind = FaultKind::sync_error, .target = "account", .value = 1}});
  world_->pass(milliseconds(1));
  EXPECT_NE(book(1), 200);
  EXPECT_NE(book(2), 200);
  world_->pass(seconds(10));
  EXPECT_EQ(book(3), 200);
  EXPECT_EQ(world_->crashes(), 0u);
  EXPECT_EQ(world_->faults_applied().at("sync_error"), 1u);
}

TEST_F(WorldTest, TheNextWorldBeginsWhereTheLastWasStopped) {
  EXPECT_EQ(book(1), 200);
  world_->stop();
  EXPECT_TRUE(world_->violations().empty());
  const Snapshot snapshot = world_->snapshot("what I know");
  EXPECT_EQ(snapshot.disk.size(), 2u);  // no log is left
  begin(&snapshot);
  EXPECT_EQ(world_->notes(), "what I know");
  EXPECT_GE(world_->runtime().now(), snapshot.time);
  std::string text;
  EXPECT_EQ(ask("account", "/api/accounts/total", "", &text), 200);
  EXPECT_NE(text.find(R"("count":1)"), std::string::npos) << text;
}

TEST_F(WorldTest, CountsWhatIsReachedSometimes) {
  sometimes("test.reached");
  sometimes("test.reached");
  EXPECT_EQ(world_->marks().at("test.reached"), 2u);
  world_.reset();
  sometimes("test.reached");  // nobody counts
}

Task<void> throw_error() {
  throw Error(Code::internal, "thrown");
  co_return;
}

TEST_F(WorldTest, ATaskThatFailsIsAViolation) {
  world_->control().spawn("background", throw_error());
  world_->pass(seconds(1));
  ASSERT_EQ(world_->violations().size(), 1u);
  EXPECT_EQ(world_->violations()[0].invariant, "no_task_fails");
  EXPECT_GT(world_->violations()[0].event, 0);
}

}  // namespace
}  // namespace portico::sim
