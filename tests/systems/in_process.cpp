// Direct and wire: the whole shop in this process, on a runtime of its own.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "portico/host/application.h"
#include "systems/shop/system.h"
#include "tests/systems/placements.h"
#include "tests/systems/process.h"

namespace portico::test {
namespace {

// What makes the calls of one service fail. Looked at by every call, changed by the test.
class Faults {
 public:
  void set_down(bool down) { down_ = down; }
  void fail(const std::string& endpoint, int times) {
    std::lock_guard lock(mutex_);
    endpoint_ = endpoint;
    times_ = times;
  }
  std::optional<Error> next(const EndpointInfo& endpoint) {
    if (down_) return Error(Code::unavailable, "test.down", "The service is down");
    std::lock_guard lock(mutex_);
    if (endpoint_.empty() || endpoint.name != endpoint_ || times_-- <= 0) return std::nullopt;
    return Error(Code::unavailable, "test.failed", "The call fails");
  }

 private:
  std::atomic<bool> down_{false};
  std::mutex mutex_;
  std::string endpoint_;  // of the call that is to fail; empty: none
  int times_ = 0;
};

Task<void> look_for_fault(Faults* faults, const EndpointInfo* endpoint) {
  if (std::optional<Error> error = faults->next(*endpoint)) throw *error;
  co_return;
}

// Hands the outcome of a coroutine on the runtime to the test's thread.
class Signal {
 public:
  void set(std::optional<std::string> failure) {
    std::lock_guard lock(mutex_);
    failure_ = std::move(failure);
    done_ = true;
    changed_.notify_all();
  }
  void wait(std::chrono::seconds limit, const char* what) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, limit, [&] { return done_; }))
      throw std::runtime_error(std::string(what) + " takes too long");
    if (failure_) throw std::runtime_error(std::string(what) + ": " + *failure_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::string> failure_;
  bool done_ = false;
};

Task<void> start_application(Application* application, Signal* started) {
  std::optional<std::string> failure;
  try {
    co_await application->start();
  } catch (const std::exception& error) {
    failure = error.what();
  }
  started->set(std::move(failure));
}

Task<void> stop_application(Application* application, Runtime* runtime, Signal* stopped) {
  std::optional<std::string> failure;
  try {
    co_await application->stop(runtime->steady() + std::chrono::seconds(5));
  } catch (const std::exception& error) {
    failure = error.what();
  }
  stopped->set(std::move(failure));
}

class InProcess : public Shop {
 public:
  InProcess(Mode mode, const Settings& settings)
      : system_(::shop::make_shop()),
        config_(make_config(settings)),
        runtime_(RealRuntime::make({.reactors = 2})) {
    log_.emplace(*runtime_, LogOptions{}, [this](std::string_view lines) {
      std::lock_guard lock(lines_mutex_);
      lines_ += lines;
    });
    log_->start(*runtime_);
    observer_.emplace(Observer{*log_, metrics_, tracer_});
    runtime_->on_task_failure([this](std::string_view name, std::string_view what) {
      log_->write(Level::error, "runtime", "a background task failed", {{"task", name}, {"error", what}});
    });
    Placement placement = all_of(system_);
    placement.mode = mode == Mode::direct ? CallMode::direct : CallMode::wire;
    application_ = std::make_unique<Application>(*runtime_, *observer_, system_, config_, placement);
    for (const ServiceSpec& spec : system_.services) {
      Faults* faults = &faults_[spec.name];
      application_->service(spec.name)->set_fault(
          [faults](Call&, const EndpointInfo& endpoint) { return look_for_fault(faults, &endpoint); });
    }
    Signal started;
    runtime_->spawn("start", start_application(application_.get(), &started));
    thread_ = std::thread([this] { runtime_->run(); });
    try {
      started.wait(std::chrono::seconds(30), "the start");
    } catch (const std::exception&) {
      end_thread();
      throw;
    }
  }

  ~InProcess() override {
    Signal stopped;
    runtime_->spawn("stop", stop_application(application_.get(), runtime_.get(), &stopped));
    try {
      stopped.wait(std::chrono::seconds(30), "the stop");
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
    end_thread();
    application_.reset();
  }

  std::string url(const std::string& where) const override {
    return "http://127.0.0.1:" + std::to_string(application_->port(where));
  }
  std::string data() const override { return folder_.path(); }
  std::string log() override {
    log_->flush();
    std::lock_guard lock(lines_mutex_);
    return lines_;
  }
  void stop_service(const std::string& name) override { faults_.at(name).set_down(true); }
  void start_service(const std::string& name) override { faults_.at(name).set_down(false); }
  void kill_service(const std::string&) override {
    throw std::logic_error("a service of this process cannot be killed alone");
  }
  bool fail(const std::string& service, const std::string& endpoint, int times) override {
    faults_.at(service).fail(endpoint, times);
    return true;
  }

 private:
  Config make_config(const Settings& settings) {
    Config config(config_keys(system_));
    config.read_toml(system_.built_in_toml, "built-in");
    for (const char* port : {"gateway", "user", "product", "order", "notification"})
      config.set(std::string(port) + ".port", "0", "test");
    for (const auto& [key, value] : complete(settings, folder_.path())) config.set(key, value, "test");
    return config;
  }
  void end_thread() {
    runtime_->stop();
    thread_.join();
  }

  TemporaryFolder folder_;
  SystemSpec system_;
  Config config_;
  std::mutex lines_mutex_;
  std::string lines_;
  std::map<std::string, Faults> faults_;
  std::unique_ptr<RealRuntime> runtime_;
  Metrics metrics_;
  Tracer tracer_;
  std::optional<Log> log_;
  std::optional<Observer> observer_;
  std::unique_ptr<Application> application_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Shop> start_in_process(Mode mode, const Settings& settings) {
  return std::make_unique<InProcess>(mode, settings);
}

}  // namespace portico::test
