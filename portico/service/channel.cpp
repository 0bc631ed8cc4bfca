#include "portico/service/channel.h"

#include "portico/schema/json.h"

namespace portico {
namespace {

// What a failed try says about trying again and about the target.
struct Verdict {
  bool failed = false;      // the target did badly: counts for the breaker
  bool never_sent = false;  // safe to repeat for every method
};

Verdict judge(const Error& error) {
  switch (error.code()) {
    case Code::unavailable:
    case Code::too_late:
    case Code::internal:
      return {.failed = true};
    default:
      return {};
  }
}

// One try over some transport; sets `never_sent` where nothing can have arrived.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Task<void> attempt(Call& call, const EndpointInfo& endpoint, void* request, void* response,
                             bool& never_sent) = 0;
  // Whether the request object survives a try and may be sent again.
  virtual bool repeatable() const = 0;
};

// Deadline, breaker, retries: the same for every transport. What fails there bears the neighbour's name.
class SafeChannel : public Channel {
 public:
  SafeChannel(std::string target, Runtime& runtime, Metrics& metrics, ChannelOptions options,
              std::unique_ptr<Transport> transport)
      : target_(std::move(target)),
        runtime_(runtime),
        options_(std::move(options)),
        transport_(std::move(transport)),
        breaker_(runtime, options_.breaker),
        retries_(metrics.counter("call_retries_total", "Calls to neighbours sent again",
                                 {{"service", options_.caller}, {"target", target_}})),
        rejected_(metrics.counter("call_rejected_total", "Calls refused by an open breaker",
                                  {{"service", options_.caller}, {"target", target_}})),
        open_(metrics.gauge("call_breaker_open", "0 closed, 1 half open, 2 open",
                            {{"service", options_.caller}, {"target", target_}})) {}

  std::string_view state() const override { return name_of(breaker_.state()); }

  Task<void> send(Call& call, const EndpointInfo& endpoint, void* request, void* response) override {
    Call child = call.for_service(target_);
    if (child.caller().service != call.service()) {
      Caller caller = child.caller();
      caller.service = call.service();  // the neighbour is asked by us, on behalf of the user if there is one
      child.set_caller(std::move(caller));
    }
    child.shorten(runtime_.steady() + options_.timeout);
    Span span(child, endpoint.name);
    for (int tries = 1;; ++tries) {
      child.check_deadline();
      if (!breaker_.admit()) throw rejected(span);
      bool never_sent = false;
      std::optional<Error> error = co_await one_try(child, endpoint, request, response, never_sent);
      publish_state();
      if (!error) co_return;
      if (!may_repeat(endpoint, child, *error, never_sent, tries)) {
        span.fail(error->reason());
        throw std::move(*error).with_neighbour(target_);
      }
      retries_.add();
      co_await wait_before(child, tries);
    }
  }

 private:
  Task<std::optional<Error>> one_try(Call& call, const EndpointInfo& endpoint, void* request, void* response,
                                     bool& never_sent) {
    std::optional<Error> failure;
    try {
      co_await transport_->attempt(call, endpoint, request, response, never_sent);
    } catch (const Error& error) {
      failure = error;
    } catch (const std::exception& error) {
      failure = Error(Code::internal, "internal").with_note(error.what());
    }
    bool bad = failure && judge(*failure).failed;
    breaker_.report(bad ? Breaker::Outcome::failure : Breaker::Outcome::success);
    co_return failure;
  }

  bool may_repeat(const EndpointInfo& endpoint, const Call& call, const Error& error, bool never_sent,
                  int tries) {
    if (tries >= options_.tries_max || !transport_->repeatable()) return false;
    bool safe = never_sent || (endpoint.idempotent && error.code() == Code::unavailable);
    if (!safe || error.retry_after_seconds() > 1 || call.remaining() < options_.retry_base) return false;
    return breaker_.may_retry(options_.retry_budget, options_.retry_floor);
  }

  Task<void> wait_before(const Call& call, int tries) {
    Duration limit = std::min(options_.retry_cap, options_.retry_base * (1 << (tries - 1)));
    limit = std::min(limit, call.remaining());
    if (limit.count() <= 0) co_return;
    co_await runtime_.sleep(Duration(1 + int64_t(runtime_.random().below(uint64_t(limit.count())))));
  }

  Error rejected(Span& span) {
    rejected_.add();
    publish_state();
    span.fail("breaker.open");
    return Error(Code::unavailable, "breaker.open", "The " + target_ + " service is unavailable")
        .with_retry_after(breaker_.retry_after_seconds())
        .with_neighbour(target_);
  }

  void publish_state() {
    Breaker::State state = breaker_.state();
    open_.set(state == Breaker::State::open ? 2 : state == Breaker::State::half_open ? 1 : 0);
  }

  std::string target_;
  Runtime& runtime_;
  ChannelOptions options_;
  std::unique_ptr<Transport> transport_;
  Breaker breaker_;
  Counter& retries_;
  Counter& rejected_;
  Gauge& open_;
};

class DirectTransport : public Transport {
 public:
  explicit DirectTransport(Service& service) : service_(service) {}

  Task<void> attempt(Call& call, const EndpointInfo& endpoint, void* request, void* response,
                     bool&) override {
    const Route* route = service_.find(endpoint.name);
    if (!route) throw Error(Code::unimplemented, "endpoint.unbound").with_note(std::string(endpoint.path));
    co_await service_.invoke(call, *route, request, response);
  }
  bool repeatable() const override { return false; }  // the handler has consumed the request

 private:
  Service& service_;
};

class HttpTransport : public Transport {
 public:
  HttpTransport(std::string target, Exchange exchange, const Presenter& presenter,
                const Authenticator& authenticator)
      : target_(std::move(target)),
        exchange_(std::move(exchange)),
        presenter_(presenter),
        authenticator_(authenticator) {}

  Task<void> attempt(Call& call, const EndpointInfo& endpoint, void* request, void* response,
                     bool& never_sent) override {
    net::Request message = compose(call, endpoint, request);
    auto answer = co_await exchange_(std::move(message), call.deadline());
    if (!answer) {
      never_sent = answer.error().never_sent;
      bool late = answer.error().kind == net::Failure::Kind::timeout;
      throw Error(late ? Code::too_late : Code::unavailable, late ? "call.timeout" : "call.failed",
                  "The " + target_ + " service is unavailable")
          .with_note(answer.error().note);
    }
    if (answer->status < 200 || answer->status > 299)
      throw presenter_.read_error(answer->status, answer->body);
    if (!response) co_return;
    std::vector<std::string_view> path = presenter_.result_path(endpoint);
    schema::Violations violations = schema::read_json_at(answer->body, path, *endpoint.response, response);
    if (!violations.empty())
      throw Error(Code::internal, "call.unreadable")
          .with_note(target_ + " answered: " + violations[0].pointer + " " + violations[0].message);
  }
  bool repeatable() const override { return true; }

 private:
  net::Request compose(const Call& call, const EndpointInfo& endpoint, void* request) const {
    net::Request message{.verb = endpoint.verb};
    std::vector<std::string_view> in_path;
    message.target = target_of(endpoint, request, in_path);
    if (endpoint.verb == GET || endpoint.verb == DELETE) {
      append_query(message.target, *endpoint.request, request, in_path);
    } else {
      schema::write_json(message.body, *endpoint.request, request);
      message.headers.add("content-type", "application/json");
    }
    message.headers.add(header::correlation_id, call.correlation_id);
    message.headers.add(header::traceparent, to_traceparent(call.trace));
    message.headers.add(header::timeout_ms, std::to_string(call.remaining().count() / 1000));
    if (!call.idempotency_key.empty()) message.headers.add(header::idempotency_key, call.idempotency_key);
    authenticator_.sign(message.headers, call, target_);
    return message;
  }

  // A flat member as text: how it stands in a path or a query.
  static std::string text_of(const schema::Type& type, const void* object) {
    if (type.text) return type.text_const(object);
    std::string json;
    schema::write_json(json, type, object);
    return json.size() >= 2 && json.front() == '"' ? json.substr(1, json.size() - 2) : json;
  }

  static std::string target_of(const EndpointInfo& endpoint, const void* request,
                               std::vector<std::string_view>& in_path) {
    std::string target;
    std::string_view rest = endpoint.path;
    for (size_t open = rest.find('{'); open != rest.npos; open = rest.find('{')) {
      size_t close = rest.find('}', open);
      std::string_view name = rest.substr(open + 1, close - open - 1);
      const schema::Member* member = endpoint.request->find(name);
      PORTICO_CHECK(member != nullptr);
      target += rest.substr(0, open);
      target += net::percent_encode(text_of(member->type(), member->at_const(request)));
      in_path.push_back(member->name);
      rest = rest.substr(close + 1);
    }
    return target += rest;
  }

  static void append_query(std::string& target, const schema::Type& type, const void* request,
                           const std::vector<std::string_view>& in_path) {
    char separator = '?';
    auto append = [&](std::string_view name, std::string text) {
      ((target += separator) += name) += '=';
      target += net::percent_encode(text);
      separator = '&';
    };
    for (const schema::Member& member : type.members) {
      if (std::find(in_path.begin(), in_path.end(), member.name) != in_path.end()) continue;
      const schema::Type* value_type = &member.type();
      const void* value = member.at_const(request);
      if (value_type->kind == schema::Kind::optional || value_type->kind == schema::Kind::nullable) {
        value = value_type->value_const(value);
        if (!value) continue;
        value_type = &value_type->element();
      }
      if (value_type->kind == schema::Kind::list) {
        for (size_t i = 0; i < value_type->size(value); ++i)
          append(member.name, text_of(value_type->element(), value_type->item_const(value, i)));
      } else {
        append(member.name, text_of(*value_type, value));
      }
    }
  }

  std::string target_;
  Exchange exchange_;
  const Presenter& presenter_;
  const Authenticator& authenticator_;
};

}  // namespace

std::unique_ptr<Channel> make_direct_channel(Runtime& runtime, Observer& observer, Service& service,
                                             ChannelOptions options) {
  return std::make_unique<SafeChannel>(service.name(), runtime, observer.metrics, options,
                                       std::make_unique<DirectTransport>(service));
}

std::unique_ptr<Channel> make_http_channel(std::string target, Exchange exchange, const Presenter& presenter,
                                           const Authenticator& authenticator, Runtime& runtime,
                                           Observer& observer, ChannelOptions options) {
  auto transport = std::make_unique<HttpTransport>(target, std::move(exchange), presenter, authenticator);
  return std::make_unique<SafeChannel>(std::move(target), runtime, observer.metrics, options,
                                       std::move(transport));
}

namespace {

// A coroutine of its own, so that what it needs lives in its frame and not in a lambda.
Task<std::expected<net::Response, net::Failure>> send_over(net::Sender* sender, net::Origin origin,
                                                           net::Request request, Instant deadline) {
  co_return co_await sender->send(std::move(origin), std::move(request), deadline);
}

Task<std::expected<net::Response, net::Failure>> pass_to(Front* front, net::Request request) {
  co_return co_await front->handle(std::move(request));
}

}  // namespace

Exchange network_exchange(net::Sender& sender, net::Origin origin) {
  return [&sender, origin](net::Request request, Instant deadline) {
    return send_over(&sender, origin, std::move(request), deadline);
  };
}

Exchange wire_exchange(Front& front) {
  return [&front](net::Request request, Instant) { return pass_to(&front, std::move(request)); };
}

}  // namespace portico
