#include "portico/host/events_api.h"

#include "portico/runtime/sync.h"

namespace portico {

PORTICO_API_DEFINITION(EventsApi)

namespace {

class EventsService {
 public:
  EventsService(Service& service, EventSource& source) : source_(source) {
    service.bind(&EventsApi::read_events, this, &EventsService::read);
  }

 private:
  Task<std::vector<OutboxEvent>> read(Call& call, EventsWanted wanted) {
    // A little less than the caller waits, so that an empty answer comes before its time-out.
    Duration patience = std::min<Duration>(std::chrono::milliseconds(int64_t(wanted.wait_ms)),
                                           call.remaining() - std::chrono::milliseconds(200));
    if (patience.count() < 0) patience = Duration(0);
    co_return co_await on_reactor(
        call.runtime(), 0, source_.read(wanted.group, wanted.after, size_t(int64_t(wanted.max)), patience));
  }

  EventSource& source_;
};

class RemoteSource : public EventSource {
 public:
  RemoteSource(Runtime& runtime, Observer& observer, Channel& channel, std::string reader)
      : runtime_(runtime), observer_(observer), events_(channel), reader_(std::move(reader)) {}

  Task<std::vector<OutboxEvent>> read(std::string group, int64_t after, size_t max, Duration wait) override {
    static constexpr Duration slack = std::chrono::seconds(2);
    // The channel's own limit is five seconds a call.
    Duration patience = std::min<Duration>(wait, std::chrono::seconds(2));
    Call call(runtime_, observer_, reader_, runtime_.steady() + patience + slack);
    EventsWanted wanted{.group = std::move(group),
                        .after = after,
                        .max = int64_t(max),
                        .wait_ms = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count()};
    co_return co_await events_.read_events(call, std::move(wanted));
  }

 private:
  Runtime& runtime_;
  Observer& observer_;
  Client<EventsApi> events_;
  std::string reader_;
};

}  // namespace

std::shared_ptr<void> serve_events(Service& service, EventSource& source) {
  return std::make_shared<EventsService>(service, source);
}

std::unique_ptr<EventSource> make_remote_source(Runtime& runtime, Observer& observer, Channel& channel,
                                                std::string reader) {
  return std::make_unique<RemoteSource>(runtime, observer, channel, std::move(reader));
}

}  // namespace portico
