// Backups at regular times, by one process of a system.
#pragma once

#include <atomic>
#include <memory>

#include "portico/host/backup.h"

namespace portico {

// Takes a backup into backup.folder whenever the newest is older than backup.every, and keeps backup.keep of
// them. A failure is logged and counted, and tried again after a tenth of that time. Metrics: backups_total
// by outcome, backup_age_seconds of the newest good one (-1: there is none).
class BackupSchedule {
 public:
  // After a start other processes may still be making their stores: those are waited for, and tried again
  // each pause.
  static constexpr Duration making_max = std::chrono::minutes(1);
  static constexpr Duration making_pause = std::chrono::seconds(1);

  BackupSchedule(Runtime& runtime, Observer& observer, const SystemSpec& system, const Config& config);
  // Whether the configuration asks for any.
  static bool wanted(const Config& config);
  // Runs until `stopping`.
  Task<void> run(const std::atomic<bool>* stopping);

 private:
  // Of the newest good backup; outlived by the collector that shows its age.
  struct Newest {
    std::atomic<int64_t> taken_at_ms{0};  // 0: there is none
  };
  Duration until_due() const;
  Task<bool> take();

  Runtime& runtime_;
  Observer& observer_;
  const SystemSpec& system_;
  const BackupPlan plan_;
  const Duration every_;
  const size_t keep_;
  const std::shared_ptr<Newest> newest_ = std::make_shared<Newest>();
  Instant made_until_;
  Counter &ok_, &failed_;
};

}  // namespace portico
