#include "portico/sim/network.h"

#include <cmath>

#include "portico/base/error.h"

namespace portico::sim {

struct Network::Exchange {
  Exchange(Runtime& runtime) : done(runtime) {}
  uint64_t id = 0;
  std::string from, to, port;
  bool handled = false;  // it has arrived, and may have had an effect
  std::optional<Result> result;
  Signal done;
};

// A request on its way. The second of a doubled one has no exchange: nobody waits for its answer.
struct Network::Delivery {
  std::shared_ptr<Exchange> exchange;
  std::string to, port;
  net::Request request;
};

// One life of a process, as a sender.
class Network::Door final : public net::Sender {
 public:
  Door(Network& network, std::string process, uint64_t life)
      : network_(network), process_(std::move(process)), life_(life) {}
  Task<Result> send(net::Origin origin, net::Request request, Instant deadline) override {
    return network_.send(process_, life_, std::move(origin.host), std::move(request), deadline);
  }

 private:
  Network& network_;
  const std::string process_;
  const uint64_t life_;
};

Network::Network(SimRuntime& runtime, uint64_t seed, NetworkOptions options)
    : runtime_(runtime),
      node_(runtime.node("network")),
      options_(options),
      random_(make_seeded_random(seed ^ 0x6e6574776f726b)) {}

Network::~Network() = default;

void Network::attach(std::string process, Listener listener) {
  Process& entry = processes_[std::move(process)];
  entry.listener = std::move(listener);
  ++entry.life;
  entry.up = true;
}

void Network::detach(std::string_view process) {
  auto found = processes_.find(process);
  if (found == processes_.end() || !found->second.up) return;
  found->second.up = false;
  std::erase_if(exchanges_, [&](const auto& entry) { return entry.second->from == process; });
  for (const auto& [id, exchange] : exchanges_)
    if (exchange->to == process && exchange->handled)
      fail_later(id, {net::Failure::Kind::reset, false, "connection reset"}, latency());
}

std::unique_ptr<net::Sender> Network::sender(std::string process) {
  const uint64_t life = processes_[process].life;
  return std::make_unique<Door>(*this, std::move(process), life);
}

bool Network::is_up(std::string_view process, uint64_t life) const {
  auto found = processes_.find(process);
  return found != processes_.end() && found->second.up && found->second.life == life;
}

const std::string& Network::process_of(const std::string& port) const {
  auto found = places_.find(port);
  PORTICO_CHECK(found != places_.end());
  return found->second;
}

Duration Network::latency() {
  const Duration mean = random_->below(1000) == 0 ? options_.slow_latency : options_.latency;
  return Duration(1 + int64_t(-std::log1p(-random_->fraction()) * double(mean.count())));
}

// Whoever has died while it was about to send goes no further.
Task<Network::Result> Network::send(std::string from, uint64_t life, std::string port, net::Request request,
                                    Instant deadline) {
  auto exchange = std::make_shared<Exchange>(runtime_);
  exchange->from = std::move(from);
  exchange->to = process_of(port);
  exchange->port = std::move(port);
  if (!is_up(exchange->from, life)) co_await never_.wait();
  if (watch_) watch_->before_send(exchange->from, exchange->to);
  if (!is_up(exchange->from, life)) co_await never_.wait();
  exchange->id = ++numbers_;
  exchanges_.emplace(exchange->id, exchange);
  carry(exchange, std::move(request));
  if (watch_) watch_->after_send(exchange->from, exchange->to);
  if (!is_up(exchange->from, life)) co_await never_.wait();
  while (!exchange->result) {
    const Duration left = deadline - runtime_.steady();
    if (left <= Duration::zero()) {
      exchanges_.erase(exchange->id);
      co_return std::unexpected(net::Failure{net::Failure::Kind::timeout, false, "the deadline has passed"});
    }
    co_await exchange->done.wait_for(left);
  }
  co_return std::move(*exchange->result);
}

void Network::carry(std::shared_ptr<Exchange> exchange, net::Request request) {
  ++sent_;
  const Fate fate = watch_ ? watch_->fate(exchange->from, exchange->to, Leg::request) : Fate{};
  runtime_.observe(exchange->id);
  runtime_.observe(request.target.size() + (request.body.size() << 16));
  if (fate.lost) {
    if (fate.noticed)
      fail_later(exchange->id, {net::Failure::Kind::timeout, true, "no connection"},
                 options_.connect_timeout);
    return;
  }
  if (fate.doubled) {
    Delivery again{nullptr, exchange->to, exchange->port, request};
    after(latency() + fate.doubled_after,
          [this, again = std::move(again)]() mutable { arrive(std::move(again)); });
  }
  Delivery delivery{exchange, exchange->to, exchange->port, std::move(request)};
  after(latency() + fate.delay,
        [this, delivery = std::move(delivery)]() mutable { arrive(std::move(delivery)); });
}

void Network::arrive(Delivery delivery) {
  const Process& target = processes_[delivery.to];
  if (!target.up || !target.listener.answers(delivery.port)) {
    if (delivery.exchange)
      fail_later(delivery.exchange->id, {net::Failure::Kind::refused, true, "connection refused"}, latency());
    return;
  }
  if (delivery.exchange) delivery.exchange->handled = true;
  target.listener.node->spawn("request", serve(this, target.life, std::move(delivery)));
}

Task<void> Network::serve(Network* network, uint64_t life, Delivery delivery) {
  const auto answer = network->processes_[delivery.to].listener.answer;
  net::Response response;
  try {
    response = co_await answer(delivery.port, std::move(delivery.request));
  } catch (const std::exception&) {
    response.status = 500;  // as a server answers for a handler that throws
  }
  if (delivery.exchange && network->is_up(delivery.to, life))
    network->reply(*delivery.exchange, std::move(response));
}

void Network::reply(const Exchange& exchange, net::Response response) {
  const Fate fate = watch_ ? watch_->fate(exchange.to, exchange.from, Leg::reply) : Fate{};
  runtime_.observe(exchange.id);
  runtime_.observe(uint64_t(response.status) + (response.body.size() << 16));
  if (fate.lost) {
    if (fate.noticed)
      fail_later(exchange.id, {net::Failure::Kind::reset, false, "connection reset"}, latency());
    return;
  }
  after(latency() + fate.delay, [this, id = exchange.id, response = std::move(response)]() mutable {
    complete(id, std::move(response));
  });
}

void Network::complete(uint64_t id, Result result) {
  auto found = exchanges_.extract(id);
  if (!found) return;
  found.mapped()->result = std::move(result);
  found.mapped()->done.notify();
}

void Network::fail_later(uint64_t id, net::Failure failure, Duration span) {
  after(span, [this, id, failure = std::move(failure)]() mutable {
    complete(id, std::unexpected(std::move(failure)));
  });
}

void Network::after(Duration span, std::move_only_function<void()> action) {
  const uint64_t id = ++numbers_;
  timers_[id] = node_.start_timer(node_.reactor(0), span, [this, id, action = std::move(action)]() mutable {
    const std::unique_ptr<Timer> own = std::move(timers_.extract(id).mapped());
    action();
  });
}

}  // namespace portico::sim
