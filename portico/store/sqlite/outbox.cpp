#include "portico/store/sqlite/outbox.h"

#include <algorithm>

#include "portico/schema/json.h"

namespace portico::sqlite {
namespace {

std::string_view first_id(const schema::Type& described, const void* event) {
  for (const schema::Member& member : described.members)
    if (member.type().kind == schema::Kind::id) return member.type().text_const(member.at_const(event));
  return {};
}

}  // namespace

void publish(Connection& connection, const Call& call, std::string_view type, const schema::Type& described,
             const void* event) {
  const std::string id = make_uuid7(call.runtime(), call.runtime().random());
  const std::string traceparent = call.trace.valid() ? to_traceparent(call.trace) : std::string();
  std::string body;
  schema::write_json(body, described, event);
  Statement insert = connection.statement(
      "INSERT INTO \"_outbox\" (id, type, key, published_at, correlation_id, traceparent, body) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  insert.bind(0, std::string_view(id));
  insert.bind(1, type);
  insert.bind(2, first_id(described, event));
  insert.bind(3, call.now().ms);
  insert.bind(4, std::string_view(call.correlation_id));
  insert.bind(5, std::string_view(traceparent));
  insert.bind(6, std::string_view(body));
  insert.step();
}

std::vector<OutboxEvent> read_events(Connection& connection, int64_t after, size_t max) {
  Statement select = connection.statement(
      "SELECT sequence, id, type, key, published_at, correlation_id, traceparent, body FROM \"_outbox\" "
      "WHERE sequence > ?1 ORDER BY sequence LIMIT ?2");
  select.bind(0, after);
  select.bind(1, int64_t(std::min(max, events_read_max)));
  std::vector<OutboxEvent> events;
  while (select.step())
    events.push_back({.sequence = select.integer(0),
                      .id = std::string(select.text(1)),
                      .type = std::string(select.text(2)),
                      .key = std::string(select.text(3)),
                      .published_at = Time{select.integer(4)},
                      .correlation_id = std::string(select.text(5)),
                      .traceparent = std::string(select.text(6)),
                      .body = std::string(select.text(7))});
  return events;
}

int64_t newest_event(Connection& connection) {
  Statement select = connection.statement("SELECT seq FROM sqlite_sequence WHERE name = '_outbox'");
  return select.step() ? select.integer(0) : 0;
}

OutboxSpan read_span(Connection& connection) {
  Statement select = connection.statement(
      "SELECT sequence, published_at, (SELECT max(sequence) FROM \"_outbox\") FROM \"_outbox\" "
      "ORDER BY sequence LIMIT 1");
  if (!select.step()) return {};
  return {.events = select.integer(2) - select.integer(0) + 1, .oldest = Time{select.integer(1)}};
}

int64_t trim_events(Connection& connection, int64_t sequence, Time before, size_t max) {
  Statement remove = connection.statement(
      "DELETE FROM \"_outbox\" WHERE sequence IN (SELECT sequence FROM \"_outbox\" "
      "WHERE sequence <= ?1 AND published_at < ?2 ORDER BY sequence LIMIT ?3)");
  remove.bind(0, sequence);
  remove.bind(1, before.ms);
  remove.bind(2, int64_t(std::min(max, events_read_max)));
  remove.step();
  return connection.changes();
}

}  // namespace portico::sqlite
