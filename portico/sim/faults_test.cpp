#include "portico/sim/faults.h"

#include <gtest/gtest.h>

#include <set>

namespace portico::sim {
namespace {

const FaultOptions options{.processes = {"account", "audit", "gateway"}};

TEST(Faults, AreTheSameForTheSameSeed) {
  std::set<std::string> lists;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const std::string list = schema::to_json(make_faults(seed, options));
    EXPECT_EQ(list, schema::to_json(make_faults(seed, options)));
    lists.insert(list);
  }
  EXPECT_GT(lists.size(), 90u);  // an empty list may come again
}

TEST(Faults, ASeedAllowsSomeKindsAndAllSeedsAllOfThem) {
  std::set<FaultKind> all;
  size_t most = 0, empty = 0;
  for (uint64_t seed = 0; seed < 500; ++seed) {
    const std::vector<Fault> faults = make_faults(seed, options);
    std::set<FaultKind> kinds;
    for (const Fault& fault : faults) kinds.insert(fault.kind);
    all.insert(kinds.begin(), kinds.end());
    EXPECT_LT(kinds.size(), fault_kinds);
    most = std::max(most, faults.size());
    empty += faults.empty();
  }
  EXPECT_EQ(all.size(), fault_kinds);
  EXPECT_EQ(most, options.faults_max);
  EXPECT_GT(empty, 0u);
}

TEST(Faults, LieWithinThePhaseAndAreOrdered) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    std::set<int64_t> ids;
    int64_t before = 0;
    for (const Fault& fault : make_faults(seed, options)) {
      EXPECT_GE(fault.at_us, before);
      EXPECT_LT(fault.at_us, options.span.count());
      EXPECT_NE(fault.target, fault.other);
      EXPECT_TRUE(ids.insert(fault.id).second);
      before = fault.at_us;
    }
  }
}

TEST(Faults, TravelAsJson) {
  const std::vector<Fault> faults = make_faults(7, options);
  ASSERT_FALSE(faults.empty());
  const auto read = schema::from_json<std::vector<Fault>>(schema::to_json(faults));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(schema::to_json(*read), schema::to_json(faults));
}

// So that one that is taken out does not shift the others.
TEST(Faults, EachDrawsFromAStreamOfItsOwn) {
  Fault fault{.id = 3, .kind = FaultKind::delay, .target = "account"};
  const uint64_t drawn = random_of(1, fault)->next();
  fault.at_us = 99;  // wherever and whatever it is
  EXPECT_EQ(random_of(1, fault)->next(), drawn);
  fault.id = 4;
  EXPECT_NE(random_of(1, fault)->next(), drawn);
  EXPECT_NE(random_of(2, {.id = 3})->next(), drawn);
}

}  // namespace
}  // namespace portico::sim
