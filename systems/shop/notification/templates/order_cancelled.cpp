#include "systems/shop/notification/templates.h"

namespace shop::notification::templates {

const mail::Template order_cancelled{.name = "order-cancelled",
                                     .subject = "Your order {{orderNumber}} was cancelled",
                                     .text = R"(Hello {{customerName}},

your order {{orderNumber}} was cancelled. Reason: {{reason}}

Amount of the order: {{refundAmount}}
)",
                                     .html = R"(<h1>Your order was cancelled</h1>
<p>Hello {{customerName}}, your order {{orderNumber}} was cancelled.</p>
<p>Reason: {{reason}}</p>
<p>Amount of the order: {{refundAmount}}</p>)"};

}  // namespace shop::notification::templates
