// For the tests of this system only: the whole shop in one process under virtual time, asked through the
// services' own fronts.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "portico/host/application.h"
#include "portico/host/verify.h"
#include "portico/runtime/sync.h"
#include "portico/schema/json.h"
#include "portico/store/sqlite/sqlite_store.h"
#include "systems/shop/notification/api.h"
#include "systems/shop/order/api.h"
#include "systems/shop/system.h"
#include "systems/shop/user/api.h"

namespace shop {

using namespace portico;

inline const std::string internal_key = "9f2c41d07be8a6535d1f0c97e4b28a36";

// Who asks.
struct Ask {
  std::string token;
  bool internal = false;
};

// The value at `path` below the root of an answer; fails the test where there is none.
template <class T>
T at(const net::Response& answer, std::vector<std::string_view> path) {
  T value{};
  auto wrong = schema::read_json_at(answer.body, path, schema::type_of<T>(), &value);
  EXPECT_TRUE(wrong.empty()) << answer.body;
  return value;
}
inline std::string error_of(const net::Response& answer) { return at<std::string>(answer, {"error"}); }

// Settings, data and log survive restarts of the process.
class TestShop {
 public:
  using Settings = std::vector<std::pair<std::string, std::string>>;

  explicit TestShop(Settings settings = {}, uint64_t seed = 1)
      : folder_(make_folder()),
        settings_(std::move(settings)),
        sim_(SimRuntime::make(seed)),
        log_(*sim_, {.level_min = Level::debug}, [this](std::string_view text) { lines_ += text; }),
        observer_{log_, metrics_, tracer_},
        system_(make_shop()) {
    start();
  }
  ~TestShop() {
    stop();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    config_ = std::make_unique<Config>(config_keys(system_));
    config_->set("host.data", folder_, "test");
    config_->set("security.internal_key", internal_key, "test");
    for (auto& [key, value] : settings_) config_->set(key, value, "test");
    Placement placement = all_of(system_);
    placement.listen = false;
    placement.mode = CallMode::wire;
    node_ = &sim_->node("shop");
    app_ = std::make_unique<Application>(*node_, observer_, system_, *config_, std::move(placement));
    run(app_->start());
  }
  // The process ends: first in order, then whatever still waits in it.
  void stop() {
    if (!app_) return;
    run(app_->stop(sim_->steady() + std::chrono::minutes(1)));
    sim_->kill("shop");
    app_.reset();
  }

  net::Response ask(std::string service, net::Verb verb, std::string target, std::string body = "",
                    Ask who = {}) {
    net::Request request{.verb = verb, .target = std::move(target), .body = std::move(body)};
    if (!request.body.empty()) request.headers.set("content-type", "application/json");
    if (!who.token.empty()) request.headers.set("authorization", "Bearer " + who.token);
    if (who.internal) request.headers.set("x-internal-key", key_);
    net::Response answer;
    run(handle(app_->front(service), std::move(request), &answer));
    return answer;
  }

  // Runs a coroutine in the process to its end.
  void run(Task<void> task) {
    Gate done;
    std::exception_ptr failure;
    node_->spawn("test", finish(std::move(task), &done, &failure));
    sim_->run(done.wait());
    if (failure) std::rethrow_exception(failure);
  }
  // Everything that was published has been handled; deliveries that wait for another try do not count.
  void settle() { run(app_->settled(sim_->steady() + std::chrono::minutes(5), true)); }
  void pass(Duration time) { sim_->run(sim_->sleep(time)); }

  user::SignedIn sign_up(std::string email, std::string first_name = "Jane", Ask who = {}) {
    net::Response answer = ask("user", POST, "/api/users/register",
                               R"({"firstName":")" + first_name + R"(","lastName":"Doe","email":")" + email +
                                   R"(","password":"password123"})",
                               std::move(who));
    EXPECT_EQ(answer.status, 201) << answer.body;
    return at<user::SignedIn>(answer, {"data"});
  }
  // Registered, made an administrator, signed in again.
  user::SignedIn sign_up_admin(std::string email) {
    user::SignedIn admin = sign_up(email, "Ada");
    net::Response answer = ask("user", PUT, "/api/users/internal/" + admin.user.id.value + "/role",
                               R"({"role":"admin"})", {.internal = true});
    EXPECT_EQ(answer.status, 200) << answer.body;
    return at<user::SignedIn>(login(email, "password123"), {"data"});
  }
  net::Response login(std::string email, std::string password) {
    return ask("user", POST, "/api/users/login",
               R"({"email":")" + email + R"(","password":")" + password + R"("})");
  }
  std::vector<mail::Mail> mails(std::string to = "") {
    std::string query = to.empty() ? "" : "&to=" + to;
    return at<std::vector<mail::Mail>>(ask("notification", GET, "/dev/mail?limit=200" + query),
                                       {"data", "mails"});
  }
  std::vector<ParkedDelivery> parked(std::string service, DeliveryState state) {
    std::vector<ParkedDelivery> found;
    run(list_parked(std::move(service), state, &found));
    return found;
  }

  // Works on a stopped service's store: Task<void> work(Store&, Call&).
  template <class Collections, class Work>
  void in_store(std::string service, Work work) {
    auto store = sqlite::make_store(*sim_, observer_, {.path = folder_ + "/" + service + ".db"});
    Collections collections(*store);
    sim_->run(work_in(*store, Call(*sim_, observer_, service, sim_->steady() + std::chrono::minutes(1)),
                      collections, work));
  }

  // What is found in the data of the stopped shop.
  VerifyReport verify_data() {
    VerifyReport report;
    sim_->run(verify_into(&report));
    return report;
  }

  // The internal key to ask with, where the settings name another.
  void use_key(std::string key) { key_ = std::move(key); }

  Application& app() { return *app_; }
  Call call(std::string_view service) {
    return Call(*node_, observer_, service, node_->steady() + std::chrono::minutes(1));
  }
  const std::string& lines() {
    log_.flush();
    return lines_;
  }

 private:
  static std::string make_folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "portico-shop-XXXXXX";
    return ::mkdtemp(pattern.data());
  }
  static Task<void> finish(Task<void> task, Gate* done, std::exception_ptr* failure) {
    try {
      co_await std::move(task);
    } catch (const std::exception&) {
      *failure = std::current_exception();
    }
    done->open();
  }
  static Task<void> handle(Front* front, net::Request request, net::Response* answer) {
    *answer = co_await front->handle(std::move(request));
  }
  Task<void> list_parked(std::string service, DeliveryState state, std::vector<ParkedDelivery>* found) {
    Call call = this->call(service);
    Page<ParkedDelivery> page = co_await app_->bus().parked(call, service, {.state = state});
    *found = std::move(page.items);
  }
  Task<void> verify_into(VerifyReport* report) {
    *report = co_await verify(*sim_, observer_, system_, stores_in(*sim_, observer_, folder_));
  }
  template <class Collections, class Work>
  static Task<void> work_in(Store& store, Call call, Collections& collections, Work& work) {
    co_await store.open();
    co_await store.write(call, [&](Unit& unit) -> Task<void> { co_await work(unit, collections); });
    co_await store.close();
  }

  const std::string folder_;
  std::string key_ = internal_key;
  const Settings settings_;
  std::string lines_;
  std::unique_ptr<SimRuntime> sim_;
  Metrics metrics_;
  Tracer tracer_;
  Log log_;
  Observer observer_;
  const SystemSpec system_;
  std::unique_ptr<Config> config_;
  Runtime* node_ = nullptr;
  std::unique_ptr<Application> app_;
};

}  // namespace shop
