// Spans of work and W3C trace context (https://www.w3.org/TR/trace-context/), kept in a bounded ring in
// memory.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "portico/base/time.h"
#include "portico/base/types.h"
#include "portico/runtime/runtime.h"
#include "portico/schema/describe.h"

namespace portico {

// The position in a trace that is handed on: `traceparent` without its version.
struct TraceContext {
  std::array<uint8_t, 16> trace_id{};
  std::array<uint8_t, 8> span_id{};
  bool sampled = true;
  bool valid() const { return trace_id != std::array<uint8_t, 16>{}; }
  bool operator==(const TraceContext&) const = default;
};
// Nothing where the header is malformed; a higher version is read as version 00.
std::optional<TraceContext> parse_traceparent(std::string_view header);
// Empty, so nothing is to be sent, where there is no trace or no span that could be a parent.
std::string to_traceparent(const TraceContext& context);
// Lower-case hexadecimal digits.
std::string to_hex(std::span<const uint8_t> bytes);

// One finished span.
struct SpanRecord {
  std::string trace_id, span_id, parent_id;  // hex; parent empty at the root
  std::string name;  // "POST /api/orders", "call product.read", "store.write", "event order.created.v1"
  std::string service;
  Time started_at;
  int64_t duration_us = 0;
  std::string outcome;  // "ok", or the error's reason
};
PORTICO_DESCRIBE(SpanRecord, trace_id, span_id, parent_id, name, service, started_at, duration_us, outcome)

// One finished span as it is handed to the tracer, which copies the texts.
struct FinishedSpan {
  TraceContext context;
  std::array<uint8_t, 8> parent_id{};  // zero at the root
  std::string_view name;               // what is beyond Tracer's limits is cut
  std::string_view service;
  std::string_view outcome;
  Time started_at;
  Duration duration{};
};

// Collects finished spans, sampled or not: the ring is what the console looks at when a request has failed.
// The oldest make room. Thread-safe; recording allocates nothing.
class Tracer {
 public:
  static constexpr size_t name_bytes_max = 96;
  static constexpr size_t service_bytes_max = 32;
  static constexpr size_t outcome_bytes_max = 48;

  explicit Tracer(size_t capacity = 4096);  // at least 1
  ~Tracer();
  void record(const FinishedSpan& span);
  // The newest first; with a trace id (hex) only that trace.
  std::vector<SpanRecord> recent(size_t max, std::string_view trace_id = {}) const;
  uint64_t recorded() const;  // since the start, overwritten ones included

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portico
