// Categories and products.
#pragma once

#include "portico/service/service.h"
#include "systems/shop/product/collections.h"

namespace shop::product {

class Catalogue {
 public:
  Catalogue(Store& store, const Collections& collections) : store_(store), in_(collections) {}
  void serve(Service& service);

 private:
  Task<Category> create_category(Call& call, NewCategory input);
  Task<std::vector<Category>> list_categories(Call& call);
  Task<Category> read_category(Call& call, ById<Category> input);
  Task<Category> change_category(Call& call, CategoryChange input);
  Task<void> remove_category(Call& call, ById<Category> input);
  Task<Product> create(Call& call, NewProduct input);
  Task<ProductPage> list(Call& call, ProductQuery input);
  Task<Product> read(Call& call, ById<Product> input);
  Task<Product> change(Call& call, ProductChange input);
  Task<void> remove(Call& call, ById<Product> input);

  // Throws unless the parent is there and does not stand below the category itself.
  Task<void> check_parent(Unit& unit, Id<Category> category, Id<Category> parent);

  Store& store_;
  const Collections& in_;
};

}  // namespace shop::product
