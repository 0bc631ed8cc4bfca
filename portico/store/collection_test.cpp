#include <gtest/gtest.h>

#include "portico/store/columns.h"

namespace portico {
namespace {

struct HTTPBody {
  Id<HTTPBody> id;
};
PORTICO_DESCRIBE(HTTPBody, id)
struct Category {
  std::string label;
  Id<Category> id;
};
PORTICO_DESCRIBE(Category, label, id)
struct OrderBox {
  int number = 0;
  std::vector<int> sizes;
  std::optional<std::string> note;
};
PORTICO_DESCRIBE(OrderBox, number, sizes, note)
struct Day {
  Id<Day> id;
};
PORTICO_DESCRIBE(Day, id)
struct Clash {
  Id<Clash> id;
  int ID = 0;
};
PORTICO_DESCRIBE(Clash, id, ID)
struct TwiceAbsent {
  Id<TwiceAbsent> id;
  std::optional<Nullable<int>> maybe;
};
PORTICO_DESCRIBE(TwiceAbsent, id, maybe)

template <class T>
std::string name_of_collection(std::string name = {}) {
  return describe_collection(schema::type_of<T>(), 0, {}, std::move(name))->name;
}

std::string reason_of(auto attempt) {
  try {
    attempt();
  } catch (const Error& error) {
    return error.reason();
  }
  return "";
}

TEST(Collection, IsNamedByItsStruct) {
  EXPECT_EQ(name_of_collection<HTTPBody>(), "http_bodies");
  EXPECT_EQ(name_of_collection<Category>(), "categories");
  EXPECT_EQ(name_of_collection<OrderBox>(), "order_boxes");
  EXPECT_EQ(name_of_collection<Day>(), "days");
  EXPECT_EQ(name_of_collection<Day>("other_days"), "other_days");
}

TEST(Collection, RefusesNamesThatAreNone) {
  for (std::string name : {"Upper", "with space", "_own", "1st", "a\"b", "ä"})
    EXPECT_EQ(reason_of([&] { name_of_collection<Day>(name); }), "store.collection") << name;
  EXPECT_EQ(reason_of([&] { name_of_collection<Day>(std::string(60, 'a')); }), "");
  EXPECT_EQ(reason_of([&] { name_of_collection<Day>(std::string(61, 'a')); }), "store.collection");
}

TEST(Collection, RefusesMembersThatNoEngineCanKeep) {
  EXPECT_EQ(reason_of([] { name_of_collection<Clash>(); }), "store.collection");
  EXPECT_EQ(reason_of([] { name_of_collection<TwiceAbsent>(); }), "store.collection");
}

TEST(Collection, RefusesKeysAndIndexesWithoutOrder) {
  const schema::Type& box = schema::type_of<OrderBox>();
  EXPECT_EQ(reason_of([&] { describe_collection(box, 0, {index(&OrderBox::number)}, ""); }), "");
  EXPECT_EQ(reason_of([&] { describe_collection(box, 1, {}, ""); }), "store.collection");
  EXPECT_EQ(reason_of([&] { describe_collection(box, 2, {}, ""); }), "store.collection");
  EXPECT_EQ(reason_of([&] { describe_collection(box, 0, {index(&OrderBox::sizes)}, ""); }),
            "store.collection");
  EXPECT_EQ(reason_of([&] { describe_collection(box, 0, {{}}, ""); }), "store.collection");
  EXPECT_EQ(reason_of([&] { describe_collection(box, 0, {{{"number", "number"}, true}}, ""); }),
            "store.collection");
}

TEST(Filter, ChainsStayFlat) {
  Filter chain = where(&OrderBox::number) == 0;
  for (int i = 1; i < 50; ++i) chain = std::move(chain) && where(&OrderBox::number) != i;
  EXPECT_EQ(chain.children.size(), 50u);
  for (const Filter& child : chain.children) EXPECT_TRUE(child.children.empty());
  const Filter either = Filter{} || where(&OrderBox::number) == 1;
  EXPECT_EQ(either.op, Filter::Op::everything);
  const Filter both = Filter{} && where(&OrderBox::number) == 1;
  EXPECT_EQ(both.op, Filter::Op::equal);
}

TEST(Columns, TakeBackWhatTheyGave) {
  OrderBox box{.number = 7, .sizes = {1, 2}, .note = "x"};
  for (const schema::Member& member : schema::type_of<OrderBox>().members) {
    OrderBox copy;
    EXPECT_TRUE(store::assign(member.type(), member.at(&copy), value_of(member.type(), member.at(&box))));
    EXPECT_EQ(value_of(member.type(), member.at(&copy)), value_of(member.type(), member.at(&box)));
  }
}

TEST(Columns, RefuseWhatCannotBeAValue) {
  int number = 0;
  std::vector<int> sizes;
  const schema::Type &integer = schema::type_of<int>(), &list = schema::type_of<std::vector<int>>();
  EXPECT_FALSE(store::assign(integer, &number, int64_t(INT32_MAX) + 1));
  EXPECT_FALSE(store::assign(integer, &number, int64_t(INT32_MIN) - 1));
  EXPECT_TRUE(store::assign(integer, &number, int64_t(INT32_MIN)));
  EXPECT_FALSE(store::assign(integer, &number, "7"));
  EXPECT_FALSE(store::assign(integer, &number, Value()));
  EXPECT_FALSE(store::assign(list, &sizes, "[1,"));
  EXPECT_FALSE(store::assign(list, &sizes, "[\"x\"]"));
  EXPECT_FALSE(store::assign(list, &sizes, int64_t(1)));
}

}  // namespace
}  // namespace portico
