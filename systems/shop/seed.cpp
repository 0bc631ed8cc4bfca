#include "systems/shop/seed.h"

#include "systems/shop/product/api.h"
#include "systems/shop/user/api.h"

namespace shop {

using namespace portico;

namespace {

struct DemoProduct {
  const char* name;
  const char* description;
  int64_t price_minor;
  int64_t stock;
  std::vector<Text<1, 40>> tags;
};

struct DemoCategory {
  const char* name;
  const char* description;
  std::vector<DemoProduct> products;
};

std::vector<DemoCategory> catalogue() {
  return {
      {"Electronics",
       "Electronic devices and accessories",
       {{"Laptop Computer",
         "High-performance laptop for development",
         99999,
         10,
         {"laptop", "computer", "development"}},
        {"Wireless Mouse", "Ergonomic wireless mouse", 2999, 50, {"mouse", "wireless", "accessory"}},
        {"Mechanical Keyboard",
         "Tenkeyless keyboard with brown switches",
         8950,
         30,
         {"keyboard", "accessory"}},
        {"USB-C Dock", "Eleven ports, one cable", 14900, 15, {"dock", "usb", "accessory"}}}},
      {"Books",
       "Paper that computes",
       {{"The Art of Queues", "Why the line you are in is the slow one", 3450, 120, {"queueing", "systems"}},
        {"Distributed Tea", "Consensus over a shared kettle", 2200, 80, {"systems", "humour"}}}},
      {"Home",
       "For the room behind the screen",
       {{"Desk Lamp", "Warm light, three steps", 4599, 40, {"lamp", "desk"}},
        {"Coffee Grinder", "Sixty grams, quiet enough for calls", 7900, 12, {"coffee", "kitchen"}}}},
  };
}

// The account's id, registering it when it is not there yet.
Task<Id<user::User>> account(Call& call, const Client<user::Api>& users, DemoAccount demo,
                             std::string first_name) {
  try {
    user::Registration registration{
        .first_name = first_name, .last_name = "Demo", .email = demo.email, .password = demo.password};
    user::SignedIn created = co_await users.register_user(call, std::move(registration));
    co_return created.user.id;
  } catch (const Error& error) {
    if (error.code() != Code::conflict) throw;
  }
  user::Credentials credentials{.email = demo.email, .password = demo.password};
  user::SignedIn known = co_await users.login(call, std::move(credentials));
  co_return known.user.id;
}

Task<void> fill(Call& call, const Client<product::Api>& products, DemoCategory demo) {
  product::NewCategory wanted{.name = demo.name, .description = demo.description};
  std::optional<product::Category> category;
  try {
    category = co_await products.create_category(call, std::move(wanted));
  } catch (const Error& error) {
    if (error.code() != Code::conflict) throw;
  }
  if (!category) co_return;  // seeded before
  for (const DemoProduct& item : demo.products) {
    product::NewProduct product{.name = item.name,
                                .price = Money{item.price_minor},
                                .category_id = category->id,
                                .stock = item.stock,
                                .description = item.description,
                                .tags = item.tags};
    co_await products.create(call, std::move(product));
  }
}

}  // namespace

std::vector<DemoAccount> demo_accounts() {
  return {{"admin@shop.example", "admin-demo-1", "admin"}, {"jane@shop.example", "jane-demo-1", "user"}};
}

Task<void> seed(Call& call, Neighbours& neighbours) {
  auto users = neighbours.client<user::Api>("user");
  auto products = neighbours.client<product::Api>("product");
  for (DemoAccount& demo : demo_accounts()) {
    std::string first_name = demo.role == "admin" ? "Ada" : "Jane";
    Id<user::User> id = co_await account(call, users, demo, first_name);
    if (demo.role != "admin") continue;
    user::RoleChange change{.user_id = id, .role = user::UserRole::admin};
    co_await users.change_role(call, std::move(change));
  }
  for (DemoCategory& category : catalogue()) co_await fill(call, products, category);
}

}  // namespace shop
