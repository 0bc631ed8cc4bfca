#include "portico/sim/shrink.h"

#include <algorithm>

#include "portico/base/error.h"

namespace portico::sim {
namespace {

class Shrinker {
 public:
  Shrinker(Shrunk& best, const RunFaults& run, size_t runs_max)
      : best_(best), run_(run), runs_max_(runs_max), invariant_(best.result.violations.front().invariant) {}

  // Halves first, then smaller pieces, down to single faults.
  void work() {
    if (try_without(0, best_.faults.size())) {
      best_.minimal = true;
      return;
    }
    for (size_t pieces = 2; !best_.faults.empty();) {
      pieces = std::min(pieces, best_.faults.size());
      const bool smaller = take_out_pieces(pieces);
      if (best_.runs >= runs_max_) return;
      if (smaller) {
        pieces = std::max<size_t>(pieces - 1, 2);
      } else if (pieces == best_.faults.size()) {
        best_.minimal = true;
        return;
      } else {
        pieces *= 2;
      }
    }
    best_.minimal = true;
  }

 private:
  bool take_out_pieces(size_t pieces) {
    const size_t size = best_.faults.size();
    for (size_t i = 0; i < pieces && best_.runs < runs_max_; ++i)
      if (try_without(size * i / pieces, size * (i + 1) / pieces)) return true;
    return false;
  }

  bool try_without(size_t begin, size_t end) {
    std::vector<Fault> fewer = best_.faults;
    fewer.erase(fewer.begin() + std::ptrdiff_t(begin), fewer.begin() + std::ptrdiff_t(end));
    ++best_.runs;
    RunResult result = run_(fewer);
    if (result.violations.empty() || result.violations.front().invariant != invariant_) return false;
    best_.faults = std::move(fewer);
    best_.result = std::move(result);
    return true;
  }

  Shrunk& best_;
  const RunFaults& run_;
  const size_t runs_max_;
  const std::string invariant_;
};

}  // namespace

Shrunk shrink(std::vector<Fault> faults, RunResult failed, const RunFaults& run, size_t runs_max) {
  PORTICO_CHECK(!failed.violations.empty());
  Shrunk best{.faults = std::move(faults), .result = std::move(failed)};
  Shrinker(best, run, runs_max).work();
  return best;
}

}  // namespace portico::sim
