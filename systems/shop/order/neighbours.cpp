#include "systems/shop/order/neighbours.h"

#include "portico/runtime/sync.h"

namespace shop::order {
namespace {

// Each runs beside others, so it has a call of its own.
Task<Product> read_one(Call call, const Client<product::Api>* products, Id<Product> id) {
  co_return co_await products->read(call, {std::move(id)});
}

Task<std::optional<Product>> try_one(Call call, const Client<product::Api>* products, Id<Product> id) {
  std::optional<Product> product;
  try {
    product = co_await products->read(call, {id});
  } catch (const Error& error) {
    call.log().write(Level::warn, call, "product could not be read",
                     {{"productId", id.value}, {"error", error.reason()}});
  }
  co_return product;
}

}  // namespace

Task<std::vector<Product>> read_all(Call& call, const Client<product::Api>& products,
                                    std::vector<Id<Product>> ids) {
  if (ids.size() == 1) {
    std::vector<Product> one;
    one.push_back(co_await products.read(call, {std::move(ids[0])}));
    co_return one;
  }
  std::vector<Task<Product>> tasks;
  for (Id<Product>& id : ids) tasks.push_back(read_one(call, &products, std::move(id)));
  co_return co_await all(std::move(tasks));
}

Task<std::vector<std::optional<Product>>> read_what_is_there(Call& call, const Client<product::Api>& products,
                                                             std::vector<Id<Product>> ids) {
  std::vector<Task<std::optional<Product>>> tasks;
  for (Id<Product>& id : ids) tasks.push_back(try_one(call, &products, std::move(id)));
  co_return co_await all(std::move(tasks));
}

}  // namespace shop::order
