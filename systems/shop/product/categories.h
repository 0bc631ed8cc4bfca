// The categories that products stand in.
#pragma once

#include "portico/service/service.h"
#include "systems/shop/product/collections.h"

namespace shop::product {

Error no_category(const Id<Category>& id);

class Categories {
 public:
  Categories(Store& store, const Collections& collections) : store_(store), in_(collections) {}
  void serve(Service& service);

 private:
  Task<Category> create(Call& call, NewCategory input);
  Task<std::vector<Category>> list(Call& call);
  Task<Category> read(Call& call, ById<Category> input);
  Task<Category> change(Call& call, CategoryChange input);
  Task<void> remove(Call& call, ById<Category> input);

  // Throws unless the parent is there and does not stand below the category itself.
  Task<void> check_parent(Unit& unit, Id<Category> category, Id<Category> parent);

  Store& store_;
  const Collections& in_;
};

}  // namespace shop::product
