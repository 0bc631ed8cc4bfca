#include "portico/sim/shrink.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "portico/sim/bank_test_support.h"

namespace portico::sim {
namespace {

// What a campaign is worth: it finds a delivery that is not exactly once, and says which faults it takes.
TEST(Shrink, FindsTheFaultsThatAPlantedErrorNeeds) {
  const TemporaryFolder keys;
  const SystemSpec system = make_bank(true);
  const Scenario scenario = bank_scenario(system);
  const Snapshot snapshot = prepare(scenario, Topology::split, keys.path());
  RunOptions options{.keys = keys.path(), .snapshot = &snapshot};
  std::vector<size_t> sizes;
  for (uint64_t seed = 1; seed <= 300 && sizes.size() < 5; ++seed) {
    options.seed = seed;
    options.faults = make_faults(seed, {.processes = process_names(system, Topology::split)});
    const RunResult failed = run(scenario, options);
    if (failed.violations.empty()) continue;
    EXPECT_EQ(failed.violations[0].invariant, "audited_once") << schema::to_json(failed);
    const Shrunk shrunk = shrink(options.faults, failed, [&](const std::vector<Fault>& faults) {
      RunOptions fewer = options;
      fewer.faults = faults;
      return run(scenario, fewer);
    });
    sizes.push_back(shrunk.faults.size());
    EXPECT_EQ(shrunk.result.violations[0].invariant, "audited_once");
    EXPECT_TRUE(shrunk.minimal);
    EXPECT_LE(shrunk.runs, 200u);
    options.faults = shrunk.faults;
    EXPECT_EQ(run(scenario, options).event_hash, shrunk.result.event_hash);
  }
  // Some failures need one message at one moment, which every fault before it has a part in.
  std::ranges::sort(sizes);
  ASSERT_EQ(sizes.size(), 5u);
  EXPECT_LE(sizes[2], 3u) << testing::PrintToString(sizes);
  EXPECT_LT(sizes[3], 10u) << testing::PrintToString(sizes);
}

// Fails when faults 3 and 7 are both there.
RunResult fails_with_two(const std::vector<Fault>& faults) {
  RunResult result;
  bool three = false, seven = false;
  for (const Fault& fault : faults) {
    three = three || fault.id == 3;
    seven = seven || fault.id == 7;
  }
  if (three && seven) result.violations.push_back({.invariant = "both"});
  if (!three && seven) result.violations.push_back({.invariant = "another"});
  return result;
}

std::vector<Fault> numbered(int64_t count) {
  std::vector<Fault> faults;
  for (int64_t id = 1; id <= count; ++id) faults.push_back({.id = id});
  return faults;
}

TEST(Shrink, KeepsToTheInvariantThatWasViolated) {
  const Shrunk shrunk = shrink(numbered(20), fails_with_two(numbered(20)), fails_with_two);
  ASSERT_EQ(shrunk.faults.size(), 2u);
  EXPECT_EQ(shrunk.faults[0].id, 3);
  EXPECT_EQ(shrunk.faults[1].id, 7);
  EXPECT_TRUE(shrunk.minimal);
}

TEST(Shrink, StopsAtItsLimit) {
  const Shrunk shrunk = shrink(numbered(20), fails_with_two(numbered(20)), fails_with_two, 5);
  EXPECT_EQ(shrunk.runs, 5u);
  EXPECT_FALSE(shrunk.minimal);
  EXPECT_FALSE(shrunk.result.violations.empty());
}

TEST(Shrink, AFailureWithoutFaultsNeedsNone) {
  auto always = [](const std::vector<Fault>&) {
    RunResult result;
    result.violations.push_back({.invariant = "always"});
    return result;
  };
  const Shrunk shrunk = shrink(numbered(20), always({}), always);
  EXPECT_TRUE(shrunk.faults.empty());
  EXPECT_TRUE(shrunk.minimal);
  EXPECT_EQ(shrunk.runs, 1u);
}

}  // namespace
}  // namespace portico::sim
