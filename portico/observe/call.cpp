#include "portico/observe/call.h"

#include <span>

namespace portico {
namespace {

// Ids of zero mean "none" in trace context; one out of 2^64 draws would be one.
template <size_t N>
std::array<uint8_t, N> random_id(Runtime& runtime) {
  std::array<uint8_t, N> id;
  do {
    runtime.random().fill(std::as_writable_bytes(std::span(id)));
  } while (id == std::array<uint8_t, N>{});
  return id;
}

// Shared by all calls without a caller, so that making such a call allocates nothing for it.
std::shared_ptr<const Caller> nobody() {
  static const auto caller = std::make_shared<const Caller>();
  return caller;
}

}  // namespace

Call::Call(Runtime& runtime, Observer& observer, std::string_view service, Instant deadline)
    : runtime_(&runtime), observer_(&observer), service_(service), caller_(nobody()), deadline_(deadline) {
  trace.trace_id = random_id<16>(runtime);
}

void Call::check_deadline() const {
  if (remaining() <= Duration::zero()) throw Error(too_late, "deadline.passed");
}

Call Call::for_service(std::string_view service) const {
  Call call = *this;
  call.service_ = service;
  call.idempotency_key.clear();
  return call;
}

Call Call::detached_as(std::string_view service, Instant deadline) const {
  Call call = for_service(service);
  call.caller_ = nobody();
  call.peer.clear();
  call.deadline_ = deadline;
  return call;
}

Span::Span(Call& call, std::string_view name)
    : call_(call), context_(call.trace), started_(call.runtime().steady()), name_(name) {
  if (context_.valid())
    parent_id_ = context_.span_id;
  else
    context_.trace_id = random_id<16>(call.runtime());
  context_.span_id = random_id<8>(call.runtime());
  call.trace = context_;
}

Span::~Span() {
  Runtime& runtime = call_.runtime();
  Duration duration = runtime.steady() - started_;
  call_.observer().tracer.record({.context = context_,
                                  .parent_id = parent_id_,
                                  .name = name_,
                                  .service = call_.service(),
                                  .outcome = outcome_,
                                  .started_at = runtime.now() - duration,
                                  .duration = duration});
  // The trace itself stays: spans that follow belong to it even where this one has begun it.
  call_.trace.span_id = parent_id_;
}

}  // namespace portico
