// What others may know of the order service: orders and carts.
#pragma once

#include "portico/service/endpoint.h"
#include "systems/shop/product/api.h"
#include "systems/shop/user/api.h"

namespace shop::order {

using namespace portico;
using product::Pagination;
using product::Product;
using user::User;

enum class OrderStatus { pending, confirmed, processing, shipped, delivered, cancelled };
PORTICO_DESCRIBE_ENUM(OrderStatus, pending, confirmed, processing, shipped, delivered, cancelled)

enum class ItemStatus { pending, confirmed, out_of_stock, cancelled };
PORTICO_DESCRIBE_ENUM(ItemStatus, pending, confirmed, out_of_stock, cancelled)

struct OrderItem {
  Id<OrderItem> id;
  Id<Order> order_id;
  Id<Product> product_id;
  Text<1, 255> name;  // as it was when ordered
  Money price;        // as it was when ordered
  Int<1, 1'000'000> quantity;
  ItemStatus status = ItemStatus::pending;
};
PORTICO_DESCRIBE(OrderItem, id, order_id, product_id, name, price, quantity, status)

struct Order {
  Id<Order> id;
  Id<User> user_id;
  OrderStatus status = OrderStatus::pending;
  Money total_amount;
  Text<3, 3> currency;
  std::optional<Text<1, 255>> idempotency_key;
  std::optional<Text<1, 500>> failure_reason;
  Time created_at;
  Time updated_at;
};
PORTICO_DESCRIBE(Order, id, user_id, status, total_amount, currency, idempotency_key, failure_reason,
                 created_at, updated_at)

// An item with the product as it is now; null where it cannot be read.
struct ItemView {
  Id<OrderItem> id;
  Id<Order> order_id;
  Id<Product> product_id;
  std::string name;
  Money price;
  int64_t quantity = 1;
  ItemStatus status = ItemStatus::pending;
  Nullable<Product> product;
};
PORTICO_DESCRIBE(ItemView, id, order_id, product_id, name, price, quantity, status, product)

struct OrderView {
  Id<Order> id;
  Id<User> user_id;
  OrderStatus status = OrderStatus::pending;
  Money total_amount;
  Text<3, 3> currency;
  std::optional<std::string> failure_reason;
  std::vector<ItemView> items;
  Time created_at;
  Time updated_at;
};
PORTICO_DESCRIBE(OrderView, id, user_id, status, total_amount, currency, failure_reason, items, created_at,
                 updated_at)

struct WantedItem {
  Id<Product> product_id;
  Int<1, 1'000'000> quantity;
};
PORTICO_DESCRIBE(WantedItem, product_id, quantity)

// Prices and the user never come from the client.
struct NewOrder {
  List<WantedItem, 1, 100> items;
};
PORTICO_DESCRIBE(NewOrder, items)
PORTICO_ALIASES(NewOrder, {"orderItems", "items"})

struct OrderQuery {
  std::optional<OrderStatus> status;
  std::optional<Int<1, 10'000>> page;
  std::optional<Int<1, 100>> limit;
};
PORTICO_DESCRIBE(OrderQuery, status, page, limit)

struct AllOrdersQuery {
  std::optional<OrderStatus> status;
  std::optional<Id<User>> user_id;
  std::optional<Time> from;
  std::optional<Time> to;
  std::optional<Int<1, 10'000>> page;
  std::optional<Int<1, 100>> limit;
};
PORTICO_DESCRIBE(AllOrdersQuery, status, user_id, from, to, page, limit)

struct OrderPage {
  std::vector<OrderView> orders;
  Pagination pagination;
};
PORTICO_DESCRIBE(OrderPage, orders, pagination)

struct StatusChange {
  Id<Order> id;
  OrderStatus status = OrderStatus::pending;
};
PORTICO_DESCRIBE(StatusChange, id, status)

struct Cancellation {
  Id<Order> id;
  std::optional<Text<1, 500>> reason;
};
PORTICO_DESCRIBE(Cancellation, id, reason)

struct CartItem {
  Id<CartItem> id;
  Id<User> user_id;
  Id<Product> product_id;
  Int<1, 1'000'000> quantity;
  Money price;  // when it was put into the cart
  Time created_at;
  Time updated_at;
};
PORTICO_DESCRIBE(CartItem, id, user_id, product_id, quantity, price, created_at, updated_at)

struct CartLine {
  Id<CartItem> id;
  Id<Product> product_id;
  std::string name;  // empty where the product cannot be read
  int64_t quantity = 1;
  Money price;  // as it is now; as it was when the product cannot be read
  Money subtotal;
  Nullable<Product> product;
};
PORTICO_DESCRIBE(CartLine, id, product_id, name, quantity, price, subtotal, product)

struct Cart {
  std::vector<CartLine> items;
  Money total;
};
PORTICO_DESCRIBE(Cart, items, total)

struct QuantityChange {
  Id<CartItem> id;
  Int<1, 1'000'000> quantity;
};
PORTICO_DESCRIBE(QuantityChange, id, quantity)

struct ByProductId {
  Id<Product> product_id;
};
PORTICO_DESCRIBE(ByProductId, product_id)

struct OrderLine {
  Id<Product> product_id;
  std::string name;
  Money price;
  int64_t quantity = 1;
};
PORTICO_DESCRIBE(OrderLine, product_id, name, price, quantity)

struct OrderCreated {
  Id<Order> order_id;
  Id<User> customer_id;
  Money amount;
  std::string currency;
  std::vector<OrderLine> items;
  Time order_date;
};
PORTICO_DESCRIBE_EVENT(OrderCreated, "order.created.v1", order_id, customer_id, amount, currency, items,
                       order_date)

struct OrderShipped {
  Id<Order> order_id;
  Id<User> customer_id;
};
PORTICO_DESCRIBE_EVENT(OrderShipped, "order.shipped.v1", order_id, customer_id)

struct OrderCancelled {
  Id<Order> order_id;
  Id<User> customer_id;
  std::string reason;
  Money refund_amount;
  std::vector<OrderLine> items;
};
PORTICO_DESCRIBE_EVENT(OrderCancelled, "order.cancelled.v1", order_id, customer_id, reason, refund_amount,
                       items)

struct Api {
  Endpoint<POST, "/api/orders", OrderView(NewOrder)> place{
      "Place an order", named("order"), message("Order created successfully"),
      allow(signed_in), created,        fails(404, 409, 422, 503)};
  Endpoint<GET, "/api/orders", OrderPage(OrderQuery)> list{
      "List the own orders, newest first", message("Orders retrieved successfully"), allow(signed_in)};
  Endpoint<GET, "/api/orders/{id}", OrderView(ById<Order>)> read{
      "Read an order", named("order"), message("Order retrieved successfully"), allow(signed_in), fails(404)};
  Endpoint<PUT, "/api/orders/{id}/status", OrderView(StatusChange)> change_status{
      "Move an order to its next status", named("order"), message("Order status updated successfully"),
      allow(admin), fails(404, 409)};
  Endpoint<POST, "/api/orders/{id}/cancel", OrderView(Cancellation)> cancel{
      "Cancel an order that has not been shipped", named("order"), message("Order cancelled successfully"),
      allow(signed_in), fails(404, 409)};
  Endpoint<GET, "/api/admin/orders", OrderPage(AllOrdersQuery)> list_all{
      "List all orders", message("Orders retrieved successfully"), allow(admin)};
  Endpoint<POST, "/api/cart", CartItem(WantedItem)> add_to_cart{"Put a product into the cart",
                                                                named("item"),
                                                                message("Item added to cart"),
                                                                allow(signed_in),
                                                                created,
                                                                fails(404, 503)};
  Endpoint<GET, "/api/cart", Cart()> read_cart{"Read the own cart", named("cart"),
                                               message("Cart retrieved successfully"), allow(signed_in)};
  Endpoint<PUT, "/api/cart/{id}", CartItem(QuantityChange)> change_quantity{
      "Change the quantity of a cart item", named("item"), message("Cart item updated"), allow(signed_in),
      fails(404)};
  Endpoint<DELETE, "/api/cart/product/{productId}", Nothing(ByProductId)> remove_from_cart{
      "Take a product out of the cart", message("Item removed from cart"), allow(signed_in), fails(404)};
  Endpoint<DELETE, "/api/cart", Nothing()> clear_cart{"Empty the cart", message("Cart cleared"),
                                                      allow(signed_in)};
  Endpoint<POST, "/api/cart/checkout", OrderView()> checkout{"Order what is in the cart",
                                                             named("order"),
                                                             message("Order created successfully"),
                                                             allow(signed_in),
                                                             created,
                                                             fails(404, 409, 422, 503)};
};
PORTICO_API(Api, place, list, read, change_status, cancel, list_all, add_to_cart, read_cart, change_quantity,
            remove_from_cart, clear_cart, checkout)

}  // namespace shop::order
