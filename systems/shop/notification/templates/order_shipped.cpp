#include "systems/shop/notification/templates.h"

namespace shop::notification::templates {

const mail::Template order_shipped{.name = "order-shipped",
                                   .subject = "Your order {{orderNumber}} is on its way",
                                   .text = R"(Hello {{customerName}},

your order {{orderNumber}} has been shipped.
)",
                                   .html = R"(<h1>Your order is on its way</h1>
<p>Hello {{customerName}}, your order {{orderNumber}} has been shipped.</p>)"};

}  // namespace shop::notification::templates
