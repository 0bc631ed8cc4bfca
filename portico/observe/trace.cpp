#include "portico/observe/trace.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <type_traits>

#include "portico/base/error.h"
#include "portico/observe/utf8.h"

namespace portico {
namespace {

constexpr size_t traceparent_size = 55;  // "00-" 32 digits "-" 16 digits "-" 2 digits

// Lower-case only, as the specification demands.
int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool read_hex(std::string_view text, std::span<uint8_t> bytes) {
  if (text.size() != bytes.size() * 2) return false;
  for (size_t i = 0; i < bytes.size(); ++i) {
    int high = digit_of(text[i * 2]), low = digit_of(text[i * 2 + 1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = uint8_t(high << 4 | low);
  }
  return true;
}

bool all_zero(std::span<const uint8_t> bytes) {
  return std::ranges::all_of(bytes, [](uint8_t byte) { return byte == 0; });
}

// Text of bounded length inside the slot, so that recording touches one block of memory and no allocator.
template <size_t Max>
struct Inline {
  uint8_t size;
  char bytes[Max];
  static_assert(Max <= 255);

  void assign(std::string_view text) {
    text = observe::cut_utf8(text, Max);
    size = uint8_t(text.size());
    if (size) std::memcpy(bytes, text.data(), size);
  }
  std::string str() const { return {bytes, size}; }
};

struct Slot {
  std::array<uint8_t, 16> trace_id;
  std::array<uint8_t, 8> span_id, parent_id;
  int64_t started_ms, duration_us;
  Inline<Tracer::name_bytes_max> name;
  Inline<Tracer::service_bytes_max> service;
  Inline<Tracer::outcome_bytes_max> outcome;
};
static_assert(std::is_trivially_default_constructible_v<Slot>);

SpanRecord record_of(const Slot& slot) {
  return {.trace_id = to_hex(slot.trace_id),
          .span_id = to_hex(slot.span_id),
          .parent_id = all_zero(slot.parent_id) ? std::string() : to_hex(slot.parent_id),
          .name = slot.name.str(),
          .service = slot.service.str(),
          .started_at = Time{slot.started_ms},
          .duration_us = slot.duration_us,
          .outcome = slot.outcome.str()};
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view header) {
  if (header.size() < traceparent_size) return std::nullopt;
  std::array<uint8_t, 1> version, flags;
  if (!read_hex(header.substr(0, 2), version) || version[0] == 0xff) return std::nullopt;
  if (header.size() > traceparent_size && (version[0] == 0 || header[traceparent_size] != '-'))
    return std::nullopt;
  if (header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  TraceContext context;
  if (!read_hex(header.substr(3, 32), context.trace_id) || all_zero(context.trace_id)) return std::nullopt;
  if (!read_hex(header.substr(36, 16), context.span_id) || all_zero(context.span_id)) return std::nullopt;
  if (!read_hex(header.substr(53, 2), flags)) return std::nullopt;
  context.sampled = flags[0] & 1;
  return context;
}

std::string to_traceparent(const TraceContext& context) {
  if (!context.valid() || all_zero(context.span_id)) return {};
  std::string text;
  text.reserve(traceparent_size);
  text.append("00-").append(to_hex(context.trace_id)).append("-").append(to_hex(context.span_id));
  return text.append(context.sampled ? "-01" : "-00");
}

std::string to_hex(std::span<const uint8_t> bytes) {
  std::string text(bytes.size() * 2, '0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    text[i * 2] = "0123456789abcdef"[bytes[i] >> 4];
    text[i * 2 + 1] = "0123456789abcdef"[bytes[i] & 15];
  }
  return text;
}

struct Tracer::Impl {
  explicit Impl(size_t slots) : capacity(slots), ring(std::make_unique_for_overwrite<Slot[]>(slots)) {}

  const size_t capacity;
  mutable std::mutex mutex;
  std::unique_ptr<Slot[]> ring;  // pages that no span has reached yet take no memory
  uint64_t recorded = 0;         // span n stands in slot n % capacity
  size_t next = 0;               // recorded % capacity, without the division
};

Tracer::Tracer(size_t capacity) {
  PORTICO_CHECK(capacity > 0);
  impl_ = std::make_unique<Impl>(capacity);
}
Tracer::~Tracer() = default;

void Tracer::record(const FinishedSpan& span) {
  std::lock_guard held(impl_->mutex);
  Slot& slot = impl_->ring[impl_->next];
  slot.trace_id = span.context.trace_id;
  slot.span_id = span.context.span_id;
  slot.parent_id = span.parent_id;
  slot.started_ms = span.started_at.ms;
  slot.duration_us = span.duration.count();
  slot.name.assign(span.name);
  slot.service.assign(span.service);
  slot.outcome.assign(span.outcome);
  ++impl_->recorded;
  if (++impl_->next == impl_->capacity) impl_->next = 0;
}

std::vector<SpanRecord> Tracer::recent(size_t max, std::string_view trace_id) const {
  std::array<uint8_t, 16> wanted{};
  if (!trace_id.empty() && !read_hex(trace_id, wanted)) return {};
  std::vector<SpanRecord> spans;
  // Matching slots are copied under the lock and formatted after it: whoever reads must not hold up calls.
  std::vector<Slot> slots;
  {
    std::lock_guard held(impl_->mutex);
    uint64_t kept = std::min<uint64_t>(impl_->recorded, impl_->capacity);
    for (uint64_t back = 1; back <= kept && slots.size() < max; ++back) {
      const Slot& slot = impl_->ring[(impl_->recorded - back) % impl_->capacity];
      if (trace_id.empty() || slot.trace_id == wanted) slots.push_back(slot);
    }
  }
  spans.reserve(slots.size());
  for (const Slot& slot : slots) spans.push_back(record_of(slot));
  return spans;
}

uint64_t Tracer::recorded() const {
  std::lock_guard held(impl_->mutex);
  return impl_->recorded;
}

}  // namespace portico
