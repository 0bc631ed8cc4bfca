// The store on a disk that forgets: what was acknowledged stays, and nothing stays by halves.
#include "portico/sim/disk_test_support.h"

namespace portico::sim {
namespace {

struct Outcome {
  uint64_t lost = 0, halves = 0, cuts = 0, hash = 0, operations = 0, unreadable = 0;
  Disk::Counts disk;
};

constexpr PowerCut cuts[] = {PowerCut::keep_all, PowerCut::lose_all, PowerCut::lose_some, PowerCut::tear};

Outcome live_through(uint64_t seed, bool ignore_syncs) {
  Machine machine(seed);
  Outcome outcome;
  if (ignore_syncs) machine.disk().ignore_syncs();
  for (int life = 0; life < 5; ++life) {
    Random& random = machine.random();
    const PowerCut cut = cuts[random.below(4)];
    machine.live(cut, 1 + random.below(200), random.below(2) == 0);
    ++outcome.cuts;
    std::set<int> firsts, seconds_found, published;
    if (!machine.look(firsts, seconds_found, published)) {
      ++outcome.unreadable;
      return outcome;
    }
    for (int number : machine.acknowledged) outcome.lost += !firsts.contains(number);
    outcome.halves += firsts != seconds_found || firsts != published;
    machine.acknowledged = firsts;
  }
  outcome.hash = machine.hash();
  outcome.operations = machine.operations();
  outcome.disk = machine.disk().counts();
  return outcome;
}

TEST(Disk, AStoreSurvivesPowerCutsAtAnyOperation) {
  uint64_t power_cuts = 0, lost_sectors = 0, torn_sectors = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const Outcome outcome = live_through(seed, false);
    ASSERT_EQ(outcome.unreadable, 0u) << "seed " << seed;
    ASSERT_EQ(outcome.lost, 0u) << "seed " << seed;
    ASSERT_EQ(outcome.halves, 0u) << "seed " << seed;
    power_cuts += outcome.cuts;
    lost_sectors += outcome.disk.lost_sectors;
    torn_sectors += outcome.disk.torn_sectors;
  }
  EXPECT_EQ(power_cuts, 1500u);
  EXPECT_GT(lost_sectors, 5000u);
  EXPECT_GT(torn_sectors, 100u);
}

// What the test above is worth: it finds out about a store that does not sync.
TEST(Disk, ASyncThatDoesNothingIsFoundOut) {
  uint64_t found_out = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Outcome outcome = live_through(seed, true);
    found_out += outcome.lost > 0 || outcome.halves > 0 || outcome.unreadable > 0;
  }
  EXPECT_GE(found_out, 15u);
}

TEST(Disk, TheSameSeedDoesTheSame) {
  for (uint64_t seed = 1; seed <= 5; ++seed)
    EXPECT_EQ(live_through(seed, false).hash, live_through(seed, false).hash) << "seed " << seed;
  EXPECT_NE(live_through(1, false).hash, live_through(2, false).hash);
}

TEST(Disk, WhatIsAcknowledgedBesideAFailingDiskStays) {
  uint64_t refused = 0;
  for (const DiskOperation kind : {DiskOperation::sync, DiskOperation::write}) {
    for (uint64_t number = 1; number <= 40; ++number) {
      Machine machine(number);
      Trouble trouble;
      trouble.kind = kind;
      trouble.left = number;
      machine.live_beside(trouble, PowerCut::lose_some);
      std::set<int> firsts, seconds_found, published;
      ASSERT_TRUE(machine.look(firsts, seconds_found, published)) << number;
      for (int n : machine.acknowledged) EXPECT_TRUE(firsts.contains(n)) << number;
      EXPECT_EQ(firsts, seconds_found) << number;
      EXPECT_EQ(firsts, published) << number;
      refused += machine.acknowledged.size() < 72;
    }
  }
  EXPECT_GT(refused, 25u);
}

TEST(Disk, AFullDiskRefusesAndGoesOnWhenThereIsRoom) {
  Machine machine(1);
  Trouble trouble;
  machine.live_beside(trouble, PowerCut::keep_all);
  const size_t before = machine.acknowledged.size();
  trouble.full = true;
  machine.live_beside(trouble, PowerCut::keep_all);
  EXPECT_EQ(machine.acknowledged.size(), before);
  trouble.full = false;
  machine.live_beside(trouble, PowerCut::lose_all);
  EXPECT_EQ(machine.acknowledged.size(), before + 72);
}

TEST(Disk, TheDeadWriteNothing) {
  Machine machine(3);
  const Disk::Image image = machine.image_before_burial();
  EXPECT_FALSE(image.empty());
  EXPECT_EQ(image, machine.disk().image());
}

}  // namespace
}  // namespace portico::sim
