#include "systems/shop/notification/templates.h"

namespace shop::notification::templates {

const mail::Template out_of_stock{.name = "out-of-stock",
                                  .subject = "Out of stock: {{productName}}",
                                  .text = R"({{productName}} ({{productId}}) is out of stock.
)",
                                  .html = R"(<h1>Out of stock</h1>
<p>{{productName}} ({{productId}}) is out of stock.</p>)"};

}  // namespace shop::notification::templates
