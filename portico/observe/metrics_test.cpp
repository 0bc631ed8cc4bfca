#include "portico/observe/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "portico/observe/beside.h"
#include "portico/observe/process_metrics.h"

namespace portico {
namespace {

using observe::run_beside;
using testing::HasSubstr;
using testing::Not;

// The exposition without the blocks of this process, which differ from run to run.
std::string without_process(std::string text) {
  std::string out;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = text.find('\n', begin) + 1;
    std::string line = text.substr(begin, end - begin);
    if (!line.contains("process_")) out += line;
    begin = end;
  }
  return out;
}

TEST(Counter, CountsWhatManyThreadsAdd) {
  Counter counter;
  constexpr int threads = 8, adds = 20'000;
  auto add = [&] {
    for (int i = 0; i < adds; ++i) counter.add();
    counter.add(5);
  };
  run_beside(std::vector<std::function<void()>>(threads, add));
  EXPECT_EQ(counter.value(), uint64_t(threads * (adds + 5)));
}

TEST(Histogram, CountsWhatManyThreadsObserve) {
  Histogram histogram;
  auto observe = [&] {
    for (int i = 0; i < 5000; ++i) histogram.observe(0.25);
  };
  run_beside({observe, observe, observe, observe});
  EXPECT_EQ(histogram.count(), 20'000u);
  EXPECT_DOUBLE_EQ(histogram.sum(), 5000);
}

TEST(Histogram, PutsEachObservationIntoTheFirstBucketThatHoldsIt) {
  Histogram histogram;
  for (double bound : Histogram::bounds) {
    histogram.observe(bound);
    histogram.observe(std::nextafter(bound, 100));
  }
  for (size_t i = 0; i < std::size(Histogram::bounds); ++i)
    EXPECT_EQ(histogram.cumulative(i), 2 * i + 1) << Histogram::bounds[i];
  EXPECT_EQ(histogram.count(), 2 * std::size(Histogram::bounds));
}

TEST(Histogram, TakesAnyNumber) {
  Histogram histogram;
  histogram.observe(-1);
  histogram.observe(-std::numeric_limits<double>::infinity());
  EXPECT_EQ(histogram.cumulative(0), 2u);
  EXPECT_EQ(histogram.sum(), 0);
  histogram.observe(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(histogram.count(), 2u);
  histogram.observe(std::numeric_limits<double>::infinity());
  histogram.observe(1e300);
  EXPECT_EQ(histogram.count(), 4u);
  EXPECT_DOUBLE_EQ(histogram.sum(), 2e9);
}

TEST(Metrics, ExposesFamiliesInOrder) {
  Metrics metrics;
  metrics.gauge("queue_depth", "Events waiting.", {{"queue", "orders"}}).set(-3);
  metrics.counter("http_requests_total", "Requests answered.", {{"status", "404"}, {"method", "GET"}}).add();
  metrics.counter("http_requests_total", "Requests answered.", {{"status", "200"}, {"method", "GET"}})
      .add(41);
  metrics.counter("http_requests_total", "Requests answered.", {{"method", "GET"}, {"status", "200"}}).add();
  metrics.counter("starts_total", "Starts.");
  auto& seconds = metrics.histogram("wait_seconds", "Time spent waiting.", {{"pool", "a"}});
  seconds.observe(0.004);
  seconds.observe(0.3);
  seconds.observe(11);
  EXPECT_EQ(without_process(metrics.expose()), R"(# HELP http_requests_total Requests answered.
# TYPE http_requests_total counter
http_requests_total{method="GET",status="200"} 42
http_requests_total{method="GET",status="404"} 1
# HELP queue_depth Events waiting.
# TYPE queue_depth gauge
queue_depth{queue="orders"} -3
# HELP starts_total Starts.
# TYPE starts_total counter
starts_total 0
# HELP wait_seconds Time spent waiting.
# TYPE wait_seconds histogram
wait_seconds_bucket{pool="a",le="0.005"} 1
wait_seconds_bucket{pool="a",le="0.01"} 1
wait_seconds_bucket{pool="a",le="0.025"} 1
wait_seconds_bucket{pool="a",le="0.05"} 1
wait_seconds_bucket{pool="a",le="0.075"} 1
wait_seconds_bucket{pool="a",le="0.1"} 1
wait_seconds_bucket{pool="a",le="0.25"} 1
wait_seconds_bucket{pool="a",le="0.5"} 2
wait_seconds_bucket{pool="a",le="0.75"} 2
wait_seconds_bucket{pool="a",le="1"} 2
wait_seconds_bucket{pool="a",le="2.5"} 2
wait_seconds_bucket{pool="a",le="5"} 2
wait_seconds_bucket{pool="a",le="7.5"} 2
wait_seconds_bucket{pool="a",le="10"} 2
wait_seconds_bucket{pool="a",le="+Inf"} 3
wait_seconds_sum{pool="a"} 11.304
wait_seconds_count{pool="a"} 3
)");
}

TEST(Metrics, ExposesAHistogramWithoutLabels) {
  Metrics metrics;
  metrics.histogram("wait_seconds", "Time.").observe(6);
  std::string text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("\nwait_seconds_bucket{le=\"5\"} 0\nwait_seconds_bucket{le=\"7.5\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nwait_seconds_sum 6\nwait_seconds_count 1\n"));
}

TEST(Metrics, EscapesWhatLabelsHold) {
  Metrics metrics;
  metrics.counter("c", "A \\ and\na \"quote\".", {{"l", "quote\" slash\\ line\nend"}}).add();
  metrics.counter("c", "", {{"l", "x\"} 1\nforged 2\n"}}).add();
  metrics.counter("c", "", {{"l", "broken \xff\xc3 \xc3\xa9"}}).add();
  EXPECT_EQ(without_process(metrics.expose()),
            "# HELP c A \\\\ and\\na \"quote\".\n# TYPE c counter\n"
            "c{l=\"broken \xef\xbf\xbd\xef\xbf\xbd \xc3\xa9\"} 1\n"
            "c{l=\"quote\\\" slash\\\\ line\\nend\"} 1\n"
            "c{l=\"x\\\"} 1\\nforged 2\\n\"} 1\n");
}

TEST(Metrics, KeepsSeriesApartWhoseLabelsLookAlike) {
  Metrics metrics;
  Counter& one = metrics.counter("c", "", {{"a", "x\",b=\"y"}});
  Counter& two = metrics.counter("c", "", {{"a", "x"}, {"b", "y"}});
  EXPECT_NE(&one, &two);
}

TEST(Metrics, CutsLongLabelValues) {
  Metrics metrics;
  std::string exact(Metrics::label_bytes_max, 'v');
  Counter& counter = metrics.counter("c", "", {{"l", exact}});
  EXPECT_EQ(&metrics.counter("c", "", {{"l", exact + "more"}}), &counter);
  EXPECT_NE(&metrics.counter("c", "", {{"l", exact.substr(1)}}), &counter);
}

TEST(Metrics, GivesTheSameObjectAgain) {
  Metrics metrics;
  Counter& counter = metrics.counter("c", "help", {{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(&metrics.counter("c", "other help", {{"b", "2"}, {"a", "1"}}), &counter);
  for (int i = 0; i < 500; ++i) metrics.counter("c", "", {{"a", std::to_string(i)}});
  EXPECT_EQ(&metrics.counter("c", "", {{"a", "1"}, {"b", "2"}}), &counter);
}

TEST(Metrics, OneSeriesTakesWhatIsBeyondTheLimit) {
  Metrics metrics;
  auto route = [&](size_t i) -> Counter& {
    return metrics.counter("c", "", {{"route", "/" + std::to_string(i)}, {"status", "200"}});
  };
  for (size_t i = 0; i < Metrics::series_max; ++i) route(i).add();
  std::string text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("c{route=\"/999\",status=\"200\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("other")));

  EXPECT_EQ(&route(Metrics::series_max), &route(Metrics::series_max + 1));
  route(Metrics::series_max).add();
  route(123'456).add();
  route(7).add();  // an old one is still itself
  text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("c{route=\"other\",status=\"other\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("c{route=\"/7\",status=\"200\"} 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("/1000")));

  metrics.counter("d", "", {{"route", "/1000"}});  // other families have room of their own
  EXPECT_THAT(metrics.expose(), HasSubstr("d{route=\"/1000\"} 0\n"));
}

TEST(Metrics, AsksCollectorsBeforeEachExposition) {
  Metrics metrics;
  int depth = 0;
  metrics.on_collect([&] { metrics.gauge("depth", "Depth.").set(++depth); });
  EXPECT_THAT(metrics.expose(), HasSubstr("\ndepth 1\n"));
  EXPECT_THAT(metrics.expose(), HasSubstr("\ndepth 2\n"));
}

TEST(Metrics, ServesThreadsSideBySide) {
  Metrics metrics;
  auto use = [&] {
    for (int i = 0; i < 300; ++i) metrics.counter("c", "", {{"l", std::to_string(i % 50)}}).add();
  };
  auto expose = [&] {
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(metrics.expose().empty());
  };
  run_beside({use, use, use, use, expose});
  uint64_t sum = 0;
  for (int i = 0; i < 50; ++i) sum += metrics.counter("c", "", {{"l", std::to_string(i)}}).value();
  EXPECT_EQ(sum, 1200u);
}

TEST(MetricsDeathTest, StopsWhereCodeBreaksTheFormat) {
  Metrics metrics;
  metrics.counter("taken", "");
  EXPECT_DEATH(metrics.gauge("taken", ""), "");
  EXPECT_DEATH(metrics.counter("", ""), "");
  EXPECT_DEATH(metrics.counter("9lives", ""), "");
  EXPECT_DEATH(metrics.counter("with space", ""), "");
  EXPECT_DEATH(metrics.counter("process_open_fds", ""), "");
  EXPECT_DEATH(metrics.counter("c", "", {{"le", "1"}}), "");
  EXPECT_DEATH(metrics.counter("c", "", {{"a:b", "1"}}), "");
  EXPECT_DEATH(metrics.counter("c", "", {{"__name__", "1"}}), "");
  EXPECT_DEATH(metrics.counter("c", "", {{"a", "1"}, {"a", "2"}}), "");
}

TEST(ProcessMetrics, ReadsStatWhateverTheProgramIsCalled) {
  std::string fields =
      " S 1 2 3 4 5 6 7 8 9 10 111 222 15 16 20 0 4 0 987654 1000000 4321 18446744073709551615 1 1\n";
  for (const char* name : {"portico", "a) b (c", ") S 1 2 3", ""}) {
    auto stat = observe::parse_process_stat("42 (" + std::string(name) + ")" + fields);
    ASSERT_TRUE(stat) << name;
    EXPECT_EQ(stat->user_ticks, 111u);
    EXPECT_EQ(stat->system_ticks, 222u);
    EXPECT_EQ(stat->start_ticks, 987'654u);
    EXPECT_EQ(stat->resident_pages, 4321u);
  }
}

TEST(ProcessMetrics, RefusesWhatItDoesNotUnderstand) {
  for (const char* text :
       {"", "42", "42 (x)", "42 (x) S 1 2", "42 (x) S 1 2 3 4 5 6 7 8 9 10 a b 15 16 20 0 4 0 9 1 1"})
    EXPECT_FALSE(observe::parse_process_stat(text)) << text;
  for (const char* text : {"", "\n\n", "cpu 1 2\n", "btime x\n", "btime \n", "xbtime 5\n"})
    EXPECT_FALSE(observe::parse_boot_time(text)) << text;
  EXPECT_EQ(observe::parse_boot_time("cpu 1 2\nbtime 1700000000\nprocesses 3"), 1'700'000'000u);
}

TEST(ProcessMetrics, StandAmongTheOthersInOrder) {
  Metrics metrics;
  metrics.counter("a_total", "");
  metrics.counter("z_total", "");
  std::string text = metrics.expose();
  size_t last = 0;
  for (const char* line :
       {"\n# TYPE a_total counter\n", "\n# TYPE process_cpu_seconds_total counter\nprocess_cpu_",
        "\n# TYPE process_open_fds gauge\nprocess_open_fds ",
        "\n# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes ",
        "\n# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds ",
        "\n# TYPE z_total counter\n"}) {
    size_t at = text.find(line, last);
    ASSERT_NE(at, std::string::npos) << line << text;
    last = at;
  }
  EXPECT_THAT(text, Not(HasSubstr("process_resident_memory_bytes 0\n")));
}

}  // namespace
}  // namespace portico
