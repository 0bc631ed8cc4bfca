// What users and administrators are told of, as the other services publish it.
#pragma once

#include "portico/base/secret.h"
#include "portico/service/service.h"
#include "systems/shop/notification/collections.h"
#include "systems/shop/notification/providers.h"
#include "systems/shop/order/api.h"
#include "systems/shop/product/api.h"

namespace shop::notification {

class Subscriptions {
 public:
  Subscriptions(const Collections& collections, const Providers& providers, const Secret& code_key,
                std::string admin_address, std::string login_url)
      : in_(collections),
        providers_(providers),
        code_key_(code_key),
        admin_address_(std::move(admin_address)),
        login_url_(std::move(login_url)) {}
  void serve(Service& service);

 private:
  // These become notifications in the unit of the delivery, once a key.
  Task<void> user_registered(Call& call, Unit& unit, user::UserRegistered event);
  Task<void> order_shipped(Call& call, Unit& unit, order::OrderShipped event);
  Task<void> order_cancelled(Call& call, Unit& unit, order::OrderCancelled event);
  // These leave as mails only: a code must not be readable as a notification, and an alert has no user.
  Task<void> reset_code_issued(Call& call, user::ResetCodeIssued event);
  Task<void> product_out_of_stock(Call& call, product::ProductOutOfStock event);

  const Collections& in_;
  const Providers& providers_;
  const Secret& code_key_;
  const std::string admin_address_;  // empty: no alerts
  const std::string login_url_;
};

}  // namespace shop::notification
