#include "portico/host/jobs.h"

namespace portico {

Task<void> run_job(Runtime* runtime, Observer* observer, const std::atomic<bool>* stopping, Service* service,
                   const Service::Job* job) {
  while (!*stopping) {
    // A tenth of jitter, so that processes that started together do not work in step.
    double factor = 0.95 + 0.1 * runtime->random().fraction();
    co_await runtime->sleep(Duration(int64_t(double(job->period.count()) * factor)));
    Call call(*runtime, *observer, service->name(),
              runtime->steady() + std::max<Duration>(job->period, std::chrono::seconds(30)));
    call.correlation_id = make_uuid7(*runtime, runtime->random());
    std::optional<Error> failure;
    try {
      co_await job->run(call);
    } catch (const Error& error) {
      failure = error;
    }
    if (failure) call.log().failure(call, "job failed", *failure, {{"job", job->name}});
  }
}

}  // namespace portico
