// The schema over time: additive changes by themselves, everything else by numbered migrations.
#include <fmt/format.h>

#include "tests/store_conformance/store_suite.h"

namespace portico::conformance {
namespace {

// One collection, "books", as different programs describe it.
namespace first {
struct Book {
  Id<Book> id;
  std::string title;
  int pages = 0;
};
PORTICO_DESCRIBE(Book, id, title, pages)
}  // namespace first

namespace grown {
struct Author {
  std::string name = "unknown";
};
PORTICO_DESCRIBE(Author, name)
struct Book {
  Id<Book> id;
  std::string title;
  int pages = 0;
  Int<1, 5> stars = 3;
  Money price{1999};
  std::string blurb = "it's new";
  std::optional<Date> published;
  std::vector<std::string> keywords = {"a", "b"};
  Author author;
  Size size = Size::medium;
  bool in_print = true;
};
PORTICO_DESCRIBE(Book, id, title, pages, stars, price, blurb, published, keywords, author, size, in_print)
}  // namespace grown

namespace retyped {
struct Book {
  Id<Book> id;
  std::string title;
  std::string pages;
};
PORTICO_DESCRIBE(Book, id, title, pages)
}  // namespace retyped

namespace reinterpreted {
struct Book {
  Id<Book> id;
  std::string title;
  Time pages;
};
PORTICO_DESCRIBE(Book, id, title, pages)
}  // namespace reinterpreted

namespace loosened {
struct Book {
  Id<Book> id;
  std::string title;
  std::optional<int> pages;
};
PORTICO_DESCRIBE(Book, id, title, pages)
}  // namespace loosened

namespace shrunk {
struct Book {
  Id<Book> id;
  std::string title;
};
PORTICO_DESCRIBE(Book, id, title)
}  // namespace shrunk

namespace renamed {
struct Book {
  Id<Book> id;
  std::string headline;
  int pages = 0;
};
PORTICO_DESCRIBE(Book, id, headline, pages)
}  // namespace renamed

class Schema {
 public:
  explicit Schema(Bench& bench) : bench_(bench) {}
  // Opens as one program, runs `use`, closes; the reason and message of the error that `open` throws.
  template <class Book>
  std::string with(std::unique_ptr<Store> store, std::vector<Index> indexes,
                   std::function<Task<void>(Store&, Collection<Book>)> use) {
    auto books = store->collection<Book>(std::move(indexes), "books");
    std::string reason;
    try {
      bench_.run(store->open());
    } catch (const Error& error) {
      message = error.message();
      reason = error.reason();
    }
    if (!reason.empty()) return reason;
    if (use) bench_.run(use(*store, books));
    bench_.run(store->close());
    return "";
  }
  std::string message;

 private:
  Bench& bench_;
};

TEST_P(StoreConformance, KeepsDataOverAReopening) {
  open();
  insert({product("p1", "Lamp", 3), product("p2", "Desk", 4)});
  close();
  open();
  EXPECT_EQ(stored("p1"), "Lamp");
  EXPECT_EQ(stored("p2"), "Desk");
  insert({product("p3", "Rug")});
  close();
  open();
  EXPECT_EQ(matching({}).size(), 3u);
}

TEST_P(StoreConformance, KeepsDataWhenItIsDroppedWithoutClosing) {
  open();
  insert({product("p1", "Lamp", 3)});
  store_.reset();
  open();
  EXPECT_EQ(stored("p1"), "Lamp");
}

TEST_P(StoreConformance, AddsMembersIndexesAndCollections) {
  Schema schema(bench_);
  EXPECT_EQ(schema.with<first::Book>(make_store(), {index(&first::Book::pages)},
                                     [&](Store& store, auto books) -> Task<void> {
                                       Call c = call();
                                       co_await store.write(c, [&](Unit& unit) {
                                         return books.insert(unit, {{"b1"}, "Title", 100});
                                       });
                                     }),
            "");
  auto use = [&](Store& store, Collection<grown::Book> books) -> Task<void> {
    Call c = call();
    const auto row = co_await books.find_versioned(c, Id<grown::Book>{"b1"});
    EXPECT_TRUE(row.has_value());
    if (!row) co_return;
    const grown::Book& old = row->value;
    EXPECT_EQ(row->version, 1);
    EXPECT_EQ(old.title, "Title");
    EXPECT_EQ(old.stars, 3);
    EXPECT_EQ(old.price.minor, 1999);
    EXPECT_EQ(old.blurb, "it's new");
    EXPECT_FALSE(old.published);
    EXPECT_EQ(old.keywords.size(), 2u);
    EXPECT_EQ(old.author.name, "unknown");
    EXPECT_EQ(old.size, Size::medium);
    EXPECT_TRUE(old.in_print);
    const Id<grown::Book> id{c.new_id<grown::Book>()};
    co_await store.write(c, [&](Unit& unit) -> Task<void> {
      grown::Book added;
      added.id = id;
      added.title = fmt::format("{}", id.value);
      co_await books.insert(unit, added);
    });
    EXPECT_TRUE(co_await books.find(c, id));
  };
  EXPECT_EQ(
      schema.with<grown::Book>(make_store(), {unique(&grown::Book::title), index(&grown::Book::stars)}, use),
      "");
  // The same program again, and once more with other indexes.
  EXPECT_EQ(
      schema.with<grown::Book>(make_store(), {unique(&grown::Book::title), index(&grown::Book::stars)}, use),
      "");
  EXPECT_EQ(schema.with<grown::Book>(make_store(), {index(&grown::Book::title, &grown::Book::price)}, use),
            "");
}

TEST_P(StoreConformance, RefusesAUniqueIndexOverEqualRows) {
  Schema schema(bench_);
  schema.with<first::Book>(make_store(), {}, [&](Store& store, auto books) -> Task<void> {
    Call c = call();
    co_await store.write(c, [&](Unit& unit) -> Task<void> {
      co_await books.insert(unit, {{"b1"}, "Same", 1});
      co_await books.insert(unit, {{"b2"}, "Same", 2});
    });
  });
  EXPECT_EQ(schema.with<first::Book>(make_store(), {unique(&first::Book::title)}, nullptr),
            "store.migration");
  EXPECT_NE(schema.message.find("title"), std::string::npos) << schema.message;
  EXPECT_EQ(schema.with<first::Book>(make_store(), {unique(&first::Book::pages)}, nullptr), "");
}

TEST_P(StoreConformance, RefusesChangesThatAreNotAdditive) {
  Schema schema(bench_);
  EXPECT_EQ(schema.with<first::Book>(make_store(), {}, nullptr), "");
  auto names_the_member = [&] {
    return schema.message.find("books") != std::string::npos &&
           schema.message.find("pages") != std::string::npos &&
           schema.message.find("migration") != std::string::npos;
  };
  EXPECT_EQ(schema.with<retyped::Book>(make_store(), {}, nullptr), "store.migration");
  EXPECT_TRUE(names_the_member()) << schema.message;
  EXPECT_EQ(schema.with<reinterpreted::Book>(make_store(), {}, nullptr), "store.migration");
  EXPECT_TRUE(names_the_member()) << schema.message;
  EXPECT_EQ(schema.with<loosened::Book>(make_store(), {}, nullptr), "store.migration");
  EXPECT_TRUE(names_the_member()) << schema.message;
  EXPECT_EQ(schema.with<shrunk::Book>(make_store(), {}, nullptr), "store.migration");
  EXPECT_TRUE(names_the_member()) << schema.message;
  // Nothing has been touched by the attempts.
  EXPECT_EQ(schema.with<first::Book>(make_store(), {}, nullptr), "");
}

TEST_P(StoreConformance, AppliesAMigrationOnce) {
  Schema schema(bench_);
  schema.with<first::Book>(make_store(), {}, [&](Store& store, auto books) -> Task<void> {
    Call c = call();
    co_await store.write(c, [&](Unit& unit) { return books.insert(unit, {{"b1"}, "Title", 1}); });
  });
  const std::string text = database_->rename_member("books", "title", "headline");
  auto with_migrations = [&](std::vector<Migration> migrations) {
    auto store = make_store();
    for (Migration& migration : migrations) store->migration(std::move(migration));
    return store;
  };
  auto use = [&](Store&, Collection<renamed::Book> books) -> Task<void> {
    Call c = call();
    const auto row = co_await books.find(c, Id<renamed::Book>{"b1"});
    EXPECT_TRUE(row && row->headline == "Title");
  };
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(schema.with<renamed::Book>(with_migrations({{1, "rename title", text}}), {}, use), "")
        << schema.message;
  // A changed text, an unknown number, a number that comes too late, the same number twice.
  EXPECT_EQ(schema.with<renamed::Book>(with_migrations({{1, "rename title", text + " "}}), {}, nullptr),
            "store.migration");
  EXPECT_EQ(schema.with<renamed::Book>(with_migrations({}), {}, nullptr), "store.newer");
  EXPECT_EQ(schema.with<renamed::Book>(with_migrations({{1, "rename title", text}, {1, "again", "x"}}), {},
                                       nullptr),
            "store.migration");
  EXPECT_EQ(schema.with<renamed::Book>(with_migrations({{0, "zero", "x"}}), {}, nullptr), "store.migration");
  const std::string back = database_->rename_member("books", "headline", "title");
  EXPECT_EQ(
      schema.with<first::Book>(with_migrations({{5, "back", back}, {1, "rename title", text}}), {}, nullptr),
      "");
  EXPECT_EQ(
      schema.with<first::Book>(
          with_migrations({{5, "back", back}, {1, "rename title", text}, {3, "late", text}}), {}, nullptr),
      "store.migration");
}

TEST_P(StoreConformance, RecordsMigrationsOfAFreshDatabaseWithoutRunningThem) {
  Schema schema(bench_);
  const std::string text = database_->rename_member("books", "title", "headline");
  for (int i = 0; i < 2; ++i) {
    auto store = make_store();
    store->migration({1, "rename title", text});
    EXPECT_EQ(schema.with<renamed::Book>(std::move(store), {}, nullptr), "") << schema.message;
  }
}

TEST_P(StoreConformance, AFailedMigrationLeavesNothingBehind) {
  Schema schema(bench_);
  EXPECT_EQ(schema.with<first::Book>(make_store(), {}, nullptr), "");
  auto store = make_store();
  store->migration({1, "broken", database_->rename_member("books", "nosuch", "member")});
  EXPECT_EQ(schema.with<first::Book>(std::move(store), {}, nullptr), "store.migration");
  EXPECT_NE(schema.message.find("broken"), std::string::npos) << schema.message;
  EXPECT_EQ(schema.with<first::Book>(make_store(), {}, nullptr), "");
}

TEST_P(StoreConformance, RefusesCollectionsThatCannotBe) {
  auto store = make_store();
  auto declare = [&](auto attempt) {
    try {
      attempt();
    } catch (const Error& error) {
      return error.reason();
    }
    return std::string();
  };
  EXPECT_EQ(declare([&] { store->collection<first::Book>({}, "books"); }), "");
  EXPECT_EQ(declare([&] { store->collection<shrunk::Book>({}, "books"); }), "store.collection");
  EXPECT_EQ(declare([&] { store->collection<first::Book>({}, "bad name\""); }), "store.collection");
  EXPECT_EQ(declare([&] { store->collection<first::Book>({{{"nosuch"}, false}}, "others"); }),
            "store.collection");
  EXPECT_EQ(declare([&] { store->collection<grown::Book>({index(&grown::Book::keywords)}, "lists"); }),
            "store.collection");
  EXPECT_EQ(store->collection<Product>().info().name, "products");
}

}  // namespace
}  // namespace portico::conformance
