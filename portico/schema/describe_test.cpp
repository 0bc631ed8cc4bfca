#include <gtest/gtest.h>

#include "portico/schema/report.h"
#include "portico/schema/sample.h"

namespace portico::schema {
namespace {

using sample::Channel;
using sample::Everything;
using sample::Item;

// PORTICO_DESCRIBE asks exactly this of the number of names given to it: a member that was forgotten does not
// compile.
static_assert(HasMembers<Item, 2> && !HasMembers<Item, 1> && !HasMembers<Item, 3>);
static_assert(HasMembers<Everything, 26> && !HasMembers<Everything, 25> && !HasMembers<Everything, 27>);

struct Empty {};
PORTICO_DESCRIBE(Empty)
static_assert(!HasMembers<Empty, 1>);

struct Renamed {
  int count = 0;
  Channel channel{};
};
PORTICO_DESCRIBE_EVENT(Renamed, "sample.renamed.v1", count, channel)
PORTICO_ALIASES(Renamed, {"total", "count"}, {"sum", "count"})

// snake_case in C++, camelCase on the wire.
static_assert(wire_name<"first_name"> == "firstName" && wire_name<"name"> == "name" &&
              wire_name<"a_b_c2_d"> == "aBC2D" && wire_name<"_hidden_name"> == "_hiddenName");

TEST(Describe, FindsMembersByNameAndAlias) {
  const Type& type = type_of<Renamed>();
  EXPECT_EQ(type.name, "Renamed");
  EXPECT_EQ(type.find("count"), &type.members[0]);
  EXPECT_EQ(type.find("sum"), &type.members[0]);
  EXPECT_EQ(type.find("total"), &type.members[0]);
  EXPECT_EQ(type.find("channel"), &type.members[1]);
  for (const char* name : {"", "Count", "counts", "coun"}) EXPECT_EQ(type.find(name), nullptr) << name;
  EXPECT_EQ(&member_of(&Renamed::channel), &type.members[1]);
  EXPECT_EQ(event_name_of<Renamed>(), "sample.renamed.v1");
}

TEST(Describe, FindsEnumeratorsByLabelAndAlias) {
  const Type& type = type_of<Channel>();
  EXPECT_EQ(type.label_index("push"), 2);
  EXPECT_EQ(type.label_index("mail"), 0);
  for (const char* label : {"", "Push", "fax"}) EXPECT_EQ(type.label_index(label), -1) << label;
  EXPECT_EQ(label_of(Channel::sms), "sms");
}

TEST(Describe, SaysWhichMembersMustBeGiven) {
  for (const Member& member : type_of<Everything>().members) {
    bool optional = member.type().kind == Kind::optional || member.name == "tags";
    EXPECT_EQ(member.required, !optional) << member.name;
  }
}

TEST(Describe, AnEmptyStructIsAnEmptyObject) {
  EXPECT_EQ(to_json(Empty{}), "{}");
  EXPECT_TRUE(from_json<Empty>(R"({"anything":1})"));
  EXPECT_FALSE(from_json<Empty>("[]"));
}

TEST(Pointer, EscapesAsRfc6901Says) {
  detail::Path root{nullptr, "a/b"}, item{&root, {}, 7}, tilde{&item, "m~n/~1"}, none{&tilde, ""};
  EXPECT_EQ(detail::pointer_of(nullptr), "");
  EXPECT_EQ(detail::pointer_of(&root), "/a~1b");
  EXPECT_EQ(detail::pointer_of(&item), "/a~1b/7");
  EXPECT_EQ(detail::pointer_of(&tilde), "/a~1b/7/m~0n~1~01");
  EXPECT_EQ(detail::pointer_of(&none), "/a~1b/7/m~0n~1~01/");
}

TEST(ReadAt, TakesTheValueUnderThePath) {
  auto read = [](std::string_view json, std::vector<std::string_view> path, Item& item) {
    return read_json_at(json, path, type_of<Item>(), &item);
  };
  Item item;
  std::string_view good = R"({"x":[{}],"data":{"a/b":{"productId":"p","quantity":7}},"y":null})";
  EXPECT_EQ(read(good, {"data", "a/b"}, item), Violations{});
  EXPECT_EQ(item, (Item{{"p"}, 7}));
  EXPECT_EQ(read(R"({"productId":"q","quantity":8})", {}, item), Violations{});
  EXPECT_EQ(item.product_id.value, "q");
  EXPECT_EQ(read(good, {"data", "product"}, item), (Violations{{"/data/product", "is required"}}));
  EXPECT_EQ(read(good, {"none", "product"}, item), (Violations{{"/none", "is required"}}));
  EXPECT_EQ(read(good, {"y", "product"}, item), (Violations{{"/y", "must be an object"}}));
  EXPECT_EQ(read(good, {"data"}, item),
            (Violations{{"/data/productId", "is required"}, {"/data/quantity", "is required"}}));
  EXPECT_EQ(read(R"({"data":{"a/b":{"productId":"p"}}})", {"data", "a/b"}, item),
            (Violations{{"/data/a~1b/quantity", "is required"}}));
  EXPECT_EQ(read(R"({"d":{"productId":"p","quantity":7},"d":1})", {"d"}, item),
            (Violations{{"", "names a member more than once"}}));
  EXPECT_EQ(read(R"({"d":{"productId":"p","quantity":7}]})", {"d"}, item).size(), 1u);
  EXPECT_EQ(read(R"({"d":{"productId":"p","quantity":7}} x)", {"d"}, item).size(), 1u);
}

}  // namespace
}  // namespace portico::schema
