// Does this compiler get coroutines right? Compilers in use today destroy temporaries twice, or not at all,
// when they stand in one expression with co_await (GCC bugs 98401 and 99576; clang before 19 with partly
// built aggregates). Each test states such an expression and counts what lives.
#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;

template <class T = void>
using Task = asio::awaitable<T>;

// Knows every object that lives; a second destruction or one of a stranger is counted as a fault.
class Counted {
 public:
  explicit Counted(std::string value = "a text too long for the small buffer of a string")
      : value_(std::move(value)) {
    enter();
  }
  Counted(const Counted& other) : value_(other.value_) { enter(); }
  Counted(Counted&& other) noexcept : value_(std::move(other.value_)) { enter(); }
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) noexcept = default;
  ~Counted() {
    if (living.erase(this) == 0) ++faults;
  }
  const std::string& value() const { return value_; }

  static inline std::set<const Counted*> living;
  static inline int faults = 0;
  static inline int built = 0;

 private:
  void enter() {
    ++built;
    if (!living.insert(this).second) ++faults;
  }
  std::string value_;
};

struct Pair {
  Counted first;
  Counted second;
};

// Suspends for real: the coroutine goes through the event loop before it goes on.
Task<> turn() { co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable); }

Task<Counted> make(std::string value) {
  co_await turn();
  co_return Counted(std::move(value));
}

Task<Counted> fail() {
  co_await turn();
  throw std::runtime_error("as the test wants");
}

Task<size_t> length_of(Counted value) {
  co_await turn();
  co_return value.value().size();
}

Task<size_t> length_of_both(Pair pair) {
  co_await turn();
  co_return pair.first.value().size() + pair.second.value().size();
}

template <class Function>
Task<size_t> call(Function function) {
  co_await turn();
  co_return function();
}

// Runs the coroutine to its end and returns the exception that left it.
std::exception_ptr run(Task<> task) {
  asio::io_context context(1);
  std::exception_ptr error;
  asio::co_spawn(context, std::move(task), [&error](std::exception_ptr left) { error = left; });
  context.run();
  return error;
}

class CoroutineProbe : public testing::Test {
 protected:
  void SetUp() override {
    Counted::living.clear();
    Counted::faults = 0;
    Counted::built = 0;
  }
  void TearDown() override {
    EXPECT_EQ(Counted::faults, 0) << "destroyed twice or never built";
    EXPECT_TRUE(Counted::living.empty()) << Counted::living.size() << " objects were never destroyed";
    EXPECT_GT(Counted::built, 0) << "the test built nothing, so it shows nothing";
  }
};

Task<> braced_argument(size_t& length) {
  length = co_await length_of_both(Pair{Counted("one"), Counted("three")});
}

TEST_F(CoroutineProbe, BracedTemporaryAsArgument) {
  size_t length = 0;
  EXPECT_FALSE(run(braced_argument(length)));
  EXPECT_EQ(length, 8u);
}

Task<> braced_awaits(size_t& length) {
  Pair pair{co_await make("one"), co_await make("three")};
  length = co_await length_of_both(Pair{Counted("four"), co_await make("seven")});
  length += pair.first.value().size() + pair.second.value().size();
}

TEST_F(CoroutineProbe, AwaitsInsideBraces) {
  size_t length = 0;
  EXPECT_FALSE(run(braced_awaits(length)));
  EXPECT_EQ(length, 17u);
}

Task<> braced_failure(size_t& length) {
  length = co_await length_of_both(Pair{Counted("one"), co_await fail()});
}

TEST_F(CoroutineProbe, FailureInsideBracesDestroysWhatWasBuilt) {
  size_t length = 0;
  EXPECT_TRUE(run(braced_failure(length)));
  EXPECT_EQ(length, 0u);
}

Task<> braced_list(size_t& length) {
  std::vector<Counted> values{co_await make("one"), Counted("three"), co_await make("fourteen")};
  for (const Counted& value : values) length += value.value().size();
}

TEST_F(CoroutineProbe, AwaitsInsideAnInitializerList) {
  size_t length = 0;
  EXPECT_FALSE(run(braced_list(length)));
  EXPECT_EQ(length, 16u);
}

Task<> closure_argument(size_t& length) {
  Counted outer("captured by value");
  length = co_await call(
      [outer, inner = Counted("seven")] { return outer.value().size() + inner.value().size(); });
}

TEST_F(CoroutineProbe, CapturingClosureAsArgument) {
  size_t length = 0;
  EXPECT_FALSE(run(closure_argument(length)));
  EXPECT_EQ(length, 22u);
}

Task<> closure_beside_await(size_t& length) {
  length = co_await length_of(co_await make("five!")) +
           co_await call([held = Counted("one")] { return held.value().size(); });
}

TEST_F(CoroutineProbe, CapturingClosureBesideAnAwait) {
  size_t length = 0;
  EXPECT_FALSE(run(closure_beside_await(length)));
  EXPECT_EQ(length, 8u);
}

Task<> conditional(bool flag, size_t& length) {
  length = co_await length_of(flag ? Counted("one") : co_await make("three"));
  length += (flag ? co_await make("seven") : Counted("two")).value().size();
}

TEST_F(CoroutineProbe, ConditionalOperatorWithAClass) {
  size_t length = 0;
  EXPECT_FALSE(run(conditional(true, length)));
  EXPECT_EQ(length, 8u);
  EXPECT_FALSE(run(conditional(false, length)));
  EXPECT_EQ(length, 8u);
}

Task<> million_awaits(int& count) {
  for (int i = 0; i < 1'000'000; ++i) count += co_await [](int one) -> Task<int> { co_return one; }(1);
}

// An awaitable that resumes its caller by a plain call would run out of stack here.
TEST(CoroutineStack, SurvivesAMillionAwaits) {
  int count = 0;
  EXPECT_FALSE(run(million_awaits(count)));
  EXPECT_EQ(count, 1'000'000);
}

Task<int> descend(int depth) {
  if (depth == 0) {
    co_await turn();
    co_return 0;
  }
  co_return 1 + co_await descend(depth - 1);
}

Task<> depth_ten_thousand(int& depth) { depth = co_await descend(10'000); }

TEST(CoroutineStack, SurvivesARecursionOfTenThousand) {
  int depth = 0;
  EXPECT_FALSE(run(depth_ten_thousand(depth)));
  EXPECT_EQ(depth, 10'000);
}

Task<int> descend_and_fail(int depth) {
  if (depth == 0) throw std::runtime_error("as the test wants");
  co_return 1 + co_await descend_and_fail(depth - 1);
}

Task<> failure_from_the_depth(int& depth) { depth = co_await descend_and_fail(1'000); }

TEST(CoroutineStack, CarriesAnExceptionThroughAThousandAwaits) {
  int depth = 0;
  EXPECT_TRUE(run(failure_from_the_depth(depth)));
  EXPECT_EQ(depth, 0);
}

}  // namespace
