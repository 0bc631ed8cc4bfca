#include "systems/shop/order/rules.h"

#include <algorithm>

#include "portico/schema/json.h"
#include "portico/security/digest.h"
#include "systems/shop/notification/api.h"

namespace shop::order {

std::vector<WantedItem> merged(const std::vector<WantedItem>& items) {
  std::vector<WantedItem> result;
  for (const WantedItem& item : items) {
    auto same = std::find_if(result.begin(), result.end(),
                             [&](const WantedItem& other) { return other.product_id == item.product_id; });
    if (same == result.end())
      result.push_back(item);
    else
      same->quantity = same->quantity + item.quantity;
  }
  return result;
}

std::optional<Money> total_of(const std::vector<PricedItem>& items) {
  Money total;
  for (const PricedItem& item : items) {
    std::optional<Money> line = checked_multiply(item.product.price, item.quantity);
    std::optional<Money> sum = line ? checked_add(total, *line) : std::nullopt;
    if (!sum) return std::nullopt;
    total = *sum;
  }
  return total;
}

bool may_become(OrderStatus from, OrderStatus to) {
  switch (from) {
    case OrderStatus::pending:
      return to == OrderStatus::confirmed || to == OrderStatus::cancelled;
    case OrderStatus::confirmed:
      return to == OrderStatus::processing || to == OrderStatus::cancelled;
    case OrderStatus::processing:
      return to == OrderStatus::shipped || to == OrderStatus::cancelled;
    case OrderStatus::shipped:
      return to == OrderStatus::delivered;
    case OrderStatus::delivered:
    case OrderStatus::cancelled:
      return false;
  }
  return false;
}

OrderView view_of(const Order& order, const std::vector<OrderItem>& items,
                  const std::vector<std::optional<Product>>& products) {
  OrderView view{.id = order.id,
                 .user_id = order.user_id,
                 .status = order.status,
                 .total_amount = order.total_amount,
                 .currency = order.currency,
                 .failure_reason = order.failure_reason,
                 .created_at = order.created_at,
                 .updated_at = order.updated_at};
  for (const OrderItem& item : items) {
    auto product = std::find_if(products.begin(), products.end(), [&](const auto& candidate) {
      return candidate && candidate->id == item.product_id;
    });
    view.items.push_back({.id = item.id,
                          .order_id = item.order_id,
                          .product_id = item.product_id,
                          .name = item.name,
                          .price = item.price,
                          .quantity = item.quantity,
                          .status = item.status,
                          .product = product == products.end() ? std::nullopt : *product});
  }
  return view;
}

std::vector<OrderLine> lines_of(const std::vector<OrderItem>& items) {
  std::vector<OrderLine> lines;
  for (const OrderItem& item : items)
    lines.push_back(
        {.product_id = item.product_id, .name = item.name, .price = item.price, .quantity = item.quantity});
  return lines;
}

namespace {

constexpr std::string_view cart_prefix = "cart\x1f";  // with a character that no header value may hold

}  // namespace

std::string cart_key(const std::vector<CartItem>& items) {
  std::string content;
  for (const CartItem& item : items)
    content += item.id.value + ' ' + std::to_string(int64_t(item.quantity)) + '\n';
  return std::string(cart_prefix) + security::hex(security::sha256(content));
}

bool is_cart_key(const std::optional<Text<1, 255>>& key) { return key && key->starts_with(cart_prefix); }

std::string shortened(std::string text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text;
}

std::string confirmation_text(const Order& order) {
  return "Your order #" + order.id.value + " has been created successfully. Total: $" +
         to_string(order.total_amount);
}

Json confirmation_data(const Order& order, const std::vector<OrderItem>& items) {
  notification::OrderConfirmation mail{.order_number = order.id.value,
                                       .order_date = order.created_at,
                                       .total_amount = order.total_amount,
                                       .currency = order.currency};
  // What stands beside the items is less than this.
  size_t room = Json::bytes_max - 1024;
  for (const OrderItem& item : items) {
    Money subtotal = checked_multiply(item.price, item.quantity).value_or(Money{Money::minor_max});
    notification::OrderedItem line{item.name, item.quantity, item.price, subtotal};
    // A character takes six bytes at most when it is escaped; numbers and names take less than the rest.
    size_t bytes = line.name.size() * 6 + 200;
    if (bytes > room) bytes = schema::to_json(line).size() + 1;
    if (bytes > room) break;
    room -= bytes;
    mail.items.push_back(std::move(line));
  }
  if (mail.items.size() < items.size()) mail.further_items = int64_t(items.size() - mail.items.size());
  return Json{schema::to_json(mail)};
}

}  // namespace shop::order
