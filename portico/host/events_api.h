// Events between processes: a publishing service serves its log to the subscribers of other processes.
#pragma once

#include "portico/bus/bus.h"
#include "portico/service/service.h"

namespace portico {

struct EventsWanted {
  Text<1, 200> group;
  Int<0, INT64_MAX> after;
  Int<1, 1000> max;
  Int<0, 20'000> wait_ms;  // how long to wait for one when there is none
};
PORTICO_DESCRIBE(EventsWanted, group, after, max, wait_ms)

struct EventsApi {
  Endpoint<GET, "/internal/events", std::vector<OutboxEvent>(EventsWanted)> read_events{
      "Read the published events after a place in the log", named("events"), allow(internal), inside};
};
PORTICO_API(EventsApi, read_events)

// Serves the log of `source` on `service`. The result must live as long as the service.
std::shared_ptr<void> serve_events(Service& service, EventSource& source);
// Reads the log of a service in another process through `channel`, in the name of `reader`.
std::unique_ptr<EventSource> make_remote_source(Runtime& runtime, Observer& observer, Channel& channel,
                                                std::string reader);

}  // namespace portico
