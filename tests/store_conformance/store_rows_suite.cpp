// Rows: what goes in comes out, and changes do exactly what they say.
#include <fmt/format.h>

#include "tests/store_conformance/store_suite.h"

namespace portico::conformance {

struct Part {
  std::string label;
  std::optional<Money> cost;
  std::vector<int> sizes;
  bool operator==(const Part&) const = default;
};
PORTICO_DESCRIBE(Part, label, cost, sizes)

struct Everything {
  Id<Everything> id;
  bool flag = false;
  int number = 0;
  int64_t wide = 0;
  Int<-5, 5> small;
  std::string text;
  SecretText<0, 100> secret;
  Email email;
  Money money;
  Time time;
  Date date;
  Size size = Size::small;
  Json json;
  std::vector<Part> parts;
  Part part;
  std::optional<bool> maybe_flag;
  std::optional<std::string> maybe_text;
  Nullable<Time> null_time;
  std::optional<Date> maybe_date;
  std::optional<Money> maybe_money;
  std::optional<Size> maybe_size;
  std::optional<Part> maybe_part;
  std::optional<std::vector<std::string>> maybe_list;
  bool operator==(const Everything&) const = default;
};
PORTICO_DESCRIBE(Everything, id, flag, number, wide, small, text, secret, email, money, time, date, size,
                 json, parts, part, maybe_flag, maybe_text, null_time, maybe_date, maybe_money, maybe_size,
                 maybe_part, maybe_list)

namespace {

// Random values of every kind, extremes and awkward texts among them.
class Dice {
 public:
  explicit Dice(Random& random) : random_(random) {}
  bool coin() { return random_.below(2) == 0; }
  int64_t number(int64_t low, int64_t high) { return low + int64_t(random_.below(uint64_t(high - low) + 1)); }
  std::string text() {
    static const std::vector<std::string> awkward = {
        "",     "'; DROP TABLE x; --",  "\"",   "\\", "%_",  "NULL",   "null", "🦉 ümläut",
        "a\nb", std::string(5000, 'x'), "\x01", "{}", "[1]", " space "};
    return awkward[random_.below(awkward.size())] + fmt::format("{}", random_.below(1000));
  }
  Part part() {
    Part part{.label = text()};
    if (coin()) part.cost = Money{number(-Money::minor_max, Money::minor_max)};
    for (auto n = random_.below(4); n > 0; --n) part.sizes.push_back(int(number(INT32_MIN, INT32_MAX)));
    return part;
  }
  Everything everything(std::string id) {
    Everything all{.id = {std::move(id)}, .flag = coin()};
    all.number = coin() ? INT32_MIN : int(number(-1000, INT32_MAX));
    all.wide = coin() ? INT64_MIN : coin() ? INT64_MAX : int64_t(random_.next());
    all.small = number(-5, 5);
    all.text = text();
    all.secret = SecretText<0, 100>(fmt::format("secret {}", random_.next()));
    all.email = Email(fmt::format("user{}@example.com", random_.below(1000)));
    all.money.minor = number(-Money::minor_max, Money::minor_max);
    all.time.ms = number(-60'000'000'000'000, 250'000'000'000'000);
    all.date.days = int32_t(number(-700'000, 2'900'000));
    all.size = Size(random_.below(3));
    all.json.text = coin() ? R"({"a":[1,2.5,"x",null]})" : "null";
    for (auto n = random_.below(4); n > 0; --n) all.parts.push_back(part());
    all.part = part();
    if (coin()) all.maybe_flag = coin();
    if (coin()) all.maybe_text = coin() ? "" : text();
    if (coin()) all.null_time = Nullable<Time>(Time{number(0, 2'000'000'000'000)});
    if (coin()) all.maybe_date = Date{int32_t(number(0, 50'000))};
    if (coin()) all.maybe_money = Money{number(-100, 100)};
    if (coin()) all.maybe_size = Size(random_.below(3));
    if (coin()) all.maybe_part = part();
    if (coin()) all.maybe_list = std::vector<std::string>{text(), text()};
    return all;
  }

 private:
  Random& random_;
};

TEST_P(StoreConformance, FindsWhatWasInserted) {
  open();
  Product lamp = product("p1");
  lamp.tags = {"home", "light"};
  lamp.note = "a note";
  insert({lamp});
  Call c = call();
  run([&]() -> Task<void> {
    const auto found = co_await products_->find(c, Id<Product>{"p1"});
    EXPECT_TRUE(found && *found == lamp);
    EXPECT_FALSE(co_await products_->find(c, Id<Product>{"p2"}));
    EXPECT_FALSE(co_await products_->find(c, Id<Product>{"P1"}));
  }());
}

TEST_P(StoreConformance, KeepsRandomValuesOfEveryKind) {
  store_ = make_store();
  auto all = store_->collection<Everything>();
  run(store_->open());
  auto generator = SimRuntime::make(test_seed());
  Dice dice(generator->random());
  Call c = call();
  for (int round = 0; round < 40; ++round) {
    const Everything in = dice.everything(fmt::format("e{}", round));
    std::optional<Everything> out, within;
    run([&]() -> Task<void> {
      co_await store_->write(c, [&](Unit& unit) -> Task<void> {
        co_await all.insert(unit, in);
        within = co_await all.find(unit, in.id);
      });
      out = co_await all.find(c, in.id);
    }());
    EXPECT_TRUE(out && *out == in) << "seed " << test_seed() << "\n"
                                   << schema::to_json(in) << "\n"
                                   << (out ? schema::to_json(*out) : "absent");
    EXPECT_TRUE(within && *within == in);
  }
}

TEST_P(StoreConformance, FindsByEveryKindOfMember) {
  store_ = make_store();
  auto all = store_->collection<Everything>();
  run(store_->open());
  auto generator = SimRuntime::make(test_seed());
  Dice dice(generator->random());
  Call c = call();
  for (int round = 0; round < 10; ++round) {
    Everything in = dice.everything(fmt::format("e{}", round));
    in.wide = round;
    run([&]() -> Task<void> {
      co_await store_->write(c, [&](Unit& unit) { return all.insert(unit, in); });
      auto holds = [&](Filter filter) -> Task<bool> {
        co_return co_await all.count(c, std::move(filter) && where(&Everything::wide) == int64_t(round)) == 1;
      };
      EXPECT_TRUE(co_await holds(where(&Everything::flag) == in.flag));
      EXPECT_TRUE(co_await holds(where(&Everything::text) == in.text));
      EXPECT_TRUE(co_await holds(where(&Everything::email) == in.email));
      EXPECT_TRUE(co_await holds(where(&Everything::money) == in.money));
      EXPECT_TRUE(co_await holds(where(&Everything::time) == in.time));
      EXPECT_TRUE(co_await holds(where(&Everything::date) == in.date));
      EXPECT_TRUE(co_await holds(where(&Everything::size) == in.size));
      EXPECT_TRUE(co_await holds(where(&Everything::maybe_text) == in.maybe_text));
      EXPECT_TRUE(co_await holds(where(&Everything::null_time) == in.null_time));
      EXPECT_FALSE(co_await holds(where(&Everything::flag) != in.flag));
      EXPECT_FALSE(co_await holds(where(&Everything::maybe_money) != in.maybe_money));
    }());
  }
}

TEST_P(StoreConformance, RefusesASecondRowWithTheSameKey) {
  open();
  insert({product("p1")});
  Call c = call();
  run([&]() -> Task<void> {
    std::optional<Error> failure;
    try {
      co_await store_->write(c, [&](Unit& unit) { return products_->insert(unit, product("p1", "Other")); });
    } catch (const Error& error) {
      failure = error;
    }
    EXPECT_TRUE(failure && failure->code() == conflict && failure->reason() == "store.duplicate");
    if (failure) EXPECT_EQ(failure->details().at(0), (std::pair<std::string, std::string>("members", "id")));
  }());
  EXPECT_EQ(stored("p1"), "Lamp");
}

TEST_P(StoreConformance, RefusesValuesThatBreakTheirLimits) {
  open();
  Call c = call();
  Product broken = product("p1");
  broken.stock = 2'000'000;
  Error failure(invalid, "none");
  run([&]() -> Task<void> {
    try {
      co_await store_->write(c, [&](Unit& unit) { return products_->insert(unit, broken); });
    } catch (const Error& error) {
      failure = error;
    }
  }());
  EXPECT_EQ(failure.code(), Code::internal);
  EXPECT_NE(failure.note().find("stock"), std::string::npos) << failure.note();
  EXPECT_EQ(stored("p1"), "-");
}

TEST_P(StoreConformance, RefusesNumbersThatWouldNotFit) {
  store_ = make_store();
  auto all = store_->collection<Everything>();
  run(store_->open());
  Call c = call();
  Everything row{.id = {"e1"}, .number = INT32_MAX, .wide = INT64_MAX, .email = Email("a@example.com")};
  run([&]() -> Task<void> {
    co_await store_->write(c, [&](Unit& unit) { return all.insert(unit, row); });
    EXPECT_EQ(co_await reason_of(store_->write(
                  c, [&](Unit& unit) { return all.update(unit, row.id, add(&Everything::wide, 1)); })),
              "store.overflow");
    EXPECT_EQ(co_await reason_of(store_->write(
                  c, [&](Unit& unit) { return all.update(unit, row.id, add(&Everything::number, 1)); })),
              "store.overflow");
    const auto after = co_await all.find(c, row.id);
    EXPECT_TRUE(after && *after == row);
  }());
}

}  // namespace
}  // namespace portico::conformance
