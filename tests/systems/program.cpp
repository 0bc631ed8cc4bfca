// The built program: with a process a service, or with one for all.
#include <signal.h>

#include <filesystem>
#include <stdexcept>

#include "tests/systems/placements.h"
#include "tests/systems/process.h"

namespace portico::test {
namespace {

constexpr const char* places[] = {"user", "product", "order", "notification", "gateway"};

class Program : public Shop {
 public:
  Program(bool split, const Settings& settings) : split_(split) {
    std::vector<uint16_t> ports = free_ports(std::size(places));
    Settings all = complete(settings, data());
    all["host.reactors"] = "1";
    for (size_t i = 0; i < std::size(places); ++i) {
      ports_[places[i]] = ports.at(i);
      all[std::string(places[i]) + ".port"] = std::to_string(ports[i]);
    }
    options_ = {.arguments = {PORTICO_PROGRAM, "up", "shop"},
                .environment = {},
                .folder = folder_.path(),
                .output = log_path()};
    if (split) options_.arguments.push_back("--split");
    for (const auto& [key, value] : all) {
      options_.arguments.push_back("--set");
      options_.arguments.push_back(key + "=" + value);
    }
    launch();
  }

  ~Program() override { process_->stop(20'000); }

  std::string url(const std::string& where) const override {
    return "http://127.0.0.1:" + std::to_string(ports_.at(where));
  }
  std::string data() const override { return folder_.path() + "/data"; }
  std::string log() override { return content_of(log_path()); }
  void stop_service(const std::string& name) override { ::kill(pid_of(name), SIGSTOP); }
  void start_service(const std::string& name) override { ::kill(pid_of(name), SIGCONT); }
  void kill_service(const std::string& name) override {
    ::kill(pid_of(name), SIGKILL);
    if (split_) return;
    process_->wait(10'000);
    launch();
  }
  bool fail(const std::string&, const std::string&, int) override { return false; }

 private:
  void launch() {
    std::filesystem::remove(log_path());  // it tells when the new one is up
    process_ = std::make_unique<Process>(options_);
    // What it prints once all are up; asking them over and over would use up a low rate limit.
    auto up = [&] {
      if (!process_->running()) throw std::runtime_error("the shop ended at its start:\n" + log());
      return log().find("Shop is up") != std::string::npos;
    };
    if (!wait_until(up, 120'000)) throw std::runtime_error("the shop is not up in time:\n" + log());
    Http http;
    for (const char* place : places)
      if (Reply reply = http.send("GET", url(place) + "/readyz"); reply.status != 200)
        throw std::runtime_error(std::string(place) + " is not ready: " + reply.body);
  }

  std::string log_path() const { return folder_.path() + "/log"; }

  // Of "portico run shop <name> --supervised …".
  pid_t pid_of(const std::string& name) const {
    if (!split_) return process_->pid();
    for (const auto& [pid, command] : process_->children())
      if (command.find(" run shop " + name + " ") != command.npos) return pid;
    throw std::runtime_error("no process of " + name);
  }

  const bool split_;
  TemporaryFolder folder_;
  ProcessOptions options_;
  std::map<std::string, uint16_t> ports_;
  std::unique_ptr<Process> process_;
};

}  // namespace

std::unique_ptr<Shop> start_program(bool split, const Settings& settings) {
  return std::make_unique<Program>(split, settings);
}

}  // namespace portico::test
