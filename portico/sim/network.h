// The network of a simulation: carries requests between processes in virtual time, and loses, delays, doubles
// and cuts as it is told.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "portico/net/client.h"
#include "portico/runtime/sync.h"

namespace portico::sim {

enum class Leg { request, reply };

// What becomes of one message on its way.
struct Fate {
  bool lost = false;
  // The sender of the request learns of the loss: no connection can be made, or it is reset. Else it waits
  // for its deadline.
  bool noticed = false;
  Duration delay{};
  bool doubled = false;  // a request arrives again …
  Duration doubled_after{};
};

// Sees every message, and may crash the sender before or after it has left.
class NetworkWatch {
 public:
  virtual ~NetworkWatch() = default;
  virtual Fate fate(std::string_view from, std::string_view to, Leg leg) = 0;
  virtual void before_send(std::string_view from, std::string_view to) = 0;
  virtual void after_send(std::string_view from, std::string_view to) = 0;
};

struct NetworkOptions {
  Duration latency = std::chrono::microseconds(300);       // of most messages, exponentially distributed
  Duration slow_latency = std::chrono::milliseconds(200);  // of one in a thousand
  Duration connect_timeout = std::chrono::milliseconds(1000);
};

// Processes listen on ports, which are known by name: "gateway", "order". The host of an origin is such a
// name. One thread.
class Network {
 public:
  // What a process that is up answers with.
  struct Listener {
    Runtime* node = nullptr;
    std::function<bool(std::string_view port)> answers;
    // `port` outlives the answer.
    std::function<Task<net::Response>(std::string_view port, net::Request request)> answer;
  };

  // `seed` feeds the latencies. Messages are noted in the event hash.
  Network(SimRuntime& runtime, uint64_t seed, NetworkOptions options = {});
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  void set_watch(NetworkWatch* watch) { watch_ = watch; }
  // On which process a port is.
  void place(std::string port, std::string process) { places_[std::move(port)] = std::move(process); }

  // The process is up; what it has sent and received in an earlier life is no longer its own.
  void attach(std::string process, Listener listener);
  // The process is dead: whoever waits for its answer sees a reset, and whoever asks it is refused.
  void detach(std::string_view process);
  // How a process sends, in its present life: what a dead one sends goes nowhere.
  std::unique_ptr<net::Sender> sender(std::string process);

  uint64_t sent() const { return sent_; }

 private:
  class Door;
  struct Exchange;
  struct Delivery;
  struct Process {
    Listener listener;
    uint64_t life = 0;
    bool up = false;
  };
  using Result = std::expected<net::Response, net::Failure>;

  Task<Result> send(std::string from, uint64_t life, std::string port, net::Request request,
                    Instant deadline);
  void carry(std::shared_ptr<Exchange> exchange, net::Request request);
  void arrive(Delivery delivery);
  static Task<void> serve(Network* network, uint64_t life, Delivery delivery);
  void reply(const Exchange& exchange, net::Response response);
  void complete(uint64_t id, Result result);
  void fail_later(uint64_t id, net::Failure failure, Duration span);
  void after(Duration span, std::move_only_function<void()> action);
  Duration latency();
  bool is_up(std::string_view process, uint64_t life) const;
  const std::string& process_of(const std::string& port) const;

  SimRuntime& runtime_;
  Runtime& node_;
  const NetworkOptions options_;
  std::unique_ptr<Random> random_;
  NetworkWatch* watch_ = nullptr;
  std::map<std::string, std::string, std::less<>> places_;
  std::map<std::string, Process, std::less<>> processes_;
  std::map<uint64_t, std::shared_ptr<Exchange>> exchanges_;  // that somebody waits for
  std::map<uint64_t, std::unique_ptr<Timer>> timers_;
  uint64_t numbers_ = 0;
  uint64_t sent_ = 0;
  Gate never_;
};

}  // namespace portico::sim
