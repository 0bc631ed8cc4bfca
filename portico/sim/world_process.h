// Inside sim/ only: one process of a world.
#pragma once

#include <memory>
#include <string>

#include "portico/sim/world.h"

namespace portico::sim {

struct World::Process {
  std::string name;
  Placement placement;
  Runtime* node = nullptr;
  std::unique_ptr<Life> life;
  std::unique_ptr<Life> corpse;  // of a process that died: destroyed when nothing of it runs any more
  bool ready = false;
  bool inspected = false;  // somebody is on the way
  uint64_t lives = 0;
  int failed_starts = 0;
  Duration clock_offset{};
};

// What a process has between its start and its death.
struct World::Life {
  Life(World& world, Process& process)
      : log(*process.node, {.level_min = world.options_.keep_log ? world.options_.log_level : Level::error},
            [&world](std::string_view lines) {
              if (world.options_.keep_log) world.lines_ += lines;
            }),
        observer{log, metrics, tracer},
        config(world.make_config()),
        sender(world.network_.sender(process.name)) {
    Placement placement = process.placement;
    placement.sender = sender.get();
    application =
        std::make_unique<Application>(*process.node, observer, world.system_, config, std::move(placement));
  }
  Metrics metrics;
  Tracer tracer{16};
  Log log;
  Observer observer;
  const Config config;
  const std::unique_ptr<net::Sender> sender;
  std::unique_ptr<Application> application;
  bool stopped = false;
};

}  // namespace portico::sim
