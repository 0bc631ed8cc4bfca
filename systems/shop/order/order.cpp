#include "systems/shop/order/order.h"

#include "portico/host/system.h"
#include "systems/shop/order/carts.h"
#include "systems/shop/order/orders.h"

namespace shop::order {

PORTICO_API_DEFINITION(Api)

namespace {

// The service's parts, and the neighbours they share.
class OrderService {
 public:
  explicit OrderService(ServiceParts& parts)
      : collections_(parts.store()),
        neighbours_{parts.client<user::Api>("user"), parts.client<product::Api>("product"),
                    parts.client<notification::Api>("notification")},
        orders_(parts.store(), parts.sagas(), collections_, neighbours_),
        carts_(parts.store(), collections_, neighbours_, orders_.placing()) {
    orders_.serve(parts.service());
    carts_.serve(parts.service());
  }

 private:
  Collections collections_;
  OrderNeighbours neighbours_;
  Orders orders_;
  Carts carts_;
};

}  // namespace

std::shared_ptr<void> make_service(ServiceParts& parts) { return std::make_shared<OrderService>(parts); }

}  // namespace shop::order
