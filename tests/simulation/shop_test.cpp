// The shop in simulated processes: its users order, cancel and restock while everything fails, and any
// process dies at any point of an order. `portico sim shop` does more of the same.
#include <gtest/gtest.h>

#include <set>

#include "portico/base/planted.h"
#include "portico/schema/json.h"
#include "portico/sim/campaign.h"
#include "systems/shop/simulation.h"
#include "systems/shop/system.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PORTICO_SLOW 1
#endif
#endif

namespace portico::sim {
namespace {

#ifdef PORTICO_SLOW
constexpr int64_t seeds = 16, repeated = 3;
#else
constexpr int64_t seeds = 150, repeated = 10;
#endif
constexpr int64_t detected_from = 2001, detected_within = 80;  // the first seed, and runs

// Found within some hundred runs (docs/reference/simulation.md), which is more than a test may take.
bool takes_long(Plant plant) {
  return plant == Plant::parking_not_atomic || plant == Plant::inbox_outside_unit ||
         plant == Plant::lease_without_fencing || plant == Plant::race_last_writer_wins ||
         plant == Plant::unsafe_call_repeated || plant == Plant::undo_leaves_no_mark;
}

class Shop : public testing::TestWithParam<Topology> {
 protected:
  CampaignOptions options() const { return {.topology = GetParam()}; }
  RunResult run_seed(int64_t seed) {
    return run(scenario_, stage_.options(plan_of(scenario_, options(), seed), seed));
  }
  const SystemSpec system_ = shop::make_shop();
  const Scenario scenario_ = shop::make_scenario(system_, {});
  const Stage stage_{scenario_};
};

TEST_P(Shop, KeepsItsPromisesUnderFaults) {
  std::set<std::string> marks;
  int64_t crashes = 0, ordered = 0;
  for (int64_t seed = 1; seed <= seeds; ++seed) {
    const RunResult result = run_seed(seed);
    EXPECT_TRUE(result.violations.empty()) << schema::to_json(result);
    crashes += result.crashes;
    for (const Count& count : result.operations)
      if (count.name == "order 201") ordered += count.count;
    for (const Count& mark : result.sometimes) marks.insert(mark.name);
  }
  EXPECT_GT(crashes, seeds);
  EXPECT_GT(ordered, seeds * 5);
  // Each of them is reached in longer campaigns; most in this one.
  EXPECT_GT(marks.size(), scenario_.sometimes.size() / 2) << testing::PrintToString(marks);
}

TEST_P(Shop, TheSameSeedDoesTheSame) {
  for (int64_t seed = 1; seed <= repeated; ++seed) {
    const std::string hash = run_seed(seed).event_hash;
    EXPECT_EQ(hash, run_seed(seed).event_hash) << "seed " << seed;
    RecordProperty("hash_" + std::to_string(seed), hash);  // to compare runs of this program
  }
}

TEST_P(Shop, AnyProcessMayDieAtAnyPointOfAnOrder) {
  const Scenario one_order = shop::make_scenario(system_, {.canonical = true});
  const CrashPoints points = crash_everywhere(one_order, GetParam());
  for (const RunResult& failure : points.failures) ADD_FAILURE() << schema::to_json(failure);
  EXPECT_GT(points.covered, GetParam() == Topology::split ? 70 : 40);
  RecordProperty("crash_points", std::to_string(points.covered));
}

INSTANTIATE_TEST_SUITE_P(Topologies, Shop, testing::Values(Topology::single, Topology::split),
                         [](const auto& info) {
                           return info.param == Topology::single ? "single" : "split";
                         });

class Planted : public testing::TestWithParam<size_t> {};

// A simulation that finds nothing is no evidence: it finds what is wrong on purpose, and repeats it.
TEST_P(Planted, IsFound) {
  if (!plants_built) GTEST_SKIP() << "this build has no planted bugs";
  if (takes_long(Plant(GetParam()))) GTEST_SKIP() << "takes more runs than a test has: portico sim --plant";
#ifdef PORTICO_PLANTS
  chosen_plant = Plant(GetParam());
#endif
  const SystemSpec system = shop::make_shop();
  const Scenario scenario = shop::make_scenario(system, {});
  const Stage stage(scenario);
  std::optional<RunResult> found;
  for (int64_t seed = detected_from; seed < detected_from + detected_within && !found; ++seed) {
    const RunOptions options = stage.options(plan_of(scenario, {}, seed), seed);
    RunResult result = run(scenario, options);
    if (result.violations.empty()) continue;
    EXPECT_EQ(run(scenario, options).event_hash, result.event_hash) << "seed " << seed;
    found = std::move(result);
  }
#ifdef PORTICO_PLANTS
  chosen_plant = Plant::none;
#endif
  ASSERT_TRUE(found) << "not found within " << detected_within << " runs";
  RecordProperty("seed", std::to_string(found->seed));
  RecordProperty("invariant", found->violations.front().invariant);
}

INSTANTIATE_TEST_SUITE_P(Bugs, Planted, testing::Range(size_t(1), plant_names.size()),
                         [](const auto& info) { return std::string(plant_names[info.param]); });

}  // namespace
}  // namespace portico::sim
