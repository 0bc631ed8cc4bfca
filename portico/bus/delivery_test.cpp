#include "portico/bus/delivery.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace portico::bus {

using namespace std::chrono_literals;

class Delivery : public ::testing::Test {
 protected:
  const uint64_t seed = uint64_t(::testing::UnitTest::GetInstance()->random_seed());
  std::unique_ptr<SimRuntime> sim = SimRuntime::make(seed);
  ::testing::ScopedTrace trace{__FILE__, __LINE__, std::to_string(seed)};
  Random& random = sim->random();
};

TEST_F(Delivery, waits_fill_their_range_and_never_leave_it) {
  const RetryPolicy policy{.base = 8ms, .cap = 50ms};
  const Duration limits[] = {8ms, 16ms, 32ms, 50ms, 50ms};
  for (int n = 1; n <= 5; ++n) {
    Duration least = 1h, most{};
    for (int i = 0; i < 2000; ++i) {
      const Duration wait = retry_wait(policy, n, random);
      least = std::min(least, wait);
      most = std::max(most, wait);
    }
    EXPECT_EQ(least, Duration(1ms));
    EXPECT_EQ(most, limits[n - 1]) << n;
  }
}

TEST_F(Delivery, waits_do_not_overflow) {
  const RetryPolicy patient{.base = 1h, .cap = 24h * 365 * 100, .attempts_max = 1000};
  for (const int n : {1, 40, 64, 1000, 2'000'000'000}) {
    EXPECT_GT(retry_wait(patient, n, random), Duration(0));
    EXPECT_LE(retry_wait(patient, n, random), patient.cap);
  }
  EXPECT_EQ(retry_wait({.base = 0ms, .cap = 0ms}, 3, random), Duration(1ms));
}

TEST_F(Delivery, attempts_run_out_exactly_at_the_limit) {
  const RetryPolicy policy{.attempts_max = 3};
  ParkedDelivery row = parked_row("g", "s", {.sequence = 7, .id = "e"}, Time{1000});
  EXPECT_EQ(row.attempts, 0);
  EXPECT_EQ(row.due_at, Time{1000});
  const Failure failure{"some.reason", "note"};
  EXPECT_FALSE(note_failure(row, failure, policy, true, Time{2000}, random));
  EXPECT_EQ(row.attempts, 1);
  EXPECT_GT(row.due_at, Time{2000});
  EXPECT_FALSE(note_failure(row, failure, policy, true, Time{3000}, random));
  EXPECT_FALSE(note_failure(row, failure, policy, false, Time{4000}, random)) << "not counted";
  EXPECT_EQ(row.attempts, 2);
  EXPECT_TRUE(note_failure(row, failure, policy, true, Time{5000}, random));
  EXPECT_EQ(row.state, DeliveryState::dead);
  EXPECT_EQ(row.attempts, 3);
  EXPECT_EQ(row.first_failed_at, Time{1000});
  EXPECT_EQ(row.last_failed_at, Time{5000});
}

TEST_F(Delivery, an_outage_counts_only_when_it_has_lasted) {
  const Failure outage = failure_of(Error(Code::unavailable, "x.down").with_neighbour("user"));
  EXPECT_TRUE(outage.outage);
  EXPECT_TRUE(failure_of(Error(Code::too_late, "call.timeout").with_neighbour("user")).outage);
  EXPECT_FALSE(failure_of(Error(Code::unavailable, "mail.unreachable")).outage) << "nobody's but our own";
  EXPECT_FALSE(failure_of(Error(Code::conflict, "x.conflict").with_neighbour("user")).outage);
  const RetryPolicy policy{.attempts_max = 2, .outage_max = 1h, .outage_cap = 5min};
  const Time begin{1'000'000};
  ParkedDelivery row = parked_row("g", "s", {.sequence = 7}, begin);
  for (Time now = begin; now - begin < 1h; now = now + 7min) {
    EXPECT_FALSE(note_failure(row, outage, policy, true, now, random));
    EXPECT_EQ(row.attempts, 0);
    EXPECT_GT(row.due_at, now);
    EXPECT_LE(row.due_at, now + 5min);
  }
  EXPECT_FALSE(note_failure(row, outage, policy, true, begin + 1h, random));
  EXPECT_EQ(row.attempts, 1);
  EXPECT_TRUE(note_failure(row, outage, policy, true, begin + 61min, random));
  EXPECT_EQ(row.state, DeliveryState::dead);
}

TEST_F(Delivery, waits_for_a_neighbour_grow_with_the_outage) {
  const RetryPolicy policy{.base = 1s, .cap = 10min, .outage_cap = 1min};
  auto longest = [&](Duration age) {
    Duration most{};
    for (int i = 0; i < 2000; ++i) most = std::max(most, outage_wait(policy, age, random));
    return most;
  };
  EXPECT_LE(longest(0s), Duration(1s));
  EXPECT_LE(longest(-5s), Duration(1s)) << "a clock may step back";
  EXPECT_GT(longest(20s), Duration(15s));
  EXPECT_LE(longest(20s), Duration(20s));
  EXPECT_GT(longest(24h), Duration(50s));
  EXPECT_LE(longest(24h), Duration(1min));
}

TEST_F(Delivery, undecodable_is_dead_even_while_failures_do_not_count) {
  ParkedDelivery row = parked_row("g", "s", {.sequence = 7}, Time{1000});
  const Failure failure = failure_of(Error(Code::invalid, "event.undecodable").with_note("/x: missing"));
  EXPECT_TRUE(failure.undecodable);
  EXPECT_TRUE(note_failure(row, failure, {}, false, Time{2000}, random));
  EXPECT_FALSE(failure_of(Error(Code::invalid, "order.empty")).undecodable);
  EXPECT_FALSE(failure_of(Error(Code::internal, "event.undecodable")).undecodable);
}

TEST_F(Delivery, notes_are_bounded_and_ascii) {
  EXPECT_EQ(failure_of(std::runtime_error(std::string(5000, 'x'))).note.size(), note_bytes_max);
  EXPECT_EQ(failure_of(std::runtime_error("\xff\xfe \xc3\xa9")).note, "?? ??");
  const Failure failure = failure_of(Error(Code::conflict, "seat.taken", "Taken").with_note("row 7"));
  EXPECT_EQ(failure.reason, "seat.taken");
  EXPECT_EQ(failure.note, "Taken: row 7");
}

TEST_F(Delivery, names_fit_into_ids) {
  const std::string group(30, 'g'), source(names_bytes_max - 30, 's');
  EXPECT_NO_THROW(check_names(group, source));
  EXPECT_LE(parked_id(group, source, INT64_MAX).value.size(), 64u);
  EXPECT_THROW(check_names(group + "g", source), Error);
  for (const char* bad : {"", "a b", "a:b", "a|b", "\xc3\xa9"}) {
    EXPECT_THROW(check_names(bad, "s"), Error) << bad;
    EXPECT_THROW(check_names("g", bad), Error) << bad;
  }
}

TEST_F(Delivery, a_row_gives_back_its_event) {
  const OutboxEvent event{.sequence = 7,
                          .id = "e",
                          .type = "t",
                          .key = "k",
                          .published_at = Time{5},
                          .correlation_id = "c",
                          .traceparent = "p",
                          .body = "{}"};
  EXPECT_EQ(schema::to_json(event_of(parked_row("g", "s", event, Time{9}))), schema::to_json(event));
}

}  // namespace portico::bus
