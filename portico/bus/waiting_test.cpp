#include "portico/bus/waiting.h"

#include <gtest/gtest.h>

#include <random>

namespace portico::bus {

using Sequences = std::vector<int64_t>;

TEST(Waiting, only_the_first_of_a_key_is_due) {
  Waiting waiting;
  waiting.put(1, "a", Time{100});
  waiting.put(2, "a", Time{0});
  waiting.put(3, "b", Time{50});
  EXPECT_EQ(waiting.due(Time{49}, 10), Sequences{});
  EXPECT_EQ(waiting.due(Time{50}, 10), Sequences{3});
  EXPECT_EQ(waiting.due(Time{100}, 10), (Sequences{3, 1}));
  EXPECT_EQ(waiting.due(Time{100}, 1), Sequences{3});
  EXPECT_EQ(waiting.next_due(), Time{50});
  waiting.remove(1);
  EXPECT_EQ(waiting.due(Time{0}, 10), Sequences{2});
  EXPECT_TRUE(waiting.blocked("a"));
  waiting.remove(2);
  EXPECT_FALSE(waiting.blocked("a"));
}

TEST(Waiting, an_earlier_sequence_goes_first_although_it_comes_later) {
  Waiting waiting;
  waiting.put(5, "a", Time{0});
  waiting.put(2, "a", Time{7});
  EXPECT_EQ(waiting.due(Time{0}, 10), Sequences{});
  EXPECT_EQ(waiting.due(Time{7}, 10), Sequences{2});
}

TEST(Waiting, putting_again_changes_the_time) {
  Waiting waiting;
  waiting.put(1, "a", Time{10});
  waiting.put(1, "a", Time{20});
  EXPECT_EQ(waiting.size(), 1u);
  EXPECT_EQ(waiting.next_due(), Time{20});
  EXPECT_EQ(waiting.due(Time{10}, 10), Sequences{});
}

TEST(Waiting, events_without_a_key_block_nothing) {
  Waiting waiting;
  waiting.put(1, "", Time{10});
  waiting.put(2, "", Time{0});
  EXPECT_FALSE(waiting.blocked(""));
  EXPECT_EQ(waiting.due(Time{10}, 10), (Sequences{2, 1}));
}

TEST(Waiting, probes_go_round) {
  Waiting waiting;
  EXPECT_EQ(waiting.next_head(0), std::nullopt);
  waiting.put(3, "a", Time{1'000'000});
  waiting.put(4, "a", Time{0});
  waiting.put(9, "b", Time{0});
  EXPECT_EQ(waiting.next_head(0), 3);
  EXPECT_EQ(waiting.next_head(3), 9);
  EXPECT_EQ(waiting.next_head(9), 3);
}

TEST(Waiting, removing_what_is_not_there_does_nothing) {
  Waiting waiting;
  waiting.remove(1);
  waiting.put(1, "a", Time{0});
  waiting.remove(2);
  EXPECT_EQ(waiting.size(), 1u);
  waiting.clear();
  EXPECT_EQ(waiting.size(), 0u);
  EXPECT_EQ(waiting.next_due(), std::nullopt);
}

// Against a plain list that is searched each time.
TEST(Waiting, agrees_with_a_plain_list) {
  const uint64_t seed = uint64_t(::testing::UnitTest::GetInstance()->random_seed());
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  struct Row {
    std::string key;
    Time due_at;
  };
  std::map<int64_t, Row> plain;
  Waiting waiting;
  for (int step = 0; step < 5000; ++step) {
    const auto sequence = int64_t(random() % 40);
    if (random() % 2) {
      const Row row{plain.contains(sequence) ? plain[sequence].key : std::string(random() % 3, 'k'),
                    Time{int64_t(random() % 10)}};
      plain[sequence] = row;
      waiting.put(sequence, row.key, row.due_at);
    } else {
      plain.erase(sequence);
      waiting.remove(sequence);
    }
    const Time now{int64_t(random() % 10)};
    std::set<int64_t> expected;
    std::set<std::string> keys;
    for (const auto& [other, row] : plain) {
      const bool head = row.key.empty() || keys.insert(row.key).second;
      if (head && row.due_at <= now) expected.insert(other);
    }
    const Sequences due = waiting.due(now, 1000);
    ASSERT_EQ(std::set<int64_t>(due.begin(), due.end()), expected) << "step " << step;
    ASSERT_EQ(waiting.size(), plain.size());
    for (const char* key : {"k", "kk"}) ASSERT_EQ(waiting.blocked(key), keys.contains(key));
  }
}

}  // namespace portico::bus
