#include "systems/shop/system.h"

#include "systems/shop/invariants.h"
#include "systems/shop/notification/api.h"
#include "systems/shop/notification/notification.h"
#include "systems/shop/order/api.h"
#include "systems/shop/order/order.h"
#include "systems/shop/product/api.h"
#include "systems/shop/product/product.h"
#include "systems/shop/seed.h"
#include "systems/shop/user/api.h"
#include "systems/shop/user/user.h"

namespace shop {

using namespace portico;

namespace {

std::vector<std::string> start_notes(const Config& config) {
  std::vector<std::string> notes;
  if (config.text("mail.transport") == "smtp")
    notes.push_back("mail           by SMTP, " + config.text("mail.smtp_url"));
  else
    notes.push_back("mail           kept in the outbox: /dev/mail on the gateway, or: portico mail ls");
  std::string accounts;
  for (const DemoAccount& account : demo_accounts())
    accounts += (accounts.empty() ? "" : ", ") + account.email + " / " + account.password;
  if (config.text("mode") != "production")
    notes.push_back("demo accounts  " + accounts + " (after: portico seed shop)");
  return notes;
}

}  // namespace

SystemSpec make_shop() {
  SystemSpec system{.name = "shop", .title = "Shop", .gateway_port = 3000};
  system.presenter = make_envelope_presenter();
  system.services = {
      {.name = "user",
       .title = "User service",
       .port = 3001,
       .docs_path = "/api-docs",
       .prefixes = {"/api/users"},
       .url_variable = "USER_SERVICE_URL",
       .endpoints = endpoints_of<user::Api>(),
       .build = user::make_service,
       .issues_tokens = true},
      {.name = "product",
       .title = "Product service",
       .port = 3002,
       .docs_path = "/api",
       .prefixes = {"/api/products", "/api/categories"},
       .url_variable = "PRODUCT_SERVICE_URL",
       .endpoints = endpoints_of<product::Api>(),
       .build = product::make_service},
      {.name = "order",
       .title = "Order service",
       .port = 3003,
       .docs_path = "/api/docs",
       .prefixes = {"/api/orders", "/api/cart", "/api/admin/orders"},
       .url_variable = "ORDER_SERVICE_URL",
       .endpoints = endpoints_of<order::Api>(),
       .build = order::make_service},
      {.name = "notification",
       .title = "Notification service",
       .port = 3004,
       .docs_path = "/api-docs",
       .prefixes = {"/api/notifications", "/dev/mail"},
       .url_variable = "NOTIFICATION_SERVICE_URL",
       .publishers = {"user", "product", "order", "notification"},
       .endpoints = endpoints_of<notification::Api>(),
       .build = notification::make_service},
  };
  system.keys = notification::notification_keys();
  for (ConfigKey& key : order::order_keys()) system.keys.push_back(std::move(key));
  system.demo_accounts = demo_accounts();
  system.seed = seed;
  system.invariants = invariants;
  system.start_notes = start_notes;
  return system;
}

}  // namespace shop
