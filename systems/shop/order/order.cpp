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
        orders_(parts, collections_, neighbours_),
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

std::vector<ConfigKey> order_keys() {
  return {{.name = "order.reservation_hold",
           .kind = ConfigKind::duration,
           .value = "15m",
           .help = "how long stock is held for an order that is being placed",
           .min = 1000,
           .max = 86'400'000}};
}

std::shared_ptr<void> make_service(ServiceParts& parts) { return std::make_shared<OrderService>(parts); }

}  // namespace shop::order
