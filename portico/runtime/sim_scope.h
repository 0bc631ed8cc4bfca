// Inside runtime/ only: whether the code that runs on this thread belongs to a simulated node that is dead.
// What such code starts must have no effect, or killing a process would look like closing it down.
#pragma once

namespace portico::sim_scope {

inline thread_local int depth = 0;

inline bool dying() { return depth > 0; }

struct Dying {
  Dying() { ++depth; }
  ~Dying() { --depth; }
  Dying(const Dying&) = delete;
};

}  // namespace portico::sim_scope
