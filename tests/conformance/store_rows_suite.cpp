// Rows: what goes in comes out, and changes do exactly what they say.
#include <random>

#include "tests/conformance/store_suite.h"

namespace portico::conformance {

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
  }());
}

}  // namespace portico::conformance
