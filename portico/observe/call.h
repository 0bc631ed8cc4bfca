// The context of one request or one event delivery. It is the first parameter everywhere and is always
// forwarded: nothing hides in thread-locals, and nothing of one request is kept in a shared object.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "portico/base/error.h"
#include "portico/base/types.h"
#include "portico/observe/log.h"
#include "portico/observe/metrics.h"
#include "portico/observe/trace.h"
#include "portico/runtime/runtime.h"

namespace portico {

// Where logs, metrics and spans of a process go.
struct Observer {
  Log& log;
  Metrics& metrics;
  Tracer& tracer;
};

// Who asks, as proven by credentials.
struct Caller {
  std::string user_id;  // empty: no user
  std::string email;
  std::string role;   // the user's role; empty without a user
  std::string token;  // the user's bearer token, forwarded to neighbours
  std::string
      service;  // the calling service's name where the call is internal ("internal" for a plain internal key)
  bool via_gateway = false;  // handed on by our gateway, which gives no rights of its own
  bool is_user() const { return !user_id.empty(); }
  bool is_internal() const { return !service.empty(); }
};

// Copies are cheap and independent. Not to be shared between coroutines that run side by side: give each a
// copy.
class Call {
 public:
  // Begins a trace. The correlation id stays empty until whoever starts the work sets it.
  Call(Runtime& runtime, Observer& observer, std::string_view service, Instant deadline);

  Runtime& runtime() const { return *runtime_; }
  Observer& observer() const { return *observer_; }
  Log& log() const { return observer_->log; }
  const std::string& service() const { return service_; }  // whose work this is
  Time now() const { return runtime_->now(); }

  const Caller& caller() const { return *caller_; }
  void set_caller(Caller caller) { caller_ = std::make_shared<const Caller>(std::move(caller)); }

  Instant deadline() const { return deadline_; }
  Duration remaining() const { return deadline_ - runtime_->steady(); }
  // A deadline only ever moves closer.
  void shorten(Instant deadline) {
    if (deadline < deadline_) deadline_ = deadline;
  }
  // Throws Error(too_late, "deadline.passed") when nothing is left.
  void check_deadline() const;

  template <class T>
  Id<T> new_id() const {
    return Id<T>{make_uuid7(*runtime_, runtime_->random())};
  }

  // The same request seen from a neighbour: same caller, deadline, correlation, peer; its spans are children
  // of the present one. The idempotency key stays behind: it names this request, not the ones made for it.
  Call for_service(std::string_view service) const;
  // A call of our own account in the same trace and correlation, without a user: background work, event
  // deliveries.
  Call detached_as(std::string_view service, Instant deadline) const;

  std::string correlation_id;
  std::string idempotency_key;  // empty: none given
  std::string peer;             // client address, for limits and logs
  TraceContext trace;

 private:
  Runtime* runtime_;
  Observer* observer_;
  std::string service_;
  std::shared_ptr<const Caller> caller_;
  Instant deadline_;
};

// A span from construction to destruction, a child of the call's present span; while it lives it is the
// present one. Spans of one call end in the reverse order of their beginning.
class Span {
 public:
  Span(Call& call, std::string_view name);
  ~Span();
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;
  void fail(std::string_view reason) { outcome_ = reason; }  // the error's reason; otherwise it is "ok"

 private:
  Call& call_;
  TraceContext context_;
  std::array<uint8_t, 8> parent_id_{};
  Instant started_;
  std::string name_;
  std::string outcome_ = "ok";
};

}  // namespace portico
