// The services that the order service calls, and reading products from them.
#pragma once

#include <vector>

#include "systems/shop/notification/api.h"
#include "systems/shop/order/api.h"

namespace shop::order {

struct OrderNeighbours {
  Client<user::Api> users;
  Client<product::Api> products;
  Client<notification::Api> notifications;
};

// The products side by side, in the order of `ids`; Error of the first that cannot be read, by position.
Task<std::vector<Product>> read_all(Call& call, const Client<product::Api>& products,
                                    std::vector<Id<Product>> ids);
// The same where a product that cannot be read is nothing: for showing what was ordered.
Task<std::vector<std::optional<Product>>> read_what_is_there(Call& call, const Client<product::Api>& products,
                                                             std::vector<Id<Product>> ids);

}  // namespace shop::order
