// The products that are for sale.
#pragma once

#include "portico/service/service.h"
#include "systems/shop/product/collections.h"

namespace shop::product {

class Catalogue {
 public:
  Catalogue(Store& store, const Collections& collections) : store_(store), in_(collections) {}
  void serve(Service& service);

 private:
  Task<Product> create(Call& call, NewProduct input);
  Task<ProductPage> list(Call& call, ProductQuery input);
  Task<Product> read(Call& call, ById<Product> input);
  Task<Product> change(Call& call, ProductChange input);
  Task<void> remove(Call& call, ById<Product> input);

  Store& store_;
  const Collections& in_;
};

}  // namespace shop::product
