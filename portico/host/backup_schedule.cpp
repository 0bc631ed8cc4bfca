#include "portico/host/backup_schedule.h"

#include <algorithm>

namespace portico {
namespace {

Counter& counter(Metrics& metrics, std::string_view outcome) {
  return metrics.counter("backups_total", "Scheduled backups by how they ended.", {{"outcome", outcome}});
}

}  // namespace

BackupSchedule::BackupSchedule(Runtime& runtime, Observer& observer, const SystemSpec& system,
                               const Config& config)
    : runtime_(runtime),
      observer_(observer),
      system_(system),
      plan_{.data = config.text("host.data"), .to = config.text("backup.folder")},
      every_(config.duration("backup.every")),
      keep_(size_t(config.integer("backup.keep"))),
      ok_(counter(observer.metrics, "ok")),
      failed_(counter(observer.metrics, "failed")) {
  const std::vector<Backup> known = list_backups(plan_.to, system.name);
  if (!known.empty()) newest_->taken_at_ms = known.front().manifest.taken_at.ms;
  Gauge& age =
      observer.metrics.gauge("backup_age_seconds", "Age of the newest good backup; -1: there is none.");
  observer.metrics.on_collect([&age, clock = &runtime, weak = std::weak_ptr(newest_)] {
    const std::shared_ptr<Newest> newest = weak.lock();
    if (!newest) return;
    const int64_t taken = newest->taken_at_ms;
    age.set(taken ? (clock->now().ms - taken) / 1000 : -1);
  });
}

bool BackupSchedule::wanted(const Config& config) { return config.duration("backup.every").count() > 0; }

Duration BackupSchedule::until_due() const {
  const int64_t taken = newest_->taken_at_ms;
  if (taken == 0) return Duration::zero();
  return std::max(every_ - (runtime_.now() - Time{taken}), Duration::zero());
}

Task<bool> BackupSchedule::take() {
  std::optional<Error> failure;
  try {
    const Backup backup = co_await take_backup(runtime_, system_, plan_);
    newest_->taken_at_ms = backup.manifest.taken_at.ms;
    prune_backups(plan_.to, system_.name, keep_);
    observer_.log.write(Level::info, system_.name, "backup taken",
                        {{"path", backup.path}, {"bytes", backup.bytes()}});
  } catch (const Error& error) {
    failure = error;
  } catch (const std::exception& error) {
    failure = Error(Code::internal, "backup.failed", error.what());
  }
  if (failure && runtime_.steady() < made_until_ && failure->reason().starts_with("store.")) co_return false;
  (failure ? failed_ : ok_).add();
  if (failure)
    observer_.log.write(Level::error, system_.name, "backup failed",
                        {{"reason", failure->reason()}, {"error", failure->message()}});
  co_return !failure;
}

Task<void> BackupSchedule::run(const std::atomic<bool>* stopping) {
  made_until_ = runtime_.steady() + making_max;
  while (!*stopping) {
    co_await runtime_.sleep(until_due());
    if (*stopping) co_return;
    const bool taken = co_await take();
    const bool starting = runtime_.steady() < made_until_;
    if (!taken) co_await runtime_.sleep(starting ? std::min(every_, making_pause) : every_ / 10);
  }
}

}  // namespace portico
