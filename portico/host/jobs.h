// Inside host/ only: work of a service's own account, now and then.
#pragma once

#include <atomic>

#include "portico/service/service.h"

namespace portico {

// Runs the job every period, with a tenth of jitter, until `stopping`; what fails is logged. Everything named
// outlives the task.
Task<void> run_job(Runtime* runtime, Observer* observer, const std::atomic<bool>* stopping, Service* service,
                   const Service::Job* job);

}  // namespace portico
