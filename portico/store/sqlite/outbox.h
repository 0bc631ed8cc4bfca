// Inside store/sqlite only: published events as rows.
#pragma once

#include <vector>

#include "portico/observe/call.h"
#include "portico/store/sqlite/connection.h"
#include "portico/store/store.h"

namespace portico::sqlite {

inline constexpr size_t events_read_max = 10'000;  // at once; more is cut

void publish(Connection& connection, const Call& call, std::string_view type, const schema::Type& described,
             const void* event);
std::vector<OutboxEvent> read_events(Connection& connection, int64_t after, size_t max);
int64_t trim_events(Connection& connection, int64_t sequence, Time before, size_t max);
// The highest sequence ever given, 0 before the first.
int64_t newest_event(Connection& connection);

// How much is kept and since when. Found in constant time, so trimmed gaps count as kept.
struct OutboxSpan {
  int64_t events = 0;
  Time oldest;
};
OutboxSpan read_span(Connection& connection);

}  // namespace portico::sqlite
