#include "systems/shop/notification/templates.h"

namespace shop::notification::templates {

const mail::Template order_confirmation{.name = "order-confirmation",
                                        .subject = "Order confirmation {{orderNumber}}",
                                        .text = R"(Hello {{customerName}},

thank you for your order {{orderNumber}} of {{orderDate}}.

{{#items}}
  {{quantity}} x {{name}} at {{price}}: {{subtotal}}
{{/items}}
{{#furtherItems}}
  and {{furtherItems}} more
{{/furtherItems}}

Total: {{totalAmount}} {{currency}}
)",
                                        .html = R"(<h1>Thank you for your order</h1>
<p>Hello {{customerName}}, this is what you ordered on {{orderDate}} under the number {{orderNumber}}.</p>
<table cellpadding="6" style="width:100%;border-collapse:collapse">
<tr><th align="left">Product</th><th align="right">Price</th><th align="right">Qty</th>
<th align="right">Subtotal</th></tr>
{{#items}}
<tr style="border-top:1px solid #e4e4e7"><td>{{name}}</td>
<td align="right">{{price}}</td><td align="right">{{quantity}}</td><td align="right">{{subtotal}}</td></tr>
{{/items}}
{{#furtherItems}}
<tr><td colspan="4">and {{furtherItems}} more</td></tr>
{{/furtherItems}}
<tr style="border-top:2px solid #e4e4e7"><td colspan="2"><strong>Total</strong></td>
<td colspan="2" align="right"><strong>{{totalAmount}} {{currency}}</strong></td></tr>
</table>)"};

}  // namespace shop::notification::templates
