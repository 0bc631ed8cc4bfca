// The life of the processes of a world: started, killed, restarted, paused, looked after, stopped.
#include <algorithm>

#include "portico/sim/injector.h"
#include "portico/sim/world.h"
#include "portico/sim/world_process.h"
#include "portico/store/sqlite/sqlite_store.h"

namespace portico::sim {
namespace {

constexpr int inspections_max = 5;  // that get no answer
constexpr Duration stop_time_max = std::chrono::minutes(1);

Task<void> finish(Task<void> task, Gate* done, std::exception_ptr* failure) {
  try {
    co_await std::move(task);
  } catch (const std::exception&) {
    *failure = std::current_exception();
  }
  done->open();
}

}  // namespace

void World::run(Task<void> task) {
  Gate done;
  std::exception_ptr failure;
  client_.spawn("client", finish(std::move(task), &done, &failure));
  runtime_->run(done.wait());
  if (failure) std::rethrow_exception(failure);
}

void World::start() {
  restarting_ = true;
  for (auto& process : processes_)
    if (!process->life) boot(*process);
}

void World::boot(Process& process) {
  process.corpse.reset();
  disk_.restart(process.name);
  process.node = &runtime_->node(process.name);
  runtime_->set_clock_offset(process.name, process.clock_offset);
  Process* own = &process;
  network_.attach(process.name, {process.node,
                                 [own](std::string_view port) {
                                   return own->life && own->life->application->answers(port);
                                 },
                                 [own](std::string_view port, net::Request request) {
                                   return own->life->application->answer(port, std::move(request));
                                 }});
  process.life = std::make_unique<Life>(*this, process);
  ++process.lives;
  process.node->spawn("start", live(this, own, process.life.get()));
}

Task<void> World::live(World* world, Process* process, Life* life) {
  std::string trouble;
  try {
    co_await life->application->start();
  } catch (const std::exception& error) {
    trouble = error.what();
  }
  if (process->life.get() != life) co_return;  // it was killed meanwhile, and this is its last breath
  if (trouble.empty()) {
    process->ready = true;
    process->failed_starts = 0;
    world->progress_.notify();
    co_return;
  }
  // A process that cannot start exits.
  life->log.write(Level::error, process->name, "not started", {{"error", trouble}});
  ++process->failed_starts;
  world->end(*process, PowerCut::keep_all, *world->random_);
}

void World::kill(std::string_view name, PowerCut power, Random& random) {
  Process& victim = process(name);
  if (!victim.life) return;
  ++crashes_;
  end(victim, power, random);
}

// May be called by the process itself: then it runs on until its next await, without effect.
void World::end(Process& process, PowerCut power, Random& random) {
  network_.detach(process.name);
  disk_.crash(process.name, power, random);
  process.ready = false;
  process.corpse = std::move(process.life);
  if (restarting_) restart_later(process);
  runtime_->kill(process.name);
}

void World::restart_later(Process& process) {
  const Duration delay = std::min(options_.restart_delay * (1 << std::min(process.failed_starts, 10)),
                                  options_.restart_delay_max);
  control_.spawn("restart", restart(this, &process, delay));
}

Task<void> World::restart(World* world, Process* process, Duration delay) {
  co_await world->runtime_->sleep(delay);
  if (world->restarting_ && !process->life) world->boot(*process);
}

bool World::ready() const {
  return std::ranges::all_of(processes_, [](const auto& process) { return process->ready; });
}

Task<bool> World::wait_ready(Duration limit) {
  const Instant deadline = runtime_->steady() + limit;
  while (!ready()) {
    const Duration left = deadline - runtime_->steady();
    if (left <= Duration::zero()) co_return false;
    co_await progress_.wait_for(left);
  }
  co_return true;
}

void World::pause(std::string_view name) {
  if (process(name).life) runtime_->pause(name);
}

void World::resume(std::string_view name) { runtime_->resume(name); }

void World::set_clock_offset(std::string_view name, Duration offset) {
  process(name).clock_offset = offset;
  runtime_->set_clock_offset(name, offset);
}

void World::inspect_later(std::string_view name) {
  Process& visited = process(name);
  if (!visited.life || std::exchange(visited.inspected, true)) return;
  control_.spawn("inspect", inspect(this, &visited));
}

Task<void> World::inspect(World* world, Process* process) {
  for (int i = 0; i < inspections_max; ++i) {
    co_await world->runtime_->sleep(world->options_.inspection_delay);
    process->inspected = false;  // what happens from here on needs another look
    if (!process->ready) continue;
    const uint64_t life = process->lives;
    bool answered = true, healthy = true;
    for (const std::string& service : process->placement.services) {
      net::Request request{.target = "/health"};
      auto answer = co_await world->inspector_->send({.host = service}, std::move(request),
                                                     world->runtime_->steady() + std::chrono::seconds(10));
      answered = answered && answer;
      healthy = healthy && (!answer || answer->status < 500);
    }
    if (!process->life || process->lives != life) co_return;  // it has died meanwhile
    if (!healthy) world->end(*process, PowerCut::keep_all, *world->random_);
    if (answered) co_return;
  }
}

Task<void> World::stop_life(World* world, Life* life) {
  co_await life->application->stop(world->runtime_->steady() + stop_time_max);
  life->stopped = true;
  world->progress_.notify();
}

void World::stop() {
  restarting_ = false;
  for (auto it = processes_.rbegin(); it != processes_.rend(); ++it) {
    Process& process = **it;
    if (!process.life) continue;
    if (process.ready) {
      Life* life = process.life.get();
      process.node->spawn("stop", stop_life(this, life));
      const Instant deadline = runtime_->steady() + stop_time_max * 2;
      while (!life->stopped && runtime_->steady() < deadline) pass(std::chrono::milliseconds(10));
      if (!life->stopped) violate("stops_in_order", process.name + " did not stop");
    }
    end(process, PowerCut::keep_all, *random_);
  }
  for (auto& process : processes_) {
    process->corpse.reset();
    disk_.restart(process->name);
  }
}

StoppedSystem::MakeStore World::stores_at_rest() {
  return [this](const std::string& service) {
    return sqlite::make_store(control_, observer_,
                              {.path = store_path(service), .file_system = disk_.file_system()});
  };
}

Snapshot World::snapshot(std::string notes) const {
  for (const auto& process : processes_) PORTICO_CHECK(!process->life);
  return {.disk = disk_.image(), .time = runtime_->now(), .notes = std::move(notes)};
}

}  // namespace portico::sim
