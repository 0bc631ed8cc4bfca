// A struct of every kind, for tests and fuzzing of the schema engine. Included by tests only.
#pragma once

#include <cstdlib>
#include <ostream>

#include "portico/schema/json.h"

namespace portico {

// How a failed expectation prints a violation.
inline void PrintTo(const Violation& violation, std::ostream* out) {
  *out << violation.pointer << ": " << violation.message;
}

}  // namespace portico

namespace portico::schema::sample {

// What random tests start from: PORTICO_TEST_SEED, or always the same.
inline uint64_t seed_of_run() {
  const char* given = std::getenv("PORTICO_TEST_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 20'261'121;
}

enum class Channel { email, sms, push };
PORTICO_DESCRIBE_ENUM(Channel, email, sms, push)
PORTICO_ALIASES(Channel, {"mail", "email"})

struct Item {
  Id<Item> product_id;
  Int<1, 100> quantity;
  bool operator==(const Item&) const = default;
};
PORTICO_DESCRIBE(Item, product_id, quantity)

// Holds itself: documents may be as deep as the limits allow.
struct Node {
  std::optional<Text<1, 8>> label;
  List<Node, 0, 4> children;
  bool operator==(const Node&) const = default;
};
PORTICO_DESCRIBE(Node, label, children)

struct Everything {
  bool active = false;
  int number = 0;
  int64_t large = 0;
  Int<-10, 1000> bounded;
  Channel channel{};
  std::string plain;
  Text<2, 5> title;
  SecretText<8, 72> password;
  Email email;
  Id<Everything> id;
  Money price;
  Time at;
  Date born;
  Json extra;
  std::vector<int64_t> numbers;
  List<Text<1, 40>, 0, 3> tags;
  List<Item, 1, 2> items;
  Item item;
  std::optional<Text<1, 10>> note;
  std::optional<Money> discount;
  std::optional<Item> spare;
  Nullable<Time> ended;
  Nullable<Item> last;
  std::optional<Nullable<Int<0, 9>>> grade;
  std::optional<Node> tree;
  std::vector<Nullable<bool>> flags;
  bool operator==(const Everything&) const = default;
};
PORTICO_DESCRIBE(Everything, active, number, large, bounded, channel, plain, title, password, email, id,
                 price, at, born, extra, numbers, tags, items, item, note, discount, spare, ended, last,
                 grade, tree, flags)
PORTICO_ALIASES(Everything, {"name", "title"}, {"cost", "price"})

}  // namespace portico::schema::sample
