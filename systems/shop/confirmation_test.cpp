#include <gtest/gtest.h>

#include "portico/schema/json.h"
#include "systems/shop/notification/rules.h"
#include "systems/shop/notification/templates.h"
#include "systems/shop/order/rules.h"

namespace shop::order {
namespace {

const User jane{.id = {"u-1"}, .first_name = "Jane", .last_name = "D'oe", .email = "jane@shop.example"};
const Order order{.id = {"o-1"},
                  .user_id = {"u-1"},
                  .total_amount = Money{9198},
                  .currency = "USD",
                  .created_at = Time{1'795'000'000'000}};

std::vector<OrderItem> items(size_t count, const std::string& name = "Desk Lamp") {
  return std::vector<OrderItem>(count,
                                {.product_id = {"p-1"}, .name = name, .price = Money{4599}, .quantity = 2});
}

// The confirmation as the notification service gets it.
notification::Notification confirmation(const std::vector<OrderItem>& items) {
  notification::NewNotification message{.user_id = order.user_id,
                                        .title = "Order Confirmation",
                                        .description = confirmation_text(order),
                                        .notification_type = notification::NotificationType::email,
                                        .template_name = "order-confirmation",
                                        .data = confirmation_data(order, items)};
  EXPECT_TRUE(notification::faults(message).empty());
  return notification::pending(std::move(message));
}

TEST(OrderConfirmation, HoldsEverything) {
  mail::Rendered mail = render_mail(confirmation(items(2)), jane);
  for (const char* part : {"Jane D'oe", "o-1", "2 x Desk Lamp at 45.99: 91.98", "Total: 91.98 USD"})
    EXPECT_NE(mail.text.find(part), mail.text.npos) << part << "\n" << mail.text;
  EXPECT_NE(mail.html.find("Jane D&apos;oe"), mail.html.npos) << mail.html;
  EXPECT_EQ(mail.text.find("more"), mail.text.npos);
  EXPECT_EQ(mail.subject, "Order confirmation o-1");
}

TEST(OrderConfirmation, NamesOfProductsStayText) {
  mail::Rendered mail = render_mail(confirmation(items(1, "<b>{{code}}</b>")), jane);
  EXPECT_EQ(mail.html.find("<b>"), mail.html.npos);
  EXPECT_NE(mail.html.find("&lt;b&gt;{{code}}"), mail.html.npos);
  EXPECT_NE(mail.text.find("<b>{{code}}</b>"), mail.text.npos);
}

TEST(OrderConfirmation, AHugeOrderFitsANotification) {
  for (const std::string& name : {std::string(255, '"'), std::string(255, '\x01'), std::string(255, 'x')}) {
    Json data = confirmation_data(order, items(100, name));
    EXPECT_LE(data.text.size(), Json::bytes_max);
    auto mail = schema::from_json<notification::OrderConfirmation>(data.text);
    ASSERT_TRUE(mail);
    EXPECT_EQ(mail->items.size() + size_t(mail->further_items.value_or(0)), 100u);
  }
  EXPECT_NE(render_mail(confirmation(items(100, std::string(255, '"'))), jane).text.find("more"),
            std::string::npos);
  auto small = schema::from_json<notification::OrderConfirmation>(confirmation_data(order, items(1)).text);
  EXPECT_FALSE(small->further_items);
}

TEST(OrderConfirmation, WithoutVariablesTitleAndDescriptionAreSent) {
  notification::Notification notification = confirmation(items(1));
  notification.metadata.reset();
  mail::Rendered mail = render_mail(notification, jane);
  EXPECT_EQ(mail.subject, "Order Confirmation");
  EXPECT_NE(mail.text.find("Total: $91.98"), mail.text.npos);
}

}  // namespace
}  // namespace shop::order
