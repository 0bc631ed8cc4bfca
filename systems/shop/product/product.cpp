#include "systems/shop/product/product.h"

#include "portico/host/system.h"
#include "systems/shop/product/catalogue.h"
#include "systems/shop/product/categories.h"
#include "systems/shop/product/reservations.h"
#include "systems/shop/product/stock.h"

namespace shop::product {

PORTICO_API_DEFINITION(Api)

namespace {

// The service's parts, which share its collections.
class ProductService {
 public:
  explicit ProductService(ServiceParts& parts)
      : collections_(parts.store()),
        categories_(parts.store(), collections_),
        catalogue_(parts.store(), collections_),
        stock_(parts.store(), collections_),
        reservations_(parts.store(), collections_) {
    categories_.serve(parts.service());
    catalogue_.serve(parts.service());
    stock_.serve(parts.service());
    reservations_.serve(parts.service());
  }

 private:
  Collections collections_;
  Categories categories_;
  Catalogue catalogue_;
  Stock stock_;
  Reservations reservations_;
};

}  // namespace

std::shared_ptr<void> make_service(ServiceParts& parts) { return std::make_shared<ProductService>(parts); }

}  // namespace shop::product
